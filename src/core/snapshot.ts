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

/**
 * All steps that still belong to the run, as people look for them: in the order of the file, those of a foreach body
 * after their step, item by item; handlers last (CLI.md §8).
 */
export function stepsInOrder({ run, steps }: Snapshot): StepRecord[] {
  const bodies = new Map<number, StepRecord[]>();
  const own: StepRecord[] = [];
  for (const step of steps) {
    if (step.dropped) continue;
    if (step.item === null) own.push(step);
    else {
      const body = bodies.get(step.item.parent);
      if (body === undefined) bodies.set(step.item.parent, [step]);
      else body.push(step);
    }
  }
  const { numbers } = run;
  if (numbers !== null) {
    const places = new Map(numbers.map((number, place) => [number, place] as const));
    own.sort((a, b) => (places.get(a.number) ?? 0) - (places.get(b.number) ?? 0));
  }
  const byItem = (a: StepRecord, b: StepRecord): number =>
    (a.item?.index ?? 0) - (b.item?.index ?? 0) || (a.item?.body ?? 0) - (b.item?.body ?? 0);
  return own.flatMap((step) => [step, ...(bodies.get(step.number)?.sort(byItem) ?? [])]);
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
