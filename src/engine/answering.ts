import type { EventOf } from '../core/events.ts';
import { fold } from '../core/fold.ts';
import { holds, lastQuestion } from '../core/questions.ts';
import type { Snapshot, TaskAnswer, TaskRecord } from '../core/records.ts';
import { stepAt } from '../core/snapshot.ts';
import { Touched } from '../core/touched.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { Answered, Fenced } from '../store/store.ts';
import type { EngineDeps } from './types.ts';

/** What a person says to the question of a step. */
export interface Answer {
  /** Number of the step. */
  readonly step: number;
  readonly answer: TaskAnswer;
  readonly inputs: Readonly<Record<string, string>>;
  /** Of a rejection. */
  readonly reason: string | null;
}

/**
 * The question of a step: open, or with the answer that made the step what it is.
 * @throws FlowError (exit 1) R730 when nothing is asked
 */
export function questionAt(snapshot: Snapshot, number: number): TaskRecord {
  const step = stepAt(snapshot, number);
  const task = lastQuestion(snapshot, number);
  if (task !== null && (step.state === 'waiting' || holds(task, step))) return task;
  const message = `step \`${step.label}\` is not waiting, its state is ${step.state}`;
  throw flowError(EXIT.failed, 'R730', message, `look at it with \`flow status ${snapshot.run.id}\``);
}

/**
 * The event that answers the question of a step, or null when it has this very answer already: that changes nothing
 * (LANGUAGE.md §18.1).
 * @throws FlowError (exit 1) R730 when nothing is asked, R731 when the answer was another one.
 */
export function answerTo(
  snapshot: Snapshot,
  { step: number, answer, inputs, reason }: Answer,
  at: number,
): EventOf<'task.completed'> | null {
  const task = questionAt(snapshot, number);
  if (task.answer === null)
    return { at, type: 'task.completed', step: number, n: task.n, answer, inputs, reason };
  if (task.answer === answer && sameInputs(task.inputs, inputs)) return null;
  const { label } = stepAt(snapshot, number);
  const message = `step \`${label}\` was already completed with different input`;
  const hint = `it was ${task.answer}, see \`flow status ${snapshot.run.id} --json\``;
  throw flowError(EXIT.failed, 'R731', message, hint);
}

/**
 * Records an answer, whoever owns the run, once (T7).
 * @returns the run as it is then, and false when the answer was there already.
 */
export async function recordAnswer(
  { store, clock }: Pick<EngineDeps, 'store' | 'clock'>,
  run: string,
  answer: Answer,
): Promise<{ snapshot: Snapshot; isNew: boolean }> {
  for (;;) {
    const snapshot = await store.load(run);
    if (snapshot === null) throw flowError(EXIT.usage, 'E003', `no run "${run}": it was just deleted`);
    const event = answerTo(snapshot, answer, clock.wall());
    if (event === null) return { snapshot, isNew: false };
    const { step, n } = event;
    const touched = new Touched();
    fold(snapshot, event, touched);
    const changes = { run: null, attempts: [], steps: [], tries: [], tasks: [...touched.tasks] };
    try {
      const { token } = snapshot.run;
      await store.append({ run, token, events: [event], changes, answering: { step, n } });
      return { snapshot, isNew: true };
    } catch (error) {
      // Somebody else was quicker, or took the run over: what holds now is read again.
      if (!(error instanceof Fenced) && !(error instanceof Answered)) throw error;
    }
  }
}

function sameInputs(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
