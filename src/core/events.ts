import type { BoundParam, HandlerEvent, OutputValue } from './dag.ts';
import type { Owner, Trigger } from './records.ts';

/**
 * The journal: everything that happened to a run, in order. The state tables are a function of it
 * (`core/fold.ts`), every report reads it, and `report/event-json.ts` shows it (CLI.md §4).
 * `at` is wall time in milliseconds; `step` is the step's number.
 */
export type RunEvent = { readonly at: number } & (
  | RunCreated
  | RunStarted
  | RunParamsEvaluated
  | RunPreconditionsMet
  | RunResumed
  | RunAborting
  | RunFinished
  | StepReady
  | StepStarted
  | StepAdopted
  | StepLost
  | StepRetrying
  | StepRepeating
  | StepFinished
  | StepSkipped
  | StepAborted
  | LogWarning
);

export type EventType = RunEvent['type'];
export type EventOf<T extends EventType> = Extract<RunEvent, { type: T }>;

/** An event as the journal holds it; `seq` grows strictly within a database. */
export interface JournalEvent {
  readonly seq: number;
  readonly run: string;
  readonly event: RunEvent;
}

export interface RunCreated {
  readonly type: 'run.created';
  readonly id: string;
  readonly dag: string;
  readonly definition: string;
  readonly file: string;
  readonly params: readonly BoundParam[];
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: Trigger;
  readonly unresolved: 'strict' | 'keep';
  readonly selected: readonly number[] | null;
  readonly reusedFrom: string | null;
  readonly steps: readonly StepSeed[];
}

export interface StepSeed {
  readonly number: number;
  readonly kind: 'step' | HandlerEvent;
  readonly id: string | null;
  readonly name: string;
  readonly label: string;
}

/** The first attempt begins. */
export interface RunStarted {
  readonly type: 'run.started';
  readonly attempt: number;
  readonly owner: Owner;
  readonly token: number;
  /** When its steps may start: the end of `delay_sec`; null without it. */
  readonly dueAt: number | null;
}

/** All params with their values, those of `eval` too (LANGUAGE.md §15.1, 4): they are never evaluated again. */
export interface RunParamsEvaluated {
  readonly type: 'run.params_evaluated';
  readonly attempt: number;
  readonly params: readonly BoundParam[];
}

/** The root preconditions are met: later attempts do not check them again (§12.2). */
export interface RunPreconditionsMet {
  readonly type: 'run.preconditions_met';
  readonly attempt: number;
}

/** A later attempt begins (T8 and T9): the steps in `run` are pending again, all others are kept. */
export interface RunResumed {
  readonly type: 'run.resumed';
  readonly attempt: number;
  readonly owner: Owner;
  readonly token: number;
  readonly run: readonly number[];
  /** Steps whose process of the attempt before goes on. */
  readonly attached: readonly number[];
  readonly from: string | null;
}

/** A stop was accepted, or the time limit passed; by a new owner when it finishes an interrupted stop. */
export interface RunAborting {
  readonly type: 'run.aborting';
  readonly attempt: number;
  readonly reason: string;
  readonly owner: Owner;
  readonly token: number;
}

export interface RunFinished {
  readonly type: 'run.finished';
  readonly attempt: number;
  readonly state: 'succeeded' | 'partially_succeeded' | 'failed' | 'aborted' | 'rejected';
  readonly reason: string | null;
  readonly durationMs: number;
  readonly outputs: Readonly<Record<string, OutputValue>>;
  /** The attempt failed and root `retry_policy` begins another one then: the run stays running (§13.4). */
  readonly dueAt: number | null;
}

/** May start, waits for a free place; still pending. */
export interface StepReady {
  readonly type: 'step.ready';
  readonly step: number;
}

/** Intent, committed before the process is spawned or the request is sent (T2). */
export interface StepStarted {
  readonly type: 'step.started';
  readonly step: number;
  readonly attempt: number;
  readonly try: number;
  readonly inAttempt: number;
  readonly inFlow: boolean;
  readonly commandHash: string;
  readonly cwd: string;
  readonly envNames: readonly string[];
  readonly idempotencyKey: string;
  readonly outLog: string;
  readonly errLog: string;
}

/** A try of a dead owner was taken over: its process lives, or it left its exit status. */
export interface StepAdopted {
  readonly type: 'step.adopted';
  readonly step: number;
  readonly attempt: number;
  readonly try: number;
  /** Null when the process had ended. */
  readonly pid: number | null;
}

/** A try of a dead owner was given up. */
export interface StepLost {
  readonly type: 'step.lost';
  readonly step: number;
  readonly attempt: number;
  readonly try: number;
  readonly verdict: 'never_started' | 'unknown';
}

interface TryEnded {
  readonly step: number;
  readonly attempt: number;
  /** Null when no try took part: an error before the first, or a result taken over from another run. */
  readonly try: number | null;
  /** Null, an error code (`R306`), or a word of CLI.md §8. */
  readonly reason: string | null;
  readonly message: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
}

/** A try failed and the step is tried again at `dueAt`. */
export interface StepRetrying extends TryEnded {
  readonly type: 'step.retrying';
  readonly dueAt: number;
}

/** A repetition ended and another one follows at `dueAt`: the step stays running (LANGUAGE.md §13.5). */
export interface StepRepeating extends TryEnded {
  readonly type: 'step.repeating';
  /** How the repetition ended. */
  readonly state: 'succeeded' | 'failed';
  /** Repetitions done, this one included. */
  readonly repetitions: number;
  readonly dueAt: number;
}

export interface StepFinished extends TryEnded {
  readonly type: 'step.finished';
  readonly state: 'succeeded' | 'failed';
  readonly tolerated: boolean;
  readonly outputs: Readonly<Record<string, OutputValue>>;
}

export interface StepAborted extends TryEnded {
  readonly type: 'step.aborted';
}

export interface StepSkipped {
  readonly type: 'step.skipped';
  readonly step: number;
  readonly reason: string;
}

export interface LogWarning {
  readonly type: 'log.warning';
  readonly code: string;
  readonly message: string;
  readonly step: number | null;
}
