import { beginAnew, droppedSteps, whyAnew } from './anew.ts';
import type { AnewInput } from './anew.ts';
import { downstream } from './graph.ts';
import type { Decision } from './plan-types.ts';
import type { Snapshot, StepRecord } from './records.ts';

export interface ReuseInput extends AnewInput {
  /** The run whose results are taken over; `dag` has the numbers of its rows. */
  readonly snapshot: Snapshot;
  /** What people call it. */
  readonly shownAs: string;
}

export interface ReusePlan {
  /** For the steps of the DAG in file order, then for those that the file no longer has. */
  readonly decisions: readonly Decision[];
  /** Numbers of the rows whose results are taken over. */
  readonly reused: ReadonlySet<number>;
}

/**
 * Which results `flow rerun --from` takes over (LANGUAGE.md §22.5): those of succeeded and skipped steps that lie
 * not downstream of STEP or of what is changed or new, nor of what had not ended well. Linear.
 */
export function planReuse(input: ReuseInput): ReusePlan {
  const { dag, snapshot, update } = input;
  const again = beginAnew(input);
  const unwell = dag.steps
    .map(({ number }) => number)
    .filter((number) => !endedWell(snapshot.steps[number - 1]));
  const below = downstream(dag.steps, unwell);
  const reused = new Set<number>();
  const decisions = dag.steps.map(({ number, label }): Decision => {
    const origin = again.get(number);
    const record = snapshot.steps[number - 1];
    const { state } = record ?? { state: 'pending' };
    if (origin !== undefined) return run(number, label, whyAnew(input, number, origin));
    if (below.has(number) || (state !== 'succeeded' && state !== 'skipped')) return run(number, label, state);
    reused.add(number);
    return { step: number, label, verdict: 'keep', why: `reused from ${input.shownAs}` };
  });
  return { decisions: [...decisions, ...droppedSteps(snapshot, update)], reused };
}

function run(step: number, label: string, why: string): Decision {
  return { step, label, verdict: 'run', why };
}

function endedWell(record: StepRecord | undefined): boolean {
  if (record === undefined) return false;
  return record.state === 'succeeded' || record.state === 'skipped' || record.tolerated;
}
