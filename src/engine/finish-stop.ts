import type { Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import { runOwned } from '../core/states.ts';
import { claimed } from './claim.ts';
import { refuseLivingElsewhere } from './elsewhere.ts';
import { execute } from './execution.ts';
import { noHeritage } from './heritage.ts';
import { Journal } from './journal.ts';
import { isUnsettled, recoverTries } from './recover.ts';
import type { EngineDeps, Execution, RunOptions } from './types.ts';

/**
 * Ends an interrupted run, or a stop that its owner did not survive: ends what lives, in its child runs too, and runs
 * the handlers (RELIABILITY.md §3.2).
 */
export async function finishStop(
  deps: EngineDeps,
  snapshot: Snapshot,
  dag: Dag,
  options: RunOptions,
): Promise<Execution> {
  const { attempt, token } = snapshot.run;
  const reason = snapshot.run.state === 'aborting' ? (snapshot.run.reason ?? 'stopped') : 'stopped';
  refuseLivingElsewhere(deps, snapshot);
  const journal = Journal.open(deps, snapshot);
  const at = deps.clock.wall();
  journal.emit({ at, type: 'run.aborting', attempt, reason, owner: deps.owner, token: token + 1 });
  await claimed(snapshot, () => journal.commit());
  await stopChildren(deps, snapshot, null, options);
  const recovered = await recoverTries(deps, snapshot, dag);
  deps.files.makeRun(snapshot.run);
  const none = { exitCode: null, signal: null, durationMs: 0, message: null };
  const heritage = noHeritage();
  for (const { step, record, process, running } of recovered) {
    if (running !== null && process !== null) {
      heritage.attached.set(step, running);
      continue;
    }
    const n = isUnsettled(record) ? record.n : null;
    journal.emit({ at, type: 'step.aborted', step, attempt, try: n, reason, ...none });
  }
  return execute(deps, journal, dag, options, heritage, reason);
}

/** Ends the child runs that a dead owner left running: those of the steps in `of`, null: of all steps. */
export async function stopChildren(
  deps: EngineDeps,
  { run }: Snapshot,
  of: readonly number[] | null,
  options: RunOptions,
): Promise<void> {
  const children = await deps.store.runs({ parent: run.id, states: ['running', 'aborting'], limit: 0 });
  const concerned = of === null ? null : new Set(of);
  for (const child of children) {
    const left = runOwned(child.state) && (child.owner === null || !deps.isOwnerAlive(child.owner));
    if (!left || concerned?.has(child.parent?.step ?? 0) === false) continue;
    const snapshot = await deps.store.load(child.id);
    if (snapshot === null) continue;
    const stopping = await finishStop(deps, snapshot, await deps.subDags.stored(snapshot), options);
    await stopping.ended;
  }
}
