import { sleep } from '../base/clock.ts';
import type { EventOf, JournalEvent } from '../core/events.ts';
import type { Owner, RunRecord, Snapshot } from '../core/records.ts';
import { runEnded } from '../core/states.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { Fenced } from '../store/store.ts';
import { finishStop } from './finish-stop.ts';
import { abortQueued, requestStop } from './stop-request.ts';
import type { EngineDeps, Execution, RunOptions } from './types.ts';

const LOOK_EVERY_MS = 50;
/** An owner answers within 500 ms; after so long something keeps it from that. */
const SLOW_MS = 5_000;

export interface StopOptions extends RunOptions {
  /** Kills at once and skips the handlers. */
  readonly force: boolean;
}

export interface StopWatch {
  /** This process ends the run itself: signals concern that from now on. */
  begun(execution: Execution): void;
  /** The owner has not answered for a while. */
  slow(run: RunRecord, owner: Owner): void;
}

/** How a run ended. */
export interface StopEnd extends Pick<RunRecord, 'state' | 'reason'> {
  /** Before anybody could be asked to stop it. */
  readonly already: boolean;
}

/** What this process has asked the owner with that token for. */
interface Asked {
  readonly token: number;
  readonly seq: number;
}

/**
 * Ends a run, whatever state it is in, and waits until it has ended (RELIABILITY.md §3.2): its living owner is asked,
 * a queued run is aborted, and of a run without an owner this process becomes the owner. Null: it was deleted.
 */
export async function stopRun(
  deps: EngineDeps,
  id: string,
  options: StopOptions,
  watch: StopWatch,
): Promise<StopEnd | null> {
  let asked: Asked | null = null;
  for (;;) {
    const snapshot = await deps.store.load(id);
    if (snapshot === null) return null;
    const { run } = snapshot;
    // Others may have resumed it since it did what was asked.
    const ended = asked === null ? null : await endAfter(deps, id, asked);
    if (ended !== null) return { ...ended, already: false };
    if (runEnded(run.state)) return { state: run.state, reason: run.reason, already: asked === null };
    if (asked !== null && asked.token !== run.token) asked = null;
    if (run.state === 'queued') {
      const seq = await abortQueued(deps, snapshot, 'stopped');
      if (seq !== null) return { state: 'aborted', reason: 'stopped', already: false };
    } else if (isOwned(run) && deps.isOwnerAlive(run.owner)) {
      const before = asked;
      asked ??= await ask(deps, snapshot, options.force);
      if (asked !== null) await ownerActs(deps, run, asked, before === null ? watch : null);
    } else {
      const end = await stopHere(deps, snapshot, options, watch);
      if (end !== null) return end;
    }
  }
}

function isOwned(run: RunRecord): run is RunRecord & { readonly owner: Owner } {
  return (run.state === 'running' || run.state === 'aborting') && run.owner !== null;
}

async function ask(deps: EngineDeps, snapshot: Snapshot, force: boolean): Promise<Asked | null> {
  const { token } = snapshot.run;
  const seq = await requestStop(deps, snapshot, force);
  return seq === null ? null : { token, seq };
}

/** Waits until the owner has done it, has died, or a while has passed. */
async function ownerActs(
  deps: EngineDeps,
  run: RunRecord & { readonly owner: Owner },
  asked: Asked,
  watch: StopWatch | null,
): Promise<void> {
  const { clock } = deps;
  const since = clock.mono();
  while (clock.mono() - since < SLOW_MS) {
    const events = await eventsAfter(deps, run.id, asked);
    if (events.some(({ event }) => endsSitting(event)) || !deps.isOwnerAlive(run.owner)) return;
    await sleep(clock, LOOK_EVERY_MS);
  }
  const answered = run.state === 'aborting' || (await eventsAfter(deps, run.id, asked)).length > 0;
  if (!answered) watch?.slow(run, run.owner);
}

/** How the run ended since it was asked to; null: it goes on. */
async function endAfter(
  deps: EngineDeps,
  id: string,
  asked: Asked,
): Promise<Pick<RunRecord, 'state' | 'reason'> | null> {
  const events = await eventsAfter(deps, id, asked);
  const end = events.map(({ event }) => event).find(isEnd);
  return end === undefined ? null : { state: end.state, reason: end.reason };
}

function eventsAfter({ store }: EngineDeps, run: string, { seq }: Asked): Promise<JournalEvent[]> {
  return store.events({ run, after: seq, limit: 0, types: ['run.aborting', 'run.waiting', 'run.finished'] });
}

function isEnd(event: JournalEvent['event']): event is EventOf<'run.finished'> {
  return event.type === 'run.finished' && event.dueAt === null;
}

function endsSitting(event: JournalEvent['event']): boolean {
  return isEnd(event) || event.type === 'run.waiting';
}

/** This process takes the run over and ends it. Null: another one was quicker. */
async function stopHere(
  deps: EngineDeps,
  snapshot: Snapshot,
  options: StopOptions,
  watch: StopWatch,
): Promise<StopEnd | null> {
  try {
    const dag = await deps.subDags.stored(snapshot);
    deps.files.makeRun(snapshot.run);
    const execution = await finishStop(deps, snapshot, dag, options, options.force);
    watch.begun(execution);
    const { state, reason } = (await execution.ended).run;
    return { state, reason, already: false };
  } catch (error) {
    const overtaken = error instanceof Fenced || (error instanceof FlowError && error.exitCode === EXIT.busy);
    if (!overtaken) throw error;
    await sleep(deps.clock, LOOK_EVERY_MS);
    return null;
  }
}
