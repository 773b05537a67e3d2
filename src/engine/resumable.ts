import type { Dag } from '../core/dag.ts';
import type { RunRecord, Snapshot } from '../core/records.ts';
import type { RunStatus, ShownRunStatus } from '../core/states.ts';
import type { PlanWarning } from '../core/update.ts';
import type { RunQuery, Store } from '../store/store.ts';
import { checkArtifacts } from './artifact-check.ts';
import { dotenvChange } from './dotenv-change.ts';
import { shownState } from './ownership.ts';
import { planOnly, type Planned } from './resume.ts';
import type { EngineDeps, PlanOptions } from './types.ts';

const RESUMABLE: readonly ShownRunStatus[] = ['interrupted', 'failed', 'aborted', 'rejected', 'waiting'];
const RECORDED: readonly RunStatus[] = ['running', 'aborting', 'failed', 'aborted', 'rejected', 'waiting'];

interface Looking extends Pick<EngineDeps, 'isOwnerAlive'> {
  readonly store: Pick<Store, 'runs' | 'events'>;
}

/** The newest of these runs that can be resumed (LANGUAGE.md §22.1); null when there is none. */
export async function newestResumable(
  { store, isOwnerAlive }: Looking,
  query: Pick<RunQuery, 'dag' | 'below'>,
): Promise<RunRecord | null> {
  const runs = await store.runs({ ...query, states: RECORDED, limit: 100 });
  return runs.find((run) => RESUMABLE.includes(shownState(run, isOwnerAlive))) ?? null;
}

/**
 * What a resume would do, and what is to be said of it that the plan itself does not know; touches nothing.
 * @throws FlowError E006 (exit 5) when a living process owns the run
 */
export async function lookAhead(
  at: Looking & Pick<EngineDeps, 'home' | 'files' | 'environment'>,
  snapshot: Snapshot,
  stored: Dag,
  { from, edited }: Pick<PlanOptions, 'from' | 'edited'>,
): Promise<{ readonly planned: Planned; readonly warnings: readonly PlanWarning[] }> {
  const rebound =
    edited === null ? snapshot : { ...snapshot, run: { ...snapshot.run, params: edited.params } };
  const changed = await dotenvChange(at, edited?.dag ?? stored, rebound);
  const planned = planOnly(at, snapshot, stored, { from, edited, warnings: changed });
  return {
    planned,
    warnings: [...changed, ...(await checkArtifacts(at, planned.dag, snapshot, planned.plan))],
  };
}
