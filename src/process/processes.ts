/**
 * The port to operating-system processes: what the engine needs of them, no more, so that a simulated machine
 * can stand behind it. The files of a try and their order are RELIABILITY.md §3.7.
 */
export interface Processes {
  /**
   * Starts the commands of a try under a wrapper that outlives flow: own session and process group, standard
   * input from /dev/null, output straight into the log files, exit status into the try directory.
   * @throws StartError when it cannot be started; nothing runs then. A shell that has no process left for the command
   * says so in `ended`.
   */
  start(spec: ProcessSpec): Promise<RunningProcess>;

  /**
   * What became of a try whose owner is dead (RELIABILITY.md §3.7, R5). Fences it first: after
   * `never_started` it can never start.
   */
  recover(dir: string): Promise<Recovered>;

  /** No try comes for now whose directory lies in `folder`: ends what is kept for the next one. */
  release(folder: string): void;

  /** Pids of what lives of the tries in these directories, by their marker alone: the files may be gone. */
  living(dirs: readonly string[]): number[];

  /**
   * Kills everything that carries the marker of these try directories, also what escaped its process group,
   * and confirms that it is gone. Returns the pids that are left.
   */
  killLeftovers(dirs: readonly string[]): Promise<number[]>;
}

export interface ProcessSpec {
  /** The try directory, which exists. Its `outputs` path in the environment is the marker of the try. */
  readonly dir: string;
  /** One argv per entry, run in order, stopping at the first that fails. */
  readonly commands: readonly (readonly string[])[];
  /** Entries before this index are done (a `run` list that is taken up again). */
  readonly firstCommand: number;
  readonly cwd: string;
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Log files, created here and nowhere else (O_EXCL, O_NOFOLLOW, 0600); equal paths: one file for both. */
  readonly out: string;
  readonly err: string;
  /** Values to mask. */
  readonly secrets?: readonly string[];
  /** Given for every try of the engine; without it output goes straight into the log. */
  readonly pipe?: PipeSpec;
}

/** Output that passes through a process of ours (RELIABILITY.md §3.7), if any of this is set. */
export interface PipeSpec {
  /** Mask the secrets in the log. */
  readonly mask: boolean;
  /** Files of the author, absolute: they get the output as it is, besides the log. */
  readonly stdout: string | null;
  readonly stderr: string | null;
  /** Bytes that are kept of each log, first and last half (F1); all without it. */
  readonly maxLogSize?: number;
}

/** What a pipe process reports. */
export interface PipeEnd {
  /** Streams in which something was masked. */
  readonly masked: readonly ('stdout' | 'stderr')[];
  /** What went wrong, for people. */
  readonly notes: readonly string[];
  /** Bytes that are left out in the middle of a log. */
  readonly leftOut?: Readonly<Partial<Record<'stdout' | 'stderr', number>>>;
}

export interface RunningProcess {
  readonly pid: number;
  /**
   * Resolves once, after the command has ended and nothing of it holds its process group. Rejects with what the system
   * says when a log cannot be made: then nothing has run.
   */
  readonly ended: Promise<ProcessEnd>;
  /** Resolves with the pids that live 10 s after SIGKILL (B15), for which `ended` waits; else never. */
  readonly unkillable: Promise<readonly number[]>;
  /** Begins the stop sequence (LANGUAGE.md §13.7); a later call with `kill` kills at once. */
  stop(how: StopHow): void;
}

export interface StopHow {
  readonly signal: NodeJS.Signals;
  /** From the first signal to SIGKILL. */
  readonly graceMs: number;
  /** Kill now. */
  readonly kill: boolean;
}

export interface ProcessEnd {
  /** 128 + n after death by signal n. */
  readonly code: number;
  readonly signal: string | null;
  /** An adopted process that died without an exit file, not by our stop: its result is unknown and `code` is -1. */
  readonly lost?: true;
  /** When the output passed through a pipe process. */
  readonly piped?: PipeEnd;
  /** It could not be started after all, and nothing has run. */
  readonly refused?: StartError;
}

/** `entriesDone`: leading entries of a `run` list that ended with 0, the ones that `firstCommand` skipped included. */
export type Recovered =
  | { readonly kind: 'exited'; readonly end: ProcessEnd; readonly entriesDone: number }
  | { readonly kind: 'alive'; readonly process: RunningProcess }
  | { readonly kind: 'never_started'; readonly entriesDone: number }
  | { readonly kind: 'lost'; readonly entriesDone: number };

/** The try could not be started: `code` is R304, R306 …, `exitCode` 126 or 127 where a shell would say so. */
export class StartError extends Error {
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, message: string, exitCode: number) {
    super(message);
    this.name = 'StartError';
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** A pipe-free view of a growing file. */
export interface Tail {
  /** Bytes that came since the last call, at most `limit`; null when there are none. */
  read(limit: number): Uint8Array | null;
  close(): void;
}
