import type { Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import { runOwned } from '../core/states.ts';
import { claimed, refuseLiving } from './claim.ts';
import { refuseLivingElsewhere } from './elsewhere.ts';
import { execute } from './execution.ts';
import { noHeritage } from './heritage.ts';
import { Journal } from './journal.ts';
import { isUnsettled, recoverTries } from './recover.ts';
import type { EngineDeps, Execution, RunOptions, WhichChildren } from './types.ts';

/**
 * Ends an interrupted or waiting run, or a stop that its owner did not survive: ends what lives, in its child runs too,
 * and runs the handlers (RELIABILITY.md §3.2); with `kill` it skips them.
 * @throws FlowError E006 (exit 5) when a living process owns the run, also one that was quicker
 */
export async function finishStop(
  deps: EngineDeps,
  snapshot: Snapshot,
  dag: Dag,
  options: RunOptions,
  kill = false,
  why: 'stopped' | 'schedule' = 'stopped',
): Promise<Execution> {
  refuseLiving(deps, snapshot);
  const { attempt, token } = snapshot.run;
  const reason = snapshot.run.state === 'aborting' ? (snapshot.run.reason ?? why) : why;
  refuseLivingElsewhere(deps, snapshot);
  const journal = Journal.open(deps, snapshot);
  const at = deps.clock.wall();
  journal.emit({ at, type: 'run.aborting', attempt, reason, owner: deps.owner, token: token + 1 });
  await claimed(snapshot, () => journal.commit());
  await stopChildren(deps, snapshot, { of: null, waiting: true, kill }, options);
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
  return execute(deps, journal, dag, options, heritage, { reason, kill });
}

/** Ends the child runs that a dead owner left running, and those that have none because they wait. */
export async function stopChildren(
  deps: EngineDeps,
  { run }: Snapshot,
  { of, waiting, kill }: WhichChildren,
  options: RunOptions,
): Promise<void> {
  const states = waiting ? (['running', 'aborting', 'waiting'] as const) : (['running', 'aborting'] as const);
  const children = await deps.store.runs({ parent: run.id, states, limit: 0 });
  const concerned = of === null ? null : new Set(of);
  for (const child of children) {
    const lives = runOwned(child.state) && child.owner !== null && deps.isOwnerAlive(child.owner);
    if (lives || concerned?.has(child.parent?.step ?? 0) === false) continue;
    const snapshot = await deps.store.load(child.id);
    if (snapshot === null) continue;
    const stopping = await finishStop(deps, snapshot, await deps.subDags.stored(snapshot), options, kill);
    await stopping.ended;
  }
}
