import type { Json } from '../base/json.ts';
import type { RunRecord, Snapshot, StepRecord, TickRecord } from '../core/records.ts';
import { stepsInOrder } from '../core/snapshot.ts';
import type { ShownRunStatus } from '../core/states.ts';
import { iso } from './times.ts';
import { shownOutputs, shownParams } from './values.ts';

/** A run with its state as shown: `interrupted` when its owner is gone (LANGUAGE.md §15.4). */
export interface ShownRun {
  readonly run: RunRecord;
  readonly state: ShownRunStatus;
}

type JsonObject = { [key: string]: Json };

/** `flow history --json` (CLI.md §8). */
export function historyJson(runs: readonly ShownRun[], ticks: readonly TickRecord[]): JsonObject {
  return {
    runs: runs.map(runObject),
    ticks: ticks.map((tick) => ({
      dag: tick.dag,
      kind: tick.kind,
      scheduled_at: iso(tick.scheduledAt),
      outcome: tick.outcome,
      reason: tick.reason,
      message: tick.message,
      ...(tick.count === 1 ? {} : { count: tick.count, first_at: iso(tick.firstAt) }),
    })),
  };
}

/**
 * `flow status --json` (CLI.md §8). `children` are the child runs, oldest first; `tasks` the questions to people.
 */
export function statusJson(
  snapshot: Snapshot,
  state: ShownRunStatus,
  children: readonly RunRecord[],
): JsonObject {
  const { run, attempts } = snapshot;
  return {
    run: {
      ...runObject({ run, state }),
      due_at: iso(run.dueAt),
      params: shownParams(run.params),
      outputs: shownOutputs(run.outputs),
      attempts: attempts.map((attempt) => ({
        n: attempt.n,
        state: attempt.n === run.attempt ? state : attempt.state,
        started_at: iso(attempt.startedAt),
        finished_at: iso(attempt.finishedAt),
        reason: attempt.reason,
      })),
    },
    steps: stepsInOrder(snapshot).map((step) => stepObject(step, children)),
    tasks: snapshot.tasks.map((task) => ({
      step: snapshot.steps[task.step - 1]?.label ?? null,
      kind: task.kind,
      prompt: task.prompt,
      asked_at: iso(task.askedAt),
      answer: task.answer,
      inputs: { ...task.inputs },
      reason: task.reason,
      answered_at: iso(task.answeredAt),
    })),
  };
}

function runObject({ run, state }: ShownRun): JsonObject {
  const ended = run.startedAt !== null && run.finishedAt !== null;
  return {
    id: run.id,
    dag: run.dag,
    state,
    trigger: run.trigger,
    created_at: iso(run.createdAt),
    started_at: iso(run.startedAt),
    finished_at: iso(run.finishedAt),
    duration_ms: ended ? Math.max(0, (run.finishedAt ?? 0) - (run.startedAt ?? 0)) : null,
    labels: { ...run.labels },
    reason: run.reason,
  };
}

function stepObject(step: StepRecord, children: readonly RunRecord[]): JsonObject {
  return {
    id: step.id,
    name: step.kind === 'step' ? step.name : step.label,
    item: step.item?.key ?? null,
    state: step.state,
    reason: step.reason,
    due_at: iso(step.dueAt),
    tries: step.tries.map((one) => ({
      n: one.n,
      attempt: one.attempt,
      state: one.state,
      started_at: iso(one.startedAt),
      finished_at: iso(one.finishedAt),
      exit_code: one.exitCode,
      signal: one.signal,
    })),
    outputs: shownOutputs(step.outputs),
    children: children.filter(({ parent }) => parent?.step === step.number).map(({ id }) => id),
    started_at: iso(step.startedAt),
    finished_at: iso(step.finishedAt),
  };
}
