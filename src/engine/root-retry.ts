import type { Dag } from '../core/dag.ts';
import type { Outcome } from '../core/outcome.ts';
import { takenUp } from '../core/questions.ts';
import { planResume } from '../core/resume.ts';
import { retryWaitMs } from '../core/retry.ts';
import type { Journal } from './journal.ts';
import type { EngineDeps } from './types.ts';

/** A mistake in what was given is not mended by another attempt. */
const FINAL: readonly (string | null)[] = ['R402'];

/** Whether root `retry_policy` lets another attempt follow one that ended so (LANGUAGE.md §13.4). */
export function retriesRun({ retry }: Dag, { state, reason }: Outcome, retriesDone: number): boolean {
  if (retry === null || state !== 'failed' || retriesDone >= retry.limit) return false;
  return reason === 'run_timed_out' ? retry.onTimeout : !FINAL.includes(reason);
}

/** When that attempt begins. */
export function retryDueAt(deps: EngineDeps, { retry }: Dag, retriesDone: number): number | null {
  if (retry === null) return null;
  const chance = (deps.random(1)[0] ?? 0) / 256;
  return deps.clock.wall() + retryWaitMs(retry, retriesDone, chance, null);
}

/**
 * Begins the next attempt as `flow resume` would, by the same owner (RELIABILITY.md T9). After a stop only the
 * handlers run again: the steps stay as they ended.
 */
export async function beginNext(
  deps: EngineDeps,
  journal: Journal,
  dag: Dag,
  stopped: boolean,
): Promise<void> {
  const { snapshot } = journal;
  const plan = planResume({ dag, snapshot, interrupted: false, from: null, update: null, found: new Map() });
  const isHandler = (number: number): boolean => snapshot.steps[number - 1]?.kind !== 'step';
  journal.emit({
    at: deps.clock.wall(),
    type: 'run.resumed',
    attempt: snapshot.run.attempt + 1,
    owner: deps.owner,
    token: snapshot.run.token,
    run: stopped ? plan.run.filter(isHandler) : plan.run,
    attached: [],
    from: null,
    anew: [],
    updated: null,
  });
  for (const task of plan.answered) journal.emit(takenUp(snapshot, task, deps.clock.wall()));
  await journal.commit();
}
