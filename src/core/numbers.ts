import { HANDLER_EVENTS } from './dag.ts';
import type { Dag, Step } from './dag.ts';
import type { StepRecord } from './records.ts';

/**
 * Steps by the number of their row in a run (RELIABILITY.md §3.7). In a fresh run these are the steps in file order,
 * then the handlers; a resume with an edited file keeps the numbers of the steps that were there before and gives new
 * ones to the others, so a number says nothing about a place in the file.
 */

/** All steps in file order, then the handlers. */
export function allSteps(dag: Dag): Step[] {
  return [...dag.steps, ...HANDLER_EVENTS.flatMap((event) => dag.handlers.get(event) ?? [])];
}

const tables = new WeakMap<Dag, ReadonlyMap<number, Step>>();

function tableOf(dag: Dag): ReadonlyMap<number, Step> {
  const known = tables.get(dag);
  if (known !== undefined) return known;
  const table = new Map(allSteps(dag).map((step) => [step.number, step] as const));
  tables.set(dag, table);
  return table;
}

/** A step or handler by its number; undefined for a step of a foreach body, or one that the file no longer has. */
export function findStep(dag: Dag, number: number): Step | undefined {
  return tableOf(dag).get(number);
}

/** The step of a row as it is written in the file, of a body step the one for all items; undefined when it is gone. */
export function writtenStep(dag: Dag, row: Pick<StepRecord, 'number' | 'item'>): Step | undefined {
  if (row.item === null) return findStep(dag, row.number);
  const parent = findStep(dag, row.item.parent)?.action;
  return parent?.kind === 'foreach' ? parent.steps[row.item.body] : undefined;
}

/** True for a step of items or of child runs: it has no process, and what it prints is an account of them. */
export function runsOthers(step: Step | undefined): boolean {
  return step?.action.kind === 'foreach' || step?.action.kind === 'dag.run';
}

/** @throws when there is none: a bug of flow */
export function stepIn(dag: Dag, number: number): Step {
  const step = findStep(dag, number);
  if (step === undefined) throw new Error(`the DAG has no step ${number}`);
  return step;
}

/** The same DAG with these numbers, in the order of `allSteps`; null: as they are. */
export function withNumbers(dag: Dag, numbers: readonly number[] | null): Dag {
  if (numbers === null) return dag;
  const steps = allSteps(dag);
  if (numbers.length !== steps.length) throw new Error('one number for every step');
  const to = new Map(steps.map((step, i) => [step.number, numbers[i] ?? 0] as const));
  const renumber = (step: Step): Step => ({
    ...step,
    number: to.get(step.number) ?? 0,
    depends: step.depends.map((number) => to.get(number) ?? 0),
  });
  return {
    ...dag,
    steps: dag.steps.map(renumber),
    handlers: new Map([...dag.handlers].map(([event, step]) => [event, renumber(step)])),
  };
}

/** The same DAG with the numbers of a fresh run. */
export function freshNumbers(dag: Dag): Dag {
  return withNumbers(
    dag,
    allSteps(dag).map((_step, i) => i + 1),
  );
}
