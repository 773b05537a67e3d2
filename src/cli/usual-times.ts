import type { Dag } from '../core/dag.ts';
import { allSteps } from '../core/numbers.ts';
import type { UsualTimes } from '../report/live/rows.ts';
import type { Store } from '../store/store.ts';

/** Runs that are looked at: the newest that succeeded. */
const RUNS = 7;
/** Of a larger DAG nothing is told: reading its history would hold up its start. */
const MOST_STEPS = 500;

/** How long a DAG and its steps took of late: the median of the newest runs that succeeded. */
export async function usualTimes(store: Pick<Store, 'durations'>, dag: Dag): Promise<UsualTimes> {
  if (allSteps(dag).length > MOST_STEPS) return { run: null, steps: new Map() };
  const durations = await store.durations(dag.name, RUNS);
  const steps = new Map<string, number[]>();
  for (const { label, ms } of durations.steps) steps.set(label, [...(steps.get(label) ?? []), ms]);
  return {
    run: median(durations.runs),
    steps: new Map([...steps].map(([label, all]) => [label, median(all) ?? 0])),
  };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
