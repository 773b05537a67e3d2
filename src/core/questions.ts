import type { EventOf } from './events.ts';
import type { OutputValue } from './dag.ts';
import type { Snapshot, StepRecord, TaskRecord } from './records.ts';
import { stepAt } from './snapshot.ts';

/** The last question of each step that has asked, in the order in which the steps first asked. */
function lastQuestions({ tasks }: Snapshot): Map<number, TaskRecord> {
  const last = new Map<number, TaskRecord>();
  for (const task of tasks) if ((last.get(task.step)?.n ?? 0) < task.n) last.set(task.step, task);
  return last;
}

/** The last question of a step; null: it has never asked. */
export function lastQuestion(snapshot: Snapshot, step: number): TaskRecord | null {
  return lastQuestions(snapshot).get(step) ?? null;
}

/** What steps wait for: questions without an answer, and answers that no owner has taken up yet. */
export function openQuestions(snapshot: Snapshot): TaskRecord[] {
  return [...lastQuestions(snapshot).values()].filter(({ step }) => {
    const { state, dropped } = stepAt(snapshot, step);
    return state === 'waiting' && !dropped;
  });
}

/** The step waits for a person, with a question of its own (LANGUAGE.md §18). */
export function waitingFor(
  snapshot: Snapshot,
  step: number,
  { kind, prompt }: Pick<TaskRecord, 'kind' | 'prompt'>,
  tried: { readonly try: number | null; readonly outputs: Readonly<Record<string, OutputValue>> },
  at: number,
): EventOf<'step.waiting'> {
  const n = (lastQuestion(snapshot, step)?.n ?? 0) + 1;
  const { attempt } = snapshot.run;
  return { at, type: 'step.waiting', step, attempt, ...tried, task: { n, kind, prompt } };
}

/** What an answer makes of its step: its inputs become outputs, a rejection aborts it (LANGUAGE.md §18). */
export function takenUp(
  snapshot: Snapshot,
  task: TaskRecord,
  at: number,
): EventOf<'step.finished' | 'step.aborted'> {
  const { attempt } = snapshot.run;
  const base = { at, step: task.step, attempt, try: null, exitCode: null, signal: null, durationMs: 0 };
  if (task.answer === 'rejected') {
    return { ...base, type: 'step.aborted', reason: 'rejected', message: task.reason };
  }
  const outputs = Object.assign(
    Object.create(null) as Record<string, OutputValue>,
    stepAt(snapshot, task.step).outputs,
  );
  for (const [name, text] of Object.entries(task.inputs)) outputs[name] = { type: 'string', text };
  const facts = {
    state: 'succeeded',
    tolerated: false,
    partial: false,
    reason: null,
    message: null,
  } as const;
  return { ...base, ...facts, type: 'step.finished', outputs };
}

/** True when the question has led to what its step is now, or will as soon as an owner takes the answer up. */
export function holds({ answer }: TaskRecord, { state, reason }: StepRecord): boolean {
  if (answer === null) return false;
  if (state === 'waiting') return true;
  return answer === 'rejected' ? state === 'aborted' && reason === 'rejected' : state === 'succeeded';
}
