import type { RunEvent } from '../core/events.ts';
import { fold } from '../core/fold.ts';
import type { RunStatus } from '../core/states.ts';
import type { Snapshot } from '../core/records.ts';
import { Touched } from '../core/touched.ts';
import { Fenced, StateChanged, type Append } from '../store/store.ts';
import type { EngineDeps } from './types.ts';

type Deps = Pick<EngineDeps, 'store' | 'clock'>;

const OWNED: readonly RunStatus[] = ['running', 'aborting'];

/**
 * Asks the living owner of a run to stop it (T7). The place of the request in the journal; null when the run has gone
 * on meanwhile, and what holds now must be read again.
 */
export function requestStop(deps: Deps, snapshot: Snapshot, force: boolean): Promise<number | null> {
  const event = { at: deps.clock.wall(), type: 'run.stop_requested', force } as const;
  return record(deps, built(snapshot, OWNED, [event]));
}

/** The same, asked by a schedule: part of the commit of its tick. */
export function scheduledStop(snapshot: Snapshot, at: number): Append {
  const event = { at, type: 'run.stop_requested', force: false, reason: 'schedule' } as const;
  return built(snapshot, OWNED, [event]);
}

/** Takes a run out of its queue (T7): aborted. Null as above. */
export function abortQueued(
  deps: Deps,
  snapshot: Snapshot,
  reason: 'stopped' | 'dequeued',
): Promise<number | null> {
  return record(deps, queuedAbort(snapshot, deps.clock.wall(), reason));
}

/** What takes a run out of its queue. */
export function queuedAbort(
  snapshot: Snapshot,
  at: number,
  reason: 'stopped' | 'dequeued' | 'replaced' | 'schedule',
): Append {
  const { attempt } = snapshot.run;
  const none = { try: null, message: null, exitCode: null, signal: null, durationMs: 0 };
  const steps = snapshot.steps.filter(({ kind, state }) => kind === 'step' && state === 'pending');
  return built(
    snapshot,
    ['queued'],
    [
      ...steps.map(({ number }): RunEvent => ({
        at,
        type: 'step.aborted',
        step: number,
        attempt,
        reason,
        ...none,
      })),
      {
        at,
        type: 'run.finished',
        attempt,
        state: 'aborted',
        reason,
        durationMs: 0,
        outputs: {},
        dueAt: null,
      },
    ],
  );
}

/** A run that waits and has its answers goes back to its queue (T7). False when it has gone on meanwhile. */
export async function requeue(deps: Deps, snapshot: Snapshot): Promise<boolean> {
  const { attempt, retries } = snapshot.run;
  const event = { at: deps.clock.wall(), type: 'run.queued', attempt, dueAt: null, retries } as const;
  return (await record(deps, built(snapshot, ['waiting'], [event]))) !== null;
}

/** A request of somebody who does not own the run: `snapshot` is changed as the events say. */
function built(snapshot: Snapshot, expects: readonly RunStatus[], events: readonly RunEvent[]): Append {
  const touched = new Touched();
  for (const event of events) fold(snapshot, event, touched);
  const { id: run, token } = snapshot.run;
  const changes = { run: touched.run, attempts: [], steps: [...touched.steps], tries: [], tasks: [] };
  return { run, token, events, changes, expects };
}

async function record({ store }: Deps, request: Append): Promise<number | null> {
  try {
    const entries = await store.append(request);
    return entries.at(-1)?.seq ?? null;
  } catch (error) {
    if (error instanceof Fenced || error instanceof StateChanged) return null;
    throw error;
  }
}
