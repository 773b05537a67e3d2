import { shortId } from '../base/ids.ts';
import type { RunRecord } from '../core/records.ts';
import { RUN_STATES, runOwned } from '../core/states.ts';
import { shownState } from '../engine/ownership.ts';
import type { Context } from './context.ts';
import type { Reading } from './wiring.ts';

/** One line when a run of the same DAG was interrupted: it is not forgotten, and how to go on with it. */
export async function hintInterrupted(
  context: Context,
  { store, isOwnerAlive }: Reading,
  dag: string,
): Promise<void> {
  const owned = await store.runs({ dag, states: RUN_STATES.filter(runOwned), limit: 50 });
  const interrupted = owned.find((run) => shownState(run, isOwnerAlive) === 'interrupted');
  if (interrupted !== undefined) tellInterrupted(context, interrupted);
}

/** Says of an interrupted run how to go on with it. */
export function tellInterrupted(
  { err, paintErr, quiet }: Context,
  { id, dag }: Pick<RunRecord, 'id' | 'dag'>,
): void {
  if (quiet) return;
  const short = shortId(id);
  const hint = paintErr('hint', 'hint:');
  err.write(`${hint} run ${short} of ${dag} was interrupted: \`flow resume ${short}\` goes on with it\n`);
}
