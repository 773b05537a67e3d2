import { shortId } from '../base/ids.ts';
import type { Dag } from '../core/dag.ts';
import type { Snapshot } from '../core/records.ts';
import { pruneAfter } from '../engine/prune.ts';
import type { EngineDeps } from '../engine/types.ts';
import type { Removal } from '../store/store.ts';
import type { Context } from './context.ts';

/** What comes after the end of a run (LANGUAGE.md §21.4). It never changes the outcome: a line says what went wrong. */
export async function deleteOlderRuns(
  context: Context,
  deps: EngineDeps,
  dag: Dag,
  snapshot: Snapshot,
): Promise<void> {
  try {
    const { kept } = await pruneAfter(deps, dag, snapshot);
    tellKept(context, kept.slice(0, 1));
  } catch (error) {
    tell(context, `older runs were not deleted: ${reasonText(error)}`);
  }
}

/** A line for each run whose files cannot be deleted. */
export function tellKept(context: Context, kept: Removal['kept']): void {
  for (const { run, reason } of kept) tell(context, `run ${shortId(run)} was kept: ${reasonText(reason)}`);
}

function tell({ err, paintErr }: Context, message: string): void {
  err.write(`${paintErr('warning', 'note:')} ${message}\n`);
}

function reasonText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
