import type { Owner, RunRecord } from '../core/records.ts';
import { runOwned } from '../core/states.ts';
import type { ShownRunStatus } from '../core/states.ts';

/**
 * The state as every command shows it: a run whose owner is dead is `interrupted`. That is found out, never
 * written (LANGUAGE.md §15.4).
 */
export function shownState(
  run: Pick<RunRecord, 'state' | 'owner'>,
  isOwnerAlive: (owner: Owner) => boolean,
): ShownRunStatus {
  if (!runOwned(run.state)) return run.state;
  return run.owner !== null && isOwnerAlive(run.owner) ? run.state : 'interrupted';
}

/** True while something may still be added to the journal of the run without a person or a program asking for it. */
export function goesOn(
  run: Pick<RunRecord, 'state' | 'owner'>,
  isOwnerAlive: (owner: Owner) => boolean,
): boolean {
  const state = shownState(run, isOwnerAlive);
  return state !== 'interrupted' && (runOwned(run.state) || run.state === 'queued');
}
