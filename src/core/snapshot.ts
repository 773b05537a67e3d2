import type { Snapshot, StepRecord, TaskRecord } from './records.ts';

/** The record of a step by its number. */
export function stepAt(snapshot: Snapshot, number: number): StepRecord {
  const step = snapshot.steps[number - 1];
  if (step === undefined) throw new Error(`run ${snapshot.run.id} has no step ${number}`);
  return step;
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

/**
 * What the run consists of, in the order of its file: each step before its items, handlers last, nothing that was
 * dropped (CLI.md §8).
 */
export function stepsInOrder(snapshot: Snapshot): StepRecord[] {
  const { numbers } = snapshot.run;
  const places = new Map(numbers?.map((number, place) => [number, place] as const));
  const placeOf = ({ number, item }: StepRecord): number => {
    const own = item?.parent ?? number;
    return places.get(own) ?? (stepAt(snapshot, own).kind === 'step' ? own : snapshot.steps.length + own);
  };
  const byItem = (a: StepRecord, b: StepRecord): number =>
    (a.item?.index ?? -1) - (b.item?.index ?? -1) || (a.item?.body ?? -1) - (b.item?.body ?? -1);
  return snapshot.steps
    .filter((step) => !step.dropped)
    .sort((a, b) => placeOf(a) - placeOf(b) || byItem(a, b));
}

/** The steps of all items of a foreach step, in the order of their rows. */
export function bodySteps(snapshot: Snapshot, parent: number): StepRecord[] {
  return snapshot.steps.filter((step) => step.item?.parent === parent && !step.dropped);
}
