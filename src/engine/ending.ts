import type { Dag } from '../core/dag.ts';
import type { Outcome } from '../core/outcome.ts';
import { openQuestions } from '../core/questions.ts';
import type { Journal } from './journal.ts';
import { answersIn } from './people.ts';
import { beginNext, retriesRun, retryDueAt } from './root-retry.ts';
import { runOutputs } from './step-output.ts';
import type { EngineDeps } from './types.ts';

export interface EndingInput {
  readonly deps: EngineDeps;
  readonly journal: Journal;
  readonly dag: Dag;
  /** Attempts before this one that the root `retry_policy` has let follow. */
  readonly retries: number;
  /** The next one waits in the queue of the daemon, not here. */
  readonly queueRetries: boolean;
  /** Monotonic. */
  readonly startedAt: number;
}

/** Records that this process leaves the run to another (RELIABILITY.md R7), then calls `left`. */
export function leaveRun({ clock }: EngineDeps, journal: Journal, left: () => void): void {
  const { attempt } = journal.snapshot.run;
  journal.emit({ at: clock.wall(), type: 'run.left', attempt });
  journal.afterCommit(left);
}

/**
 * Records how an attempt ends (T6). An answer that was given in the last moment keeps the run from waiting: the next
 * attempt is begun then, as `flow resume` would, and the run is running.
 */
export async function endAttempt(input: EndingInput, outcome: Outcome): Promise<void> {
  const { deps, journal, dag, retries } = input;
  const facts = {
    at: deps.clock.wall(),
    attempt: journal.snapshot.run.attempt,
    durationMs: Math.round(deps.clock.mono() - input.startedAt),
    outputs: runOutputs(dag, journal.snapshot),
  };
  const { state, reason } = outcome;
  if (state !== 'waiting') {
    const dueAt = retriesRun(dag, outcome, retries) ? retryDueAt(deps, dag, retries) : null;
    journal.emit({ ...facts, type: 'run.finished', state, reason, dueAt });
    // A child run stays within the step of its parent.
    if (dueAt !== null && input.queueRetries && journal.snapshot.run.parent === null) {
      const { at, attempt } = facts;
      journal.emit({ at, type: 'run.queued', attempt, dueAt, retries: retries + 1 });
    }
    await journal.commit();
    return;
  }
  const waiting = { ...facts, type: 'run.waiting' } as const;
  if (await journal.commitWaiting(waiting)) return;
  const tasks = await deps.store.tasks(journal.snapshot.run.id);
  for (const answer of answersIn(tasks, openQuestions(journal.snapshot))) journal.learn(answer);
  journal.emit(waiting);
  await beginNext(deps, journal, dag, false);
}
