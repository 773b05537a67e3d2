import type { Dag, Step } from '../core/dag.ts';
import { dependentsOf } from '../core/graph.ts';

/**
 * Steps by level: level 0 waits for nothing, every other step stands one below the deepest step it waits for.
 * In file order within a level. Linear in steps and edges.
 */
export function levelsOf(dag: Pick<Dag, 'steps'>): Step[][] {
  const dependents = dependentsOf(dag.steps);
  const open = new Map(dag.steps.map((step) => [step.number, step.depends.length] as const));
  const places = new Map(dag.steps.map((step, i) => [step.number, i] as const));
  let level = dag.steps.filter((step) => step.depends.length === 0);
  const levels: Step[][] = [];
  while (level.length > 0) {
    levels.push(level);
    const next: number[] = [];
    for (const step of level) {
      for (const dependent of dependents.get(step.number) ?? []) {
        const left = (open.get(dependent) ?? 0) - 1;
        open.set(dependent, left);
        if (left === 0) next.push(places.get(dependent) ?? 0);
      }
    }
    level = next.sort((a, b) => a - b).flatMap((place) => dag.steps[place] ?? []);
  }
  return levels;
}
