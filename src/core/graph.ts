import type { Step } from './dag.ts';

/** For each step, by number - 1, the numbers of the steps that depend on it. Linear in steps and edges. */
export function dependentsOf(steps: readonly Step[]): number[][] {
  const dependents: number[][] = steps.map(() => []);
  for (const step of steps) {
    for (const dependency of step.depends) dependents[dependency - 1]?.push(step.number);
  }
  return dependents;
}

/** `from` and everything that depends on it, directly or not. Visits each step once (RELIABILITY.md R3). */
export function downstream(steps: readonly Step[], from: Iterable<number>): Set<number> {
  const dependents = dependentsOf(steps);
  const seen = new Set(from);
  for (const number of seen) {
    for (const dependent of dependents[number - 1] ?? []) seen.add(dependent);
  }
  return seen;
}

/** What a step depends on, directly or not, breadth-first from its `depends`, left to right (LANGUAGE.md §7.2). */
export function upstream(steps: readonly Step[], step: Step): Set<number> {
  const seen = new Set(step.depends);
  for (const number of seen) {
    for (const dependency of steps[number - 1]?.depends ?? []) seen.add(dependency);
  }
  return seen;
}
