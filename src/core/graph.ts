import type { Step } from './dag.ts';

/** For each step, by its number, the numbers of the steps that depend on it. Linear in steps and edges. */
export function dependentsOf(steps: Iterable<Step>): Map<number, number[]> {
  const dependents = new Map<number, number[]>();
  for (const step of steps) {
    for (const dependency of step.depends) {
      const known = dependents.get(dependency);
      if (known === undefined) dependents.set(dependency, [step.number]);
      else known.push(step.number);
    }
  }
  return dependents;
}

/** `from` and everything that depends on it, directly or not. Visits each step once (RELIABILITY.md R3). */
export function downstream(steps: Iterable<Step>, from: Iterable<number>): Set<number> {
  return new Set(origins(steps, from).keys());
}

/** The same, each with the one of `from` by which it was reached first. */
export function origins(steps: Iterable<Step>, from: Iterable<number>): Map<number, number> {
  const dependents = dependentsOf(steps);
  const reached = new Map([...from].map((number) => [number, number] as const));
  for (const [number, origin] of reached) {
    for (const dependent of dependents.get(number) ?? []) {
      if (!reached.has(dependent)) reached.set(dependent, origin);
    }
  }
  return reached;
}

/** What a step depends on, directly or not, breadth-first from its `depends`, left to right (LANGUAGE.md §7.2). */
export function upstream(step: Step, stepAt: (number: number) => Step | undefined): Set<number> {
  const seen = new Set(step.depends);
  for (const number of seen) {
    for (const dependency of stepAt(number)?.depends ?? []) seen.add(dependency);
  }
  return seen;
}
