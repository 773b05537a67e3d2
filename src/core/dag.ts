import type { Json } from '../base/json.ts';
import type { ShellSpec, Step } from './step.ts';
import type { Condition, EnvEntry, HandlerEvent } from './step-parts.ts';
import type { Scheduling } from './schedule.ts';

export type * from './step.ts';
export type * from './step-parts.ts';
export { HANDLER_EVENTS, HANDLER_NAMES } from './step-parts.ts';

/**
 * A DAG as the loader hands it on: checked, aliases and defaults applied, order resolved to step numbers.
 * Text that may hold references stays a template (LANGUAGE.md §8) and is resolved when its step starts.
 */
export interface Dag extends Scheduling {
  readonly name: string;
  readonly description: string | null;
  readonly group: string | null;
  readonly labels: ReadonlyMap<string, string>;
  readonly type: 'graph' | 'chain';
  /** Resolved while loading, as text (§9.1). */
  readonly consts: ReadonlyMap<string, string>;
  /** Null when the file declares none: then any names and words are accepted (§9.3). */
  readonly params: readonly ParamDeclaration[] | null;
  /** When `params` is a JSON Schema: what the values together must satisfy. */
  readonly paramsSchema: Json | null;
  readonly env: readonly EnvEntry[];
  readonly secrets: readonly SecretDeclaration[];
  readonly dotenv: Dotenv;
  readonly shell: ShellSpec | null;
  readonly workingDir: string | null;
  readonly preconditions: readonly Condition[];
  readonly retry: RootRetry | null;
  /** Wait before the first attempt. */
  readonly delaySec: number;
  /** IANA zone of schedules and `wait.until` (§20.3); null: none is set. */
  readonly timezone: string | null;
  /** Limit of one attempt; 0 is none. */
  readonly timeoutSec: number;
  /** Steps running at the same time; 0 is no limit. */
  readonly maxActiveSteps: number;
  readonly maxCleanUpTimeSec: number;
  /** Bytes. */
  readonly maxOutputSize: number;
  /** Null: flow's own folder. Relative to the directory of the DAG file (§21.2). */
  readonly logDir: string | null;
  readonly artifacts: Artifacts;
  /** In file order. A fresh run numbers them from 1, then the handlers; see `core/numbers.ts`. */
  readonly steps: readonly Step[];
  /** Numbered after the steps, in the order of `HANDLER_EVENTS`. */
  readonly handlers: ReadonlyMap<HandlerEvent, Step>;
}

/** Where artifacts of a run go (§21.3). */
export interface Artifacts {
  readonly enabled: boolean;
  /** Null: flow's own folder. Relative to the directory of the DAG file. */
  readonly dir: string | null;
}

/** Root `retry_policy` (§13.4). */
export interface RootRetry {
  readonly limit: number;
  readonly intervalSec: number;
  readonly backoff: number;
  readonly maxIntervalSec: number;
  readonly jitter: boolean;
  readonly onTimeout: boolean;
}

/** Files of layer 4 (§7.5), as templates of class full. */
export interface Dotenv {
  /** False for `dotenv: []`. */
  readonly on: boolean;
  /** Those that the file names; `.env` comes before them. */
  readonly files: readonly string[];
}

/** A secret (§10); where its value comes from, never the value. */
export interface SecretDeclaration {
  readonly name: string;
  readonly provider: 'env' | 'file' | 'command';
  readonly key: string;
}

export interface ParamDeclaration {
  /** Null: a positional param. */
  readonly name: string | null;
  /** `json` is a property of a schema that is a list, a map or of several types. */
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'json';
  /** As text. */
  readonly default: string | null;
  /** Text with commands that gives the value when the caller does not (§8.7). */
  readonly eval: string | null;
  readonly required: boolean;
  readonly description: string | null;
  /** As text. */
  readonly enum: readonly string[] | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly minLength: number | null;
  readonly maxLength: number | null;
  readonly pattern: string | null;
}

/** A param with its value; one without a value is not in the list. Positional ones are named `1`, `2`, … */
export interface BoundParam {
  readonly name: string;
  readonly value: string;
  readonly type: ParamDeclaration['type'];
}
