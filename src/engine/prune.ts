import type { Dag } from '../core/dag.ts';
import type { RunRecord, Snapshot } from '../core/records.ts';
import { beyond } from '../core/retention.ts';
import { runEnded } from '../core/states.ts';
import type { ExpiredQuery, Removal, Store } from '../store/store.ts';
import type { EngineDeps, RunFiles } from './types.ts';

export interface PruneDeps {
  readonly store: Pick<Store, 'expired' | 'remove'>;
  readonly files: Pick<RunFiles, 'removeRun'>;
}

/** Which runs of a DAG may go. */
export type Expired = Omit<ExpiredQuery, 'after' | 'limit'>;

/** Runs in one transaction: other writers wait for it (RELIABILITY.md E15). */
const BATCH = 20;
/** A run that ends does not make its caller wait for long; the next one goes on. */
const MOST_AT_END = 100;

/** Deletes ended runs with all that belongs to them, oldest first, at most about `most` (LANGUAGE.md §21.4). */
export async function prune(
  { store, files }: PruneDeps,
  expired: Expired,
  most = Number.POSITIVE_INFINITY,
): Promise<Removal> {
  const removed: string[] = [];
  const kept: Removal['kept'][number][] = [];
  let after: RunRecord | undefined;
  while (removed.length < most) {
    const runs = await store.expired({ ...expired, ...(after && { after }), limit: BATCH });
    after = runs.at(-1);
    if (after === undefined) break;
    const ids = runs.map((run) => run.id);
    const removal = await store.remove(ids, (run) => files.removeRun(run));
    removed.push(...removal.removed);
    kept.push(...removal.kept);
  }
  return { removed, kept };
}

/** When a run has ended, older ended runs of its DAG go; a child run only goes with its parent. */
export async function pruneAfter(
  deps: PruneDeps & Pick<EngineDeps, 'clock'>,
  dag: Dag,
  { run }: Snapshot,
): Promise<Removal> {
  if (run.parent !== null || !runEnded(run.state)) return { removed: [], kept: [] };
  const retention = beyond(dag.retention, deps.clock.wall());
  return prune(deps, { dag: run.dag, ...retention, olderThan: run }, MOST_AT_END);
}
