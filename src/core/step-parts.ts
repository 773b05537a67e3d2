import type { Json } from '../base/json.ts';
import type { Path } from './reference/path.ts';

export const HANDLER_EVENTS = ['init', 'success', 'failure', 'abort', 'wait', 'exit'] as const;
export type HandlerEvent = (typeof HANDLER_EVENTS)[number];

/** Names of handlers in tables, events and messages (§14). */
export const HANDLER_NAMES: Readonly<Record<HandlerEvent, string>> = {
  init: 'onInit',
  success: 'onSuccess',
  failure: 'onFailure',
  abort: 'onAbort',
  wait: 'onWait',
  exit: 'onExit',
};

export interface EnvEntry {
  readonly name: string;
  /** A template of class full. */
  readonly value: string;
}

export interface ContinueOn {
  readonly failure: boolean;
  readonly skipped: boolean;
  readonly exitCodes: readonly number[];
  /** Parts of a line of standard output, or `re:` and a regexp. */
  readonly output: readonly string[];
  readonly markSuccess: boolean;
}

export interface RetryPolicy {
  /** Text is a template that resolves to a number. */
  readonly limit: number | string;
  readonly intervalSec: number | string;
  /** Factor of the wait from one retry to the next; 1 is constant. */
  readonly backoff: number;
  readonly maxIntervalSec: number | null;
  /** Null: any exit code is retried. */
  readonly exitCodes: readonly number[] | null;
  readonly jitter: boolean;
  readonly onTimeout: boolean;
}

/** An entry of `preconditions`, or the condition of a `repeat_policy` (§12.1). */
export interface Condition {
  /** `command`: met when it exits 0; `text` and `eval`: met when a line matches `expected`. */
  readonly kind: 'command' | 'text' | 'eval';
  /** A template: of class ref for a command, else full. */
  readonly text: string;
  /** A whole line, or `re:` and a regexp; empty for a command. */
  readonly expected: string;
  readonly negate: boolean;
}

/** `repeat_policy` (§13.5). Text is a template that resolves to a number. */
export interface RepeatPolicy {
  /** `success`: as long as the repetition succeeded (`repeat: true`). */
  readonly mode: 'success' | 'while' | 'until';
  readonly condition: Condition | null;
  readonly exitCodes: readonly number[] | null;
  readonly intervalSec: number | string;
  /** Executions in all; null is no limit. */
  readonly limit: number | string | null;
  /** Factor of the wait from one repetition to the next; 1 is constant. */
  readonly backoff: number;
  readonly maxIntervalSec: number | string | null;
}

export interface OutputDeclaration {
  readonly name: string;
  readonly type: 'string' | 'json';
}

/** One key of an `output` map (§11.4). */
export interface OutputEntry {
  readonly name: string;
  readonly source: OutputSource;
  /** Also an output of the run (§11.5). */
  readonly ofRun: boolean;
}

export type OutputSource =
  /** Text in it is a template. */
  | { readonly kind: 'literal'; readonly value: Json }
  /** A number as it is written in the file. */
  | { readonly kind: 'number'; readonly text: string }
  | {
      readonly kind: 'stdout' | 'stderr' | 'file';
      /** Only of a file: a template of class full. */
      readonly path: string | null;
      readonly decode: 'text' | 'json' | 'yaml';
      readonly select: Path | null;
    };

/** `stdout`, `stderr`: a template of class full, relative to the step's directory or inside the artifacts. */
export interface OutputFile {
  readonly kind: 'path' | 'artifact';
  readonly path: string;
}

/** A JSON Schema that was found valid while loading. */
export type JsonSchemaSource = boolean | { readonly [key: string]: Json };

/** A published output. `json` keeps the text exactly as it was emitted (§8.1). */
export type OutputValue = { readonly type: 'string' | 'json'; readonly text: string };
