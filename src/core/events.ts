import type { BoundParam, HandlerEvent, OutputValue } from './dag.ts';
import type { Owner, ParentStep, RootRun, TaskAnswer, TaskRecord, Trigger } from './records.ts';
import type { TickDecided } from './tick-event.ts';

/**
 * The journal: everything that happened to a run, in order. The state tables are a function of it
 * (`core/fold.ts`), every report reads it, and `report/event-json.ts` shows it (CLI.md §4).
 * `at` is wall time in milliseconds; `step` is the step's number.
 */
export type RunEvent = { readonly at: number } & (
  | RunCreated
  | RunQueued
  | RunStarted
  | RunParamsEvaluated
  | RunPreconditionsMet
  | RunDotenvRead
  | RunResumed
  | RunStopRequested
  | RunAborting
  | RunLeft
  | RunWaiting
  | RunFinished
  | StepReady
  | StepStarted
  | StepItems
  | StepAdopted
  | StepLost
  | StepRetrying
  | StepRepeating
  | StepWaiting
  | StepFinished
  | StepSkipped
  | StepAborted
  | TaskCompleted
  | TickDecided
  | LogWarning
);

export type EventType = RunEvent['type'];
export type EventOf<T extends EventType> = Extract<RunEvent, { type: T }>;

/** An event as the journal holds it; `seq` grows strictly within a database. */
export interface JournalEvent {
  readonly seq: number;
  /** Null: a tick that became no run. */
  readonly run: string | null;
  readonly event: RunEvent;
}

export interface RunCreated {
  readonly type: 'run.created';
  readonly id: string;
  readonly dag: string;
  readonly definition: string;
  readonly document: number;
  readonly file: string;
  readonly params: readonly BoundParam[];
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: Trigger;
  /** As in `RunRecord`; older versions did not record it. */
  readonly scheduledAt?: number | null;
  /** Not claimed before: the jitter of its tick. */
  readonly dueAt?: number | null;
  readonly parent: ParentStep | null;
  readonly root: RootRun | null;
  readonly queue: string | null;
  readonly logDir: string | null;
  readonly artifactsDir: string | null | false;
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

/** It waits in the queue of the daemon again: after an answer, or for the next attempt of a root `retry_policy`. */
export interface RunQueued {
  readonly type: 'run.queued';
  readonly attempt: number;
  readonly dueAt: number | null;
  /** As in `RunRecord`. */
  readonly retries: number;
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

/** Its daemon ends in good order and leaves it to the next one; what runs goes on (CLI.md §6). */
export interface RunLeft {
  readonly type: 'run.left';
  readonly attempt: number;
}

/** The root preconditions are met: later attempts do not check them again (§12.2). */
export interface RunPreconditionsMet {
  readonly type: 'run.preconditions_met';
  readonly attempt: number;
}

/** What the dotenv files hold is another than in the attempt before; with the first only when they hold anything. */
export interface RunDotenvRead {
  readonly type: 'run.dotenv_read';
  readonly attempt: number;
  /** Of the contents, so that a later plan can say that they changed (RELIABILITY.md R8); null: no file was there. */
  readonly hash: string | null;
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
  /** Those of `run` that begin anew on purpose: by `--from` or `--updated`. */
  readonly anew: readonly number[];
  /** With `--updated`: the run goes on with another definition (§22.3). */
  readonly updated: UpdatedDefinition | null;
  /** The daemon took it up by itself after a crash (RELIABILITY.md R7). */
  readonly recovery?: true;
  /** As in `RunRecord`, when the daemon goes on with a root `retry_policy`; else none are counted. */
  readonly retries?: number;
}

export interface UpdatedDefinition {
  readonly definition: string;
  /** As in `RunRecord`. */
  readonly numbers: readonly number[];
  /** New steps, and those that are called otherwise now. */
  readonly steps: readonly StepSeed[];
  /** Steps whose recipe changed, with the fields. */
  readonly changed: readonly { readonly step: number; readonly fields: readonly string[] }[];
  /** Steps that the file no longer has. */
  readonly dropped: readonly number[];
  readonly params: readonly BoundParam[];
}

/** Another process asks the owner to stop the run (T7); it answers with `run.aborting`. */
export interface RunStopRequested {
  readonly type: 'run.stop_requested';
  /** At once: kills, and skips the handlers. */
  readonly force: boolean;
  /** The schedule asks, not a person. */
  readonly reason?: 'schedule';
}

/** A stop was accepted, or the time limit passed; by a new owner when it finishes an interrupted stop. */
export interface RunAborting {
  readonly type: 'run.aborting';
  readonly attempt: number;
  readonly reason: string;
  readonly owner: Owner;
  readonly token: number;
}

/** Nothing is left to run, and a step waits for a person (§15.3). */
export interface RunWaiting {
  readonly type: 'run.waiting';
  readonly attempt: number;
  readonly durationMs: number;
  readonly outputs: Readonly<Record<string, OutputValue>>;
}

export interface RunFinished {
  readonly type: 'run.finished';
  /** 0: the run was taken out of its queue, and never began. */
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

/** The items of a try of a foreach step are known; each has one row for every step of the body (§16.1). */
export interface StepItems {
  readonly type: 'step.items';
  readonly step: number;
  readonly attempt: number;
  readonly try: number;
  /** In order; `first` is the number of the row of its first body step, and the others follow it. */
  readonly items: readonly {
    readonly index: number;
    readonly key: string;
    readonly hash: string;
    readonly first: number;
  }[];
  readonly body: readonly Pick<StepSeed, 'id' | 'name' | 'label'>[];
  /** Body steps that run again. */
  readonly reset: readonly number[];
  /** Rows of items that are gone. */
  readonly dropped: readonly number[];
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

/** The step waits for a person, with a new task, or for its child run, which waits for one. */
export interface StepWaiting {
  readonly type: 'step.waiting';
  readonly step: number;
  readonly attempt: number;
  /** Its last try: succeeded when it waits for approval, goes on when it waits for a child run; else null. */
  readonly try: number | null;
  readonly task: Pick<TaskRecord, 'n' | 'kind' | 'prompt'> | null;
  /** Of the command that waits for approval. */
  readonly outputs: Readonly<Record<string, OutputValue>>;
}

/** The answer of a person; the step goes on when the owner of the run takes it up. */
export interface TaskCompleted {
  readonly type: 'task.completed';
  readonly step: number;
  readonly n: number;
  readonly answer: TaskAnswer;
  readonly inputs: Readonly<Record<string, string>>;
  readonly reason: string | null;
}

export interface StepFinished extends TryEnded {
  readonly type: 'step.finished';
  readonly state: 'succeeded' | 'failed';
  readonly tolerated: boolean;
  /** Its child run succeeded only in part. */
  readonly partial: boolean;
  readonly outputs: Readonly<Record<string, OutputValue>>;
  /** Those that flow itself wrote for it, where there are any (RELIABILITY.md R4). */
  readonly artifacts?: readonly ArtifactSize[];
}

/** A file inside the artifacts directory of the run. */
export interface ArtifactSize {
  readonly path: string;
  readonly bytes: number;
}

export interface StepAborted extends TryEnded {
  readonly type: 'step.aborted';
}

export interface StepSkipped {
  readonly type: 'step.skipped';
  readonly step: number;
  /** The try whose child run found its root precondition not met (§17); null for all others. */
  readonly try: number | null;
  readonly reason: string;
}

export interface LogWarning {
  readonly type: 'log.warning';
  readonly code: string;
  readonly message: string;
  readonly step: number | null;
}
