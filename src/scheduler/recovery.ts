import { shortId } from '../base/ids.ts';
import type { RunRecord, Snapshot } from '../core/records.ts';
import { runOwned } from '../core/states.ts';
import { finishStop } from '../engine/finish-stop.ts';
import { resumeRun } from '../engine/resume.ts';
import { requeue } from '../engine/stop-request.ts';
import type { EngineDeps, RunOptions } from '../engine/types.ts';
import type { Fleet } from './fleet.ts';
import { reasonOf } from './reason.ts';
import type { DaemonLog } from './types.ts';

/** So often in a row the daemon takes a run up by itself (LANGUAGE.md §22.6). */
export const MOST_RECOVERIES = 3;

export interface RecoveryInput {
  readonly deps: EngineDeps;
  readonly fleet: Fleet;
  readonly log: DaemonLog;
  readonly options: RunOptions;
  /** The queue whose place a run takes. */
  readonly queueOf: (run: RunRecord) => string;
}

/**
 * Takes up what a dead daemon left: interrupted runs go on where they were, stops are finished. Runs of `flow run` and
 * `flow resume` are left to the person, and so is a run whose steps kill flow (RELIABILITY.md R6, R7).
 */
export async function recoverRuns(input: RecoveryInput): Promise<void> {
  const { deps, fleet, log } = input;
  const runs = await deps.store.runs({ states: ['running', 'aborting'], limit: 0 });
  for (const run of runs.reverse()) {
    const { owner } = run;
    if (owner?.daemon !== true || fleet.has(run.id) || deps.isOwnerAlive(owner)) continue;
    const snapshot = await deps.store.load(run.id);
    // Somebody may have taken it up meanwhile.
    if (snapshot === null || !runOwned(snapshot.run.state) || snapshot.run.token !== run.token) continue;
    try {
      await takeUp(input, snapshot);
    } catch (error) {
      log.error(`run ${shortId(run.id)} of ${run.dag} cannot be resumed: ${reasonOf(error)}`, {
        run: run.id,
        dag: run.dag,
      });
    }
  }
}

async function takeUp(
  { deps, fleet, log, options, queueOf }: RecoveryInput,
  snapshot: Snapshot,
): Promise<void> {
  const { run } = snapshot;
  const dag = await deps.subDags.stored(snapshot);
  const fields = { run: run.id, dag: run.dag };
  const asked = await unheardStop(deps, snapshot);
  if (run.state === 'aborting' || asked !== null) {
    log.info(`finishing the stop of run ${shortId(run.id)} of ${run.dag}`, fields);
    fleet.drive(run.id, queueOf(run), async (begun) => {
      deps.files.makeRun(run);
      const { force = false, reason = 'stopped' } = asked ?? {};
      const stopping = await finishStop(deps, snapshot, dag, options, force, reason);
      begun(stopping);
      return stopping;
    });
    return;
  }
  if (run.recoveries >= MOST_RECOVERIES) {
    const steps = snapshot.steps.filter(({ state, dropped }) => state === 'running' && !dropped);
    const which = steps.map(({ label }) => label).join(', ') || 'it';
    log.error(
      `run ${shortId(run.id)} of ${run.dag} stays interrupted: flow died ${MOST_RECOVERIES} times while ${which} ran; flow resume goes on`,
      fields,
    );
    return;
  }
  log.info(`resuming run ${shortId(run.id)} of ${run.dag}, which was interrupted`, fields);
  fleet.drive(run.id, queueOf(run), (begun) => {
    const how = { ...options, from: null, edited: null, warnings: [], automatic: 'recovery' } as const;
    return resumeRun(deps, snapshot, dag, how, { planned: () => undefined, begun });
  });
}

/** A stop that was asked for in this attempt, and that its owner did not live to answer. */
async function unheardStop(
  { store }: EngineDeps,
  { run }: Snapshot,
): Promise<{ readonly force: boolean; readonly reason: 'stopped' | 'schedule' } | null> {
  const events = await store.events({
    ...{ run: run.id, after: 0, limit: 0 },
    types: ['run.started', 'run.resumed', 'run.stop_requested'],
  });
  const begun = events.findLastIndex(({ event }) => event.type !== 'run.stop_requested');
  const asked = events.slice(begun + 1).at(-1)?.event;
  if (asked?.type !== 'run.stop_requested') return null;
  return { force: asked.force, reason: asked.reason ?? 'stopped' };
}

/** Runs whose questions all have their answers wait in their queues again (RELIABILITY.md §3.2). */
export async function queueAnswered({ deps, log }: Pick<RecoveryInput, 'deps' | 'log'>): Promise<void> {
  for (const id of await deps.store.answered()) {
    const snapshot = await deps.store.load(id);
    if (snapshot === null || snapshot.run.state !== 'waiting') continue;
    if (await requeue(deps, snapshot)) {
      const { dag } = snapshot.run;
      log.info(`run ${shortId(id)} of ${dag} has its answers: queued`, { run: id, dag });
    }
  }
}
