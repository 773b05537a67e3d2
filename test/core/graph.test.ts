import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/core/dag.ts';
import { dependentsOf, downstream, upstream } from '../../src/core/graph.ts';
import { diamonds, step } from '../support/dag.ts';

/** Random acyclic graphs: a step depends only on earlier ones. */
const graphs = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 40 })
  .map((rows) =>
    rows.map((row, i) => step(i + 1, { depends: i === 0 ? [] : [...new Set(row.map((n) => (n % i) + 1))] })),
  );

/** The closure by definition: a step is downstream when some dependency is. */
function naiveDownstream(steps: readonly Step[], from: number): Set<number> {
  const set = new Set([from]);
  for (let grew = true; grew;) {
    grew = false;
    for (const { number, depends } of steps) {
      if (!set.has(number) && depends.some((d) => set.has(d))) {
        set.add(number);
        grew = true;
      }
    }
  }
  return set;
}

describe('graph', () => {
  test('dependents mirror depends', () => {
    const steps = [step(1), step(2, { depends: [1] }), step(3, { depends: [1, 2] })];
    expect(dependentsOf(steps)).toEqual(
      new Map([
        [1, [2, 3]],
        [2, [3]],
      ]),
    );
  });

  test('downstream agrees with the definition on random graphs', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (steps, pick) => {
        const from = (pick % steps.length) + 1;
        expect([...downstream(steps, [from])].sort()).toEqual([...naiveDownstream(steps, from)].sort());
      }),
    );
  });

  test('upstream and downstream are inverse', () => {
    fc.assert(
      fc.property(graphs, (steps) => {
        for (const a of steps) {
          for (const b of upstream(a, (n) => steps[n - 1]))
            expect(downstream(steps, [b]).has(a.number)).toBe(true);
        }
      }),
    );
  });

  test('upstream walks breadth-first, left to right, each once (LANGUAGE.md §7.2)', () => {
    const steps = [step(1), step(2), step(3, { depends: [1] }), step(4, { depends: [2] })];
    const last = step(5, { depends: [4, 3] });
    expect([...upstream(last, (n) => [...steps, last][n - 1])]).toEqual([4, 3, 2, 1]);
  });

  test('G10: a chain of 60 diamonds, which has 2^60 paths, is walked once', () => {
    const steps = diamonds(60);
    expect(downstream(steps, [1]).size).toBe(181);
    expect(upstream(steps[180]!, (n) => steps[n - 1]).size).toBe(180);
  });
});
