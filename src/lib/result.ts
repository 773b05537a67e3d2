import type { Snapshot, StepRecord } from '../core/records.ts';
import { stepsInOrder } from '../core/snapshot.ts';
import { exitCodeOf } from '../report/exit-code.ts';
import { shownOutputs } from '../report/values.ts';
import type { RunResult, StepResult } from './types.ts';

/** A run as the caller gets it: values of its own, nothing that the engine still works with. */
export function resultOf(snapshot: Snapshot, notes: readonly string[]): RunResult {
  const { run } = snapshot;
  return {
    id: run.id,
    dag: run.dag,
    state: run.state,
    reason: run.reason,
    exitCode: exitCodeOf(run),
    attempt: run.attempt,
    outputs: { ...shownOutputs(run.outputs) },
    steps: stepsInOrder(snapshot).map(stepResult),
    notes: [...notes],
  };
}

function stepResult(step: StepRecord): StepResult {
  return {
    id: step.id,
    name: step.kind === 'step' ? step.name : step.label,
    item: step.item?.key ?? null,
    state: step.state,
    reason: step.reason,
    message: step.message,
    exitCode: step.tries.at(-1)?.exitCode ?? null,
    tries: step.tries.length,
    outputs: { ...shownOutputs(step.outputs) },
  };
}
