import type { BoundParam, HandlerEvent, OutputValue } from './dag.ts';
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
}

/** What started a run (CLI.md §8). */
export type Trigger = 'manual' | 'scheduler' | 'catchup' | 'subdag' | 'unknown';

/** One row of table `run`. Times are milliseconds UTC. */
export interface RunRecord {
  readonly id: string;
  readonly dag: string;
  /** Hash of the definition it started with. */
  readonly definition: string;
  /** Absolute path of the DAG file as it was at the start. */
  readonly file: string;
  /** Without those of `eval` that have not been evaluated yet. */
  params: readonly BoundParam[];
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: Trigger;
  readonly unresolved: 'strict' | 'keep';
  /** The steps that `--only` or `--from` chose; null: all. */
  readonly selected: readonly number[] | null;
  /** The run whose results `flow rerun --from` took over. */
  readonly reusedFrom: string | null;
  state: RunStatus;
  reason: string | null;
  attempt: number;
  owner: Owner | null;
  /** Grows with every new owner; every write names it. */
  token: number;
  /** True once the root preconditions were met. */
  preconditionsMet: boolean;
  /** End of `delay_sec`, or start of the next attempt of a root `retry_policy`. */
  dueAt: number | null;
  outputs: Record<string, OutputValue>;
  readonly createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
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
  readonly id: string | null;
  readonly name: string;
  readonly label: string;
  state: StepStatus;
  reason: string | null;
  /** What went wrong, for people; never the text of a command or a secret. */
  message: string | null;
  /** A failure that `continue_on` allows. */
  tolerated: boolean;
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
  /** SHA-256 of `text` and `files`. */
  readonly hash: string;
  readonly text: string;
  /** Files that the text refers to (schema of `params`), by their path as written. */
  readonly files: Readonly<Record<string, string>>;
  /** The version of flow that stored it. */
  readonly flowVersion: string;
}

/** Everything the core knows of a run. `steps[i].number` is `i + 1`. */
export interface Snapshot {
  readonly run: RunRecord;
  readonly attempts: AttemptRecord[];
  readonly steps: StepRecord[];
}
