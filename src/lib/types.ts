/** The public types of the library, each without anything from the inside: they are published as they stand here. */

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * How a call or a run ended, as the exit codes of the command line: 0 succeeded (also in part) or not needed, 1 failed,
 * 2 bad file or parameters, 3 waits for a person, 4 rejected by a person, 5 another living process holds the run, 70 a
 * fault of flow or of the disk, 124 the run's own time limit, 130 interrupted, 143 stopped otherwise.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 70 | 124 | 130 | 143;

/** One problem of a file or a call; `flow` prints the same. */
export interface Diagnostic {
  /** Stable, and explained in docs/codes.md: `E212`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** `steps[2].depends: …`; lower case, no full stop. */
  readonly message: string;
  /** As it was given, else absolute; null when the problem is in no file. */
  readonly file: string | null;
  /** From 1; null when it is in no file. */
  readonly line: number | null;
  /** From 1, in characters. */
  readonly column: number | null;
  /** What to do about it. */
  readonly hint: string | null;
}

/** A valid DAG, as it stood in its file when it was loaded. Immutable; `run` takes exactly this text. */
export interface Dag {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly description: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Null: the file declares none, and any name is accepted. */
  readonly params: readonly DagParam[] | null;
  /** In the order of the file. */
  readonly steps: readonly DagStep[];
  /** What is valid and yet worth a look. */
  readonly warnings: readonly Diagnostic[];
}

export interface DagParam {
  /** Null: a positional one. */
  readonly name: string | null;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'json';
  /** As text; null: there is none. */
  readonly default: string | null;
  readonly required: boolean;
  readonly description: string | null;
}

export interface DagStep {
  /** Null: it has a name only. */
  readonly id: string | null;
  readonly name: string;
  readonly description: string | null;
  /** The steps it waits for, each by its id, else its name. */
  readonly depends: readonly string[];
}

export type RunState =
  | 'queued'
  | 'running'
  | 'aborting'
  | 'waiting'
  | 'succeeded'
  | 'partially_succeeded'
  | 'failed'
  | 'aborted'
  | 'rejected';

export type StepState =
  'pending' | 'running' | 'retrying' | 'waiting' | 'succeeded' | 'failed' | 'skipped' | 'aborted';

/** A run as its attempt ended. A run that failed is a result too. */
export interface RunResult {
  readonly id: string;
  /** Name of the DAG. */
  readonly dag: string;
  /** `waiting`: for a person; `resume` goes on when the answer is there. */
  readonly state: RunState;
  /** Null, a code (`R603`) or a word (`run_timed_out`, `stopped`). */
  readonly reason: string | null;
  /** What `flow run` would have ended with. */
  readonly exitCode: ExitCode;
  /** From 1: how often the run has been started and resumed. */
  readonly attempt: number;
  /** Of the run, secrets masked. */
  readonly outputs: Readonly<Record<string, Json>>;
  /** In the order of the file; those of items after their foreach step, handlers last. */
  readonly steps: readonly StepResult[];
  /** What people should know of the storage: that it was slow, or that an older run could not be deleted. */
  readonly notes: readonly string[];
}

export interface StepResult {
  readonly id: string | null;
  readonly name: string;
  /** Key of the item that it worked on, in a foreach body. */
  readonly item: string | null;
  readonly state: StepState;
  readonly reason: string | null;
  /** What went wrong, for people. */
  readonly message: string | null;
  /** Of its last try; null when it did not end by itself, or runs no command. */
  readonly exitCode: number | null;
  /** How often it was started, over all attempts. */
  readonly tries: number;
  readonly outputs: Readonly<Record<string, Json>>;
}

export type EventType =
  | 'run.created'
  | 'run.queued'
  | 'run.started'
  | 'run.params_evaluated'
  | 'run.preconditions_met'
  | 'run.dotenv_read'
  | 'run.resumed'
  | 'run.stop_requested'
  | 'run.aborting'
  | 'run.left'
  | 'run.waiting'
  | 'run.finished'
  | 'step.ready'
  | 'step.started'
  | 'step.items'
  | 'step.adopted'
  | 'step.lost'
  | 'step.retrying'
  | 'step.repeating'
  | 'step.waiting'
  | 'step.finished'
  | 'step.skipped'
  | 'step.aborted'
  | 'task.completed'
  | 'tick.started'
  | 'tick.skipped'
  | 'tick.missed'
  | 'log.warning';

/**
 * What happened, as one line of `flow events --json`; `flow schema events` has the schema of the other keys.
 * @example {v: 1, seq: 12, at: '2026-11-22T20:30:25.123Z', run: '…', type: 'step.started', step: 'load', try: 1, …}
 */
export interface FlowEvent {
  readonly v: number;
  /** Grows strictly within a home, over all runs. */
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  /** Null: a tick of a schedule that became no run. */
  readonly run: string | null;
  readonly type: EventType;
  readonly [detail: string]: Json;
}

/** A piece of what a step prints, as it came: it may end in the middle of a line or of a character. */
export interface OutputChunk {
  readonly run: string;
  /** Its id, else its name. */
  readonly step: string;
  readonly item: string | null;
  readonly attempt: number;
  readonly try: number;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

export interface LoadOptions {
  /** The folder where DAGs are looked up by name, and sub-DAGs that do not lie beside the file. Default `./dags`. */
  readonly dags?: string | undefined;
}

/** Where and how an attempt works. Nothing of this is read from a configuration file. */
export interface ResumeOptions extends LoadOptions {
  /** Where runs are recorded. Default: `FLOW_HOME`, else as the command line has it. */
  readonly home?: string | undefined;
  /** All variables that steps inherit. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Steps at once, those of child runs included; 0, the default, is no limit. */
  readonly jobs?: number | undefined;
  /** What a failure does to the rest: `continue` (default), `drain` starts nothing more, `kill` also ends what runs. */
  readonly onFailure?: 'continue' | 'drain' | 'kill' | undefined;
  /**
   * Aborting it stops the run as a first Ctrl-C does: running steps are ended, then the handlers run, and the call
   * resolves with the result. Aborted before anything is recorded, the call rejects with the reason of the signal.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called for each event of this attempt and of child runs, after it is recorded. What it throws is uncaught. */
  readonly onEvent?: ((event: FlowEvent) => void) | undefined;
  /** Called with what steps print; without it their logs are not read. What it throws is uncaught. */
  readonly onOutput?: ((chunk: OutputChunk) => void) | undefined;
}

export interface RunOptions extends ResumeOptions {
  /** By name; values that are no text are given as JSON. A list gives positional ones. */
  readonly params?: Readonly<Record<string, Json>> | readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Chosen by the caller, so that the same call made twice starts one run: a second one rejects with E005. */
  readonly runId?: string | undefined;
}

export interface SubscribeOptions {
  /** As for `run`. */
  readonly home?: string | undefined;
  /** Only the events of this run, by its whole id, until it has ended. Default: those of all runs, without an end. */
  readonly run?: string | undefined;
  /** Only events with a greater `seq`. Default 0: from the beginning. */
  readonly after?: number | undefined;
  /** Aborting it ends the loop. */
  readonly signal?: AbortSignal | undefined;
}
