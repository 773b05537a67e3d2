import type { Json } from '../base/json.ts';
import type { FlowAction } from './flow-action.ts';
import type { Path } from './reference/path.ts';

/**
 * A DAG as the loader hands it on: checked, aliases and defaults applied, order resolved to step numbers.
 * Text that may hold references stays a template (LANGUAGE.md §8) and is resolved when its step starts.
 */
export interface Dag {
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
  /** IANA zone of `wait.until` (§20.3); null: none is set. */
  readonly timezone: string | null;
  /** Limit of one attempt; 0 is none. */
  readonly timeoutSec: number;
  /** Steps running at the same time; 0 is no limit. */
  readonly maxActiveSteps: number;
  readonly maxCleanUpTimeSec: number;
  /** Bytes. */
  readonly maxOutputSize: number;
  /** In file order: `steps[i].number` is `i + 1`. */
  readonly steps: readonly Step[];
  /** Numbered after the steps, in the order of `HANDLER_EVENTS`. */
  readonly handlers: ReadonlyMap<HandlerEvent, Step>;
}

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

export interface Step {
  /** Its number in the run, from 1; names of files are made of it (RELIABILITY.md §3.7). */
  readonly number: number;
  readonly kind: 'step' | HandlerEvent;
  readonly id: string | null;
  readonly name: string;
  /** What messages and the command line call it: its id, else its name; a handler its handler name. */
  readonly label: string;
  readonly description: string | null;
  readonly action: StepAction;
  /** Numbers of the steps it waits for, in the order written, without repeats. */
  readonly depends: readonly number[];
  readonly env: readonly EnvEntry[];
  readonly workingDir: string | null;
  /** Those of `defaults` first. */
  readonly preconditions: readonly Condition[];
  readonly continueOn: ContinueOn | null;
  readonly retry: RetryPolicy | null;
  readonly repeat: RepeatPolicy | null;
  /** Limit of one try; 0 is none. */
  readonly timeoutSec: number;
  readonly signalOnStop: NodeJS.Signals;
  readonly onInterrupt: 'rerun' | 'fail';
  /** Declared outputs, read from the output file (§11.2). */
  readonly outputs: readonly OutputDeclaration[];
  /** `output: NAME` (§11.3). */
  readonly outputName: string | null;
  /** `output:` as a map, and `stdout: {outputs: …}` (§11.4, §11.5). */
  readonly outputMap: readonly OutputEntry[];
  /** Standard output must be JSON that satisfies it (§11.7). */
  readonly outputSchema: JsonSchemaSource | null;
  /** Files of the author, written besides the log (§11.7). */
  readonly stdout: OutputFile | null;
  readonly stderr: OutputFile | null;
  readonly logOutput: 'separate' | 'merged';
  /** Place of the step in its file, for annotations; line and column from 1. */
  readonly place: { readonly line: number; readonly column: number };
}

export type StepAction =
  | {
      readonly kind: 'run';
      readonly form: 'command' | 'script';
      readonly text: string;
      readonly shell: ShellSpec | null;
    }
  | {
      readonly kind: 'run';
      readonly form: 'commands';
      readonly texts: readonly string[];
      readonly shell: ShellSpec | null;
    }
  | { readonly kind: 'exec'; readonly command: string; readonly args: readonly string[] }
  | { readonly kind: 'http.request'; readonly with: HttpRequest }
  | { readonly kind: 'log.write'; readonly message: string }
  /** Nothing but an `output` map (§11.4). */
  | { readonly kind: 'outputs' }
  | { readonly kind: 'noop' }
  | FlowAction;

/** `shell` as written (§6.2): text is split into words after substitution, a list is taken as words. */
export interface ShellSpec {
  readonly shell: string | readonly string[];
  readonly args: readonly string[];
  /** Only for nix-shell. */
  readonly packages: readonly string[];
}

/** Arguments of `http.request` (§19.2); texts are templates until resolved. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly query: ReadonlyMap<string, string | readonly string[]>;
  /** Text is sent as it is; a map or list is sent as JSON. Null: no body. */
  readonly body: Json;
  /** Sent as application/x-www-form-urlencoded, with files as multipart/form-data. */
  readonly form: ReadonlyMap<string, string> | null;
  /** Paths of files by the names of their fields. */
  readonly files: ReadonlyMap<string, string> | null;
  /** Limit of the whole exchange in seconds; 0 is none. */
  readonly timeoutSec: number;
  /** Print one JSON object and require a JSON body. */
  readonly json: boolean;
  readonly silent: boolean;
  readonly debug: boolean;
  /** Write a 2xx body to this file instead of the log. */
  readonly output: string | null;
  readonly skipTlsVerify: boolean;
}

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

/** A secret (§10); where its value comes from, never the value. */
export interface SecretDeclaration {
  readonly name: string;
  readonly provider: 'env' | 'file' | 'command';
  readonly key: string;
}

/** A published output. `json` keeps the text exactly as it was emitted (§8.1). */
export type OutputValue = { readonly type: 'string' | 'json'; readonly text: string };

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

/** All steps and handlers, by number - 1. */
export function allSteps(dag: Dag): Step[] {
  return [...dag.steps, ...HANDLER_EVENTS.flatMap((event) => dag.handlers.get(event) ?? [])];
}

/** A step or handler by its number. */
export function stepIn(dag: Dag, number: number): Step {
  const step = dag.steps[number - 1] ?? [...dag.handlers.values()].find((one) => one.number === number);
  if (step === undefined) throw new Error(`the DAG has no step ${number}`);
  return step;
}
