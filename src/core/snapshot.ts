import type { Snapshot, StepRecord, TaskRecord } from './records.ts';

/** The record of a step by its number. */
export function stepAt(snapshot: Snapshot, number: number): StepRecord {
  const step = snapshot.steps[number - 1];
  if (step === undefined) throw new Error(`run ${snapshot.run.id} has no step ${number}`);
  return step;
}

/** What people are shown: the id, else the name, and the item that a body step works on. */
export function titleOf({ label, item }: Pick<StepRecord, 'label' | 'item'>): string {
  return item === null ? label : `${label}[${item.key}]`;
}

/** The n-th task of a step. */
export function taskAt(snapshot: Snapshot, step: number, n: number): TaskRecord {
  const task = snapshot.tasks.find((one) => one.step === step && one.n === n);
  if (task === undefined) throw new Error(`step ${step} has asked nothing`);
  return task;
}

/** The steps of the DAG itself: no handlers, no steps of foreach bodies, none that were dropped. */
export function ownSteps(snapshot: Snapshot): StepRecord[] {
  return snapshot.steps.filter((step) => step.kind === 'step' && step.item === null && !step.dropped);
}

/** The steps of all items of a foreach step, in the order of their rows. */
export function bodySteps(snapshot: Snapshot, parent: number): StepRecord[] {
  return snapshot.steps.filter((step) => step.item?.parent === parent && !step.dropped);
}
