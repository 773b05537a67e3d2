/**
 * The states and the transitions between them (LANGUAGE.md §15.2, RELIABILITY.md §3.2–§3.4). This is the one
 * table: `core/fold.ts` checks every change against it, and the database's constraints are made from it.
 */
export const RUN_STATES = [
  'queued',
  'running',
  'aborting',
  'waiting',
  'succeeded',
  'partially_succeeded',
  'failed',
  'aborted',
  'rejected',
] as const;
export type RunStatus = (typeof RUN_STATES)[number];
/** As shown: `interrupted` is never written (LANGUAGE.md §15.4). */
export type ShownRunStatus = RunStatus | 'interrupted';

export const STEP_STATES = [
  'pending',
  'running',
  'retrying',
  'waiting',
  'succeeded',
  'failed',
  'skipped',
  'aborted',
] as const;
export type StepStatus = (typeof STEP_STATES)[number];

export const TRY_STATES = ['intent', 'running', 'succeeded', 'failed', 'aborted', 'lost', 'void'] as const;
export type TryStatus = (typeof TRY_STATES)[number];

export const RUN_TRANSITIONS: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  queued: ['running', 'aborted'],
  running: [
    // A new owner takes over an interrupted run: still running.
    'running',
    'aborting',
    'waiting',
    'queued',
    'succeeded',
    'partially_succeeded',
    'failed',
    'aborted',
    'rejected',
  ],
  // To running: the time limit passed, and root `retry_policy` has `on_timeout`.
  aborting: ['aborting', 'running', 'aborted', 'failed', 'succeeded', 'partially_succeeded'],
  waiting: ['running', 'queued', 'aborting', 'aborted'],
  succeeded: ['running'],
  partially_succeeded: ['running'],
  failed: ['running'],
  aborted: ['running'],
  rejected: ['running'],
};

export const STEP_TRANSITIONS: Readonly<Record<StepStatus, readonly StepStatus[]>> = {
  pending: ['running', 'waiting', 'skipped', 'failed', 'aborted', 'succeeded'],
  // To skipped: its child run found its root precondition not met (LANGUAGE.md §17).
  running: ['succeeded', 'failed', 'retrying', 'skipped', 'aborted', 'waiting', 'pending', 'running'],
  retrying: ['running', 'aborted', 'pending'],
  // To pending: `--from` or `--updated` runs it again.
  waiting: ['succeeded', 'failed', 'aborted', 'running', 'pending'],
  succeeded: ['pending'],
  failed: ['pending'],
  skipped: ['pending'],
  aborted: ['pending'],
};

export const TRY_TRANSITIONS: Readonly<Record<TryStatus, readonly TryStatus[]>> = {
  intent: ['running', 'succeeded', 'failed', 'aborted', 'lost', 'void'],
  running: ['succeeded', 'failed', 'aborted', 'lost'],
  succeeded: [],
  failed: [],
  aborted: [],
  lost: [],
  void: [],
};

const ENDED_STEPS: readonly StepStatus[] = ['succeeded', 'failed', 'skipped', 'aborted'];

export function stepEnded(state: StepStatus): boolean {
  return ENDED_STEPS.includes(state);
}

const ENDED_RUNS: readonly RunStatus[] = [
  'succeeded',
  'partially_succeeded',
  'failed',
  'aborted',
  'rejected',
];

/** One of the five final states. */
export function runEnded(state: RunStatus): boolean {
  return ENDED_RUNS.includes(state);
}

/** True while some process should own the run. */
export function runOwned(state: RunStatus): boolean {
  return state === 'running' || state === 'aborting';
}

/** A repetition of a running step ended and the next has not begun (LANGUAGE.md §13.5). */
export function betweenRepetitions(step: {
  readonly state: StepStatus;
  readonly dueAt: number | null;
}): boolean {
  return step.state === 'running' && step.dueAt !== null;
}
