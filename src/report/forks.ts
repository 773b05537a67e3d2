import type { Step } from '../core/dag.ts';

/** What follows a step. */
export interface Fork {
  /** Steps that go on beside each other. */
  readonly branches: readonly Step[];
  /** The step in which all of these come together again, or the only one that follows. */
  readonly join: Step | null;
}

/** Stands before all steps. */
export const TOP = 0;

/**
 * A DAG as people read it: what stands one below the other, and where ways part and come together. Each step follows
 * its dominator, the last step that all ways to it lead through, and is found under the number of that, or under `TOP`.
 * `levels` are those of `levelsOf`.
 */
export function forksOf(levels: readonly (readonly Step[])[]): ReadonlyMap<number, Fork> {
  const all = levels.flat();
  const steps = new Map(all.map((step) => [step.number, step] as const));
  const below = new Map<number, Step[]>([[TOP, []]]);
  const dominators = new Map<number, Dominator>([[TOP, { number: TOP, depth: 0, above: null }]]);
  for (const step of all) {
    const above = nearestCommon(step.depends, dominators);
    dominators.set(step.number, { number: step.number, depth: above.depth + 1, above });
    below.set(step.number, []);
    below.get(above.number)?.push(step);
  }
  return new Map(
    [...below].map(([number, following]) => {
      const join = joinOf(following, number, steps);
      return [number, { branches: following.filter((step) => step !== join), join }] as const;
    }),
  );
}

interface Dominator {
  readonly number: number;
  readonly depth: number;
  readonly above: Dominator | null;
}

function nearestCommon(depends: readonly number[], known: ReadonlyMap<number, Dominator>): Dominator {
  const all = (depends.length === 0 ? [TOP] : depends).flatMap((number) => known.get(number) ?? []);
  // The deepest first: so nobody walks the same way up twice.
  all.sort((a, b) => b.depth - a.depth);
  return all.reduce((one, other) => {
    let [left, right]: [Dominator, Dominator] = [one, other];
    while (left !== right) {
      if (left.depth >= right.depth) left = left.above ?? right;
      else right = right.above ?? left;
    }
    return left;
  });
}

/** The last of the steps that follow `from`, if all others lead to it. */
function joinOf(following: readonly Step[], from: number, steps: ReadonlyMap<number, Step>): Step | null {
  const last = following.at(-1);
  if (last === undefined) return null;
  const before = new Set(last.depends);
  for (const number of before) {
    if (number === from) continue;
    for (const dependency of steps.get(number)?.depends ?? []) before.add(dependency);
  }
  return following.every((step) => step === last || before.has(step.number)) ? last : null;
}
