import type { Dag, Step } from '../core/dag.ts';
import { dependentsOf } from '../core/graph.ts';

/**
 * Steps by level: level 0 waits for nothing, every other step stands one below the deepest step it waits for.
 * In file order within a level. Linear in steps and edges.
 */
export function levelsOf(dag: Dag): Step[][] {
  const dependents = dependentsOf(dag.steps);
  const open = dag.steps.map((step) => step.depends.length);
  let level = dag.steps.filter((step) => step.depends.length === 0);
  const levels: Step[][] = [];
  while (level.length > 0) {
    levels.push(level);
    const next: number[] = [];
    for (const step of level) {
      for (const dependent of dependents[step.number - 1] ?? []) {
        const left = (open[dependent - 1] ?? 0) - 1;
        open[dependent - 1] = left;
        if (left === 0) next.push(dependent);
      }
    }
    level = next.sort((a, b) => a - b).flatMap((number) => dag.steps[number - 1] ?? []);
  }
  return levels;
}
