import type { BoundParam, HandlerEvent, OutputValue } from './dag.ts';
import type { ScheduleKind } from './schedule.ts';
import type { RunStatus, StepStatus, TryStatus } from './states.ts';

/** Who executes an attempt (RELIABILITY.md §3.6): process identity, and the file of its kernel lock. */
export interface Owner {
  readonly host: string;
  readonly boot: string;
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat, or the platform's nearest; opaque, compared for equality. */
  readonly start: string;
  /** Name of the lock file below `work/.locks`. */
  readonly lock: string;
  /** Flow's home, where the files of its tries are; older versions did not record it. */
  readonly home?: string;
  /** It is the daemon, whose interrupted runs the next daemon takes up (LANGUAGE.md §22.6). */
  readonly daemon?: true;
}

/** What started a run (CLI.md §8). */
export type Trigger = 'manual' | 'scheduler' | 'catchup' | 'subdag' | 'unknown';

/** One row of table `run`. Times are milliseconds UTC. */
export interface RunRecord {
  readonly id: string;
  readonly dag: string;
  /** Hash of the definition it works from: the one it started with, until a resume with `--updated`. */
  definition: string;
  /** Which document of the definition it is, from 0. */
  readonly document: number;
  /** Absolute path of the DAG file as it was at the start. */
  readonly file: string;
  /** Without those of `eval` that have not been evaluated yet. */
  params: readonly BoundParam[];
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: Trigger;
  /** The tick that it was started for; null for all others (LANGUAGE.md §20.5). */
  readonly scheduledAt: number | null;
  /** The run and the step that started it (§17); null for a run of its own. */
  readonly parent: ParentStep | null;
  /** The outermost parent; null for a run of its own. */
  readonly root: RootRun | null;
  /** Named queue; null: the private one of the DAG (§21.1). */
  readonly queue: string | null;
  /** Absolute; null: below flow's home (§21.2). The folder of the run lies in it. */
  readonly logDir: string | null;
  /** Absolute; null: below flow's home; false: the run has no artifacts (§21.3). */
  readonly artifactsDir: string | null | false;
  readonly unresolved: 'strict' | 'keep';
  /** The steps that `--only` or `--from` chose; null: all. */
  readonly selected: readonly number[] | null;
  /** The run whose results `flow rerun --from` took over. */
  readonly reusedFrom: string | null;
  /** Numbers of the steps and handlers of its definition, in the order of `allSteps`; null: 1, 2, 3 … */
  numbers: readonly number[] | null;
  state: RunStatus;
  reason: string | null;
  attempt: number;
  owner: Owner | null;
  /** Grows with every new owner; every write names it. */
  token: number;
  /** True once the root preconditions were met. */
  preconditionsMet: boolean;
  /** End of `delay_sec` or of the jitter of a tick, or start of the next attempt of a root `retry_policy`. */
  dueAt: number | null;
  /** Attempts that the root `retry_policy` let follow through the queue of the daemon. */
  retries: number;
  /** How often the daemon took it up in a row without a step that ended (RELIABILITY.md R7). */
  recoveries: number;
  outputs: Record<string, OutputValue>;
  readonly createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
}

/** One row of table `tick`: what became of a scheduled instant of a DAG (RELIABILITY.md §5.3). */
export interface TickRecord {
  readonly dag: string;
  readonly kind: ScheduleKind;
  readonly scheduledAt: number;
  readonly outcome: TickOutcome;
  /** Why it is skipped or missed, a word of CLI.md §8. */
  readonly reason: string | null;
  /** What is wrong with the file or the params, for people. */
  readonly message: string | null;
  /** The run that it started, or that was replaced before it began. */
  readonly run: string | null;
  readonly decidedAt: number;
  /** How many ticks it stands for: more than 1 where too many were missed at once, the last at `scheduledAt`. */
  readonly count: number;
  /** The first of them. */
  readonly firstAt: number;
}

export type TickOutcome = 'started' | 'skipped' | 'missed';

/** One row of table `cursor`: how far the ticks of an entry of a schedule are decided. */
export interface CursorRecord {
  readonly dag: string;
  /** The entry as it is written, with its zone: a changed one begins anew. */
  readonly entry: string;
  /** The DAG file. */
  readonly file: string;
  /** The last tick that is decided, or when the entry was first seen. */
  readonly at: number;
}

/** What the daemon needs of a queued run to decide whether it may start. */
export interface QueuedRun extends Pick<
  RunRecord,
  'id' | 'dag' | 'definition' | 'queue' | 'trigger' | 'dueAt' | 'scheduledAt'
> {
  /** Kind of the tick that it was started for. */
  readonly tick: ScheduleKind | null;
}

/** The outermost of the runs that a run lies in. */
export interface RootRun {
  readonly id: string;
  readonly dag: string;
  /** How many runs this one lies in. */
  readonly depth: number;
}

export interface ParentStep {
  readonly run: string;
  /** Number of the step in that run. */
  readonly step: number;
}

/** One row of table `attempt`: one sitting of a run. */
export interface AttemptRecord {
  readonly n: number;
  owner: Owner;
  token: number;
  state: RunStatus;
  reason: string | null;
  readonly startedAt: number;
  finishedAt: number | null;
}

/** One row of table `step`. */
export interface StepRecord {
  readonly number: number;
  readonly kind: 'step' | HandlerEvent;
  id: string | null;
  name: string;
  label: string;
  /** The item that it works on, of a step in a foreach body; null for all others. */
  item: ItemPlace | null;
  /** How often it was begun anew on purpose: by a repetition, `--from` or `--updated`. */
  generation: number;
  /** No longer part of the run: its item or its place in the file is gone. It stays in the history. */
  dropped: boolean;
  state: StepStatus;
  reason: string | null;
  /** What went wrong, for people; never the text of a command or a secret. */
  message: string | null;
  /** A failure that `continue_on` allows. */
  tolerated: boolean;
  /** It succeeded, but its child run only in part (§15.3). */
  partial: boolean;
  /** When a step that is retrying, or between two repetitions, may start again. */
  dueAt: number | null;
  /** Repetitions that ended and were followed by another. */
  repetitions: number;
  /** The last try of the last of these; 0 when there is none. */
  repeatedTry: number;
  outputs: Record<string, OutputValue>;
  startedAt: number | null;
  finishedAt: number | null;
  /** By number, over all attempts of the run. */
  readonly tries: TryRecord[];
}

/** Where a body step stands: which step of the body, for which item (RELIABILITY.md R13). */
export interface ItemPlace {
  /** Number of the foreach step. */
  readonly parent: number;
  /** Place in the body, from 0. */
  readonly body: number;
  readonly index: number;
  readonly key: string;
  /** SHA-256 of the item: an item is the same when key and value are. */
  readonly hash: string;
  /** Generation of the foreach step. */
  readonly generation: number;
}

/** One row of table `task`: a question to a person, and the answer (§18). */
export interface TaskRecord {
  readonly step: number;
  /** From 1: a step may ask again. */
  readonly n: number;
  readonly kind: 'human' | 'approval';
  readonly prompt: string;
  readonly askedAt: number;
  answer: TaskAnswer | null;
  inputs: Readonly<Record<string, string>>;
  /** Of a rejection. */
  reason: string | null;
  answeredAt: number | null;
}

export type TaskAnswer = 'completed' | 'approved' | 'rejected';

/** One row of table `step_try`: one execution of a step. */
export interface TryRecord {
  /** From 1, over all attempts of the run. */
  readonly n: number;
  /** The attempt of the run in which it started. */
  readonly attempt: number;
  /** From 1 within its attempt: `FLOW_TRY`. */
  readonly inAttempt: number;
  /** True for actions that run inside flow and leave no process behind. */
  readonly inFlow: boolean;
  state: TryStatus;
  reason: string | null;
  /** SHA-256 of the resolved command, never its text. */
  readonly commandHash: string;
  readonly cwd: string;
  readonly envNames: readonly string[];
  readonly idempotencyKey: string;
  readonly outLog: string;
  readonly errLog: string;
  exitCode: number | null;
  signal: string | null;
  readonly startedAt: number;
  finishedAt: number | null;
}

/** One exact DAG source; runs point at it, so resume never needs the file (RELIABILITY.md R8). */
export interface DefinitionRecord {
  /** SHA-256 of `text`, `files` and `base`. */
  readonly hash: string;
  readonly text: string;
  /** Files that the text refers to (schema of `params`), by their path as written. */
  readonly files: Readonly<Record<string, string>>;
  /** The base file laid under document 1 (§21.5): its path, for messages, and its text. */
  readonly base: { readonly file: string; readonly text: string } | null;
  /** The version of flow that stored it. */
  readonly flowVersion: string;
}

/** What came out when a definition was loaded, to be read instead of loading it again by whoever knows the key. */
export interface CompiledDag {
  /** Hash of what the result depends on besides the definition. */
  readonly key: string;
  readonly data: Uint8Array;
}

/** Everything the core knows of a run. `steps[i].number` is `i + 1`. */
export interface Snapshot {
  readonly run: RunRecord;
  readonly attempts: AttemptRecord[];
  readonly steps: StepRecord[];
  /** In the order in which they were asked. */
  readonly tasks: TaskRecord[];
}
