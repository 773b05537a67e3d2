import type { AttemptRecord, RunRecord, StepRecord, TaskRecord, TryRecord } from './records.ts';

/** Which records a series of events changed; the store writes these and no others. */
export class Touched {
  run: RunRecord | null = null;
  readonly attempts = new Set<AttemptRecord>();
  readonly steps = new Set<StepRecord>();
  /** The try, and the number of its step. */
  readonly tries = new Map<TryRecord, number>();
  readonly tasks = new Set<TaskRecord>();
}
