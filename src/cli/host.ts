import type { Clock } from '../base/clock.ts';
import type { Sink } from '../term/sink.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command gets from the outside; `main.ts` makes the real one, tests make their own. */
export interface Host {
  readonly clock: Clock;
  readonly env: Environment;
  readonly cwd: string;
  readonly out: Sink;
  readonly err: Sink;
  /** The umask that flow was started with; steps get it back. */
  readonly umask: number;
  /** Calls `listener` at every signal of these, until the returned function is called. */
  onSignal(listener: (signal: 'sigint' | 'sigterm' | 'sighup') => void): () => void;
  /** What a fault names: the run that this process drives. */
  readonly progress: { run: string | null };
  /** All of standard input. */
  readInput(): Promise<string>;
}

/** Flags that every command knows, as they were given (CLI.md §1). */
export interface GlobalFlags {
  readonly home?: string;
  readonly dags?: string;
  readonly color?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Flags of a command that are settings too (CLI.md §7), as they were given. */
export interface SettingFlags {
  readonly base?: string;
  readonly unresolved?: string;
  readonly strict?: boolean;
  readonly jobs?: string;
  readonly onFailure?: string;
  readonly output?: string;
  readonly maxRuns?: string;
  readonly drainTimeout?: string;
}
