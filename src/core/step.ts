import type { Json } from '../base/json.ts';
import type { Value } from '../base/value.ts';
import type { FlowAction } from './flow-action.ts';
import type {
  Condition,
  ContinueOn,
  EnvEntry,
  HandlerEvent,
  JsonSchemaSource,
  OutputDeclaration,
  OutputEntry,
  OutputFile,
  RepeatPolicy,
  RetryPolicy,
} from './step-parts.ts';

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
  /** A person must approve what it did before dependents start (§18.2). */
  readonly approval: Approval | null;
  /** The item that a step of a foreach body works on; null for all other steps, and in the body as it is written. */
  readonly item: Item | null;
  /** Place of the step in its file, for annotations; line and column from 1. */
  readonly place: { readonly line: number; readonly column: number };
}

/** What a step does (LANGUAGE.md §6, §16–§19). */
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
  | Foreach
  | SubDag
  | HumanTask
  | FlowAction;

/** `foreach` (§16.1). */
export interface Foreach {
  readonly kind: 'foreach';
  /** Text is a template of class full that must resolve to a JSON array; texts in a list are templates too. */
  readonly items: string | readonly Value[];
  readonly as: string;
  /** A template of class full; null: the index. */
  readonly key: string | null;
  readonly maxConcurrent: number;
  /** As written: numbered from 1 within the body, `depends` too. */
  readonly steps: readonly Step[];
  /** Templates of class full, by name. */
  readonly collect: ReadonlyMap<string, string>;
}

/** One element of a `foreach` or `parallel` step, as the steps of its body see it. */
export interface Item {
  /** Number of the foreach step. */
  readonly parent: number;
  /** From 0. */
  readonly index: number;
  readonly key: string;
  /** Its name in `${foreach.AS}`. */
  readonly as: string;
  readonly value: Value;
}

/** `dag.run` and `dag.enqueue` (§17). Texts are templates of class full, in which `${ITEM}` is the item. */
export interface SubDag {
  readonly kind: 'dag.run' | 'dag.enqueue';
  readonly dag: string;
  /** Text, map or list as in §9.2; null: none, or with `parallel` the item. */
  readonly params: Value;
  /** Only of `dag.enqueue`. */
  readonly queue: string | null;
  readonly parallel: Parallel | null;
}

/** `parallel` (§16.2). */
export interface Parallel {
  /** Text is a template of class full; texts in a list are templates too. */
  readonly items: string | readonly Value[];
  readonly maxConcurrent: number;
}

/** `human.task` (§18.1). */
export interface HumanTask {
  readonly kind: 'human.task';
  /** A template of class full. */
  readonly prompt: string;
  readonly form: readonly FormField[];
}

/** A scalar property of a form, in the order written; its answer becomes a string output. */
export interface FormField {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  readonly required: boolean;
  /** As text. */
  readonly default: string | null;
  /** JSON Schema of the property, for the rules that the answer must keep. */
  readonly schema: JsonSchemaSource;
}

/** `approval` (§18.2). */
export interface Approval {
  /** A template of class full. */
  readonly prompt: string;
  /** Names that the answer may give: outputs of the step, and variables of its dependents. */
  readonly input: readonly string[];
  readonly required: readonly string[];
}

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
