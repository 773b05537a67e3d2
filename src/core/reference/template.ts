import type { Path } from './path.ts';

/**
 * Text with references in it, taken apart once (LANGUAGE.md §8). `ref` fields know `${path}` only, `full`
 * fields also `$NAME` and the shell's forms of §8.5.
 */
export type TemplateClass = 'ref' | 'full';

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | Reference
  | Variable
  /** An older form (§8.4) such as `${build.stdout}`; `step` is the first segment, `rest` what follows it. */
  | {
      readonly kind: 'older';
      readonly raw: string;
      readonly start: number;
      readonly end: number;
      readonly step: string;
      readonly rest: string;
    };

/** `${namespace.…}` of §8.2; `path` are the segments after the namespace. */
export interface Reference {
  readonly kind: 'reference';
  /** As written, with `${` and `}`. */
  readonly raw: string;
  /** Offsets into the template's text. */
  readonly start: number;
  readonly end: number;
  readonly namespace: Namespace;
  readonly path: Path;
}

/** `context` also stands for the short references of §8.3, whose path is normalised (`${run.id}` → `run`, `id`). */
export type Namespace =
  'consts' | 'params' | 'env' | 'steps' | 'foreach' | 'context' | 'inputs' | 'outputs' | 'ITEM';

/** `$NAME` or `${NAME…}` in a full field. */
export interface Variable {
  readonly kind: 'variable';
  readonly raw: string;
  readonly start: number;
  readonly end: number;
  readonly name: string;
  /** False for `$NAME`. */
  readonly braced: boolean;
  readonly operator: VariableOperator | null;
}

export type VariableOperator =
  /** `:-` `-` `:=` `=` `:+` `+` `:?` `?`; the word may hold variables itself. */
  | {
      readonly kind: 'word';
      readonly operator: '-' | '=' | '+' | '?';
      readonly colon: boolean;
      readonly word: readonly Part[];
      readonly wordText: string;
    }
  | { readonly kind: 'length' }
  | { readonly kind: 'slice'; readonly offset: number; readonly length: number | null }
  | {
      readonly kind: 'trim';
      readonly side: 'prefix' | 'suffix';
      readonly longest: boolean;
      /** May hold references and variables, as a word does. */
      readonly glob: readonly Part[];
    };

/** Where values come from while a template is expanded. Undefined: there is no such value. */
export interface Scope {
  const(name: string): string | undefined;
  param(name: string): string | undefined;
  /** All params as JSON text, for `${params}`. */
  paramsJson(): string;
  env(name: string): string | undefined;
  /** A published output of a step by id; `path` goes into a json output. */
  output(step: string, name: string, path: Path): string | undefined;
  /** `run.id`, `paths.work_dir` … */
  context(field: string): string | undefined;
  /** `index`, `key` or the item of a foreach body; absent outside of one (§16.1). */
  item?(name: string, path: Path): string | undefined;
  /** The item of `parallel`; absent where there is none (§16.2). */
  each?(path: Path): string | undefined;
}

/** What could not be resolved. */
export interface Unresolved {
  /** `R401`, `R403`, or `W405` for a bare `$NAME` without a value. */
  readonly code: 'R401' | 'R403' | 'W405';
  /** As written. */
  readonly reference: string;
  /** For people; of R403 the word. Never a value. */
  readonly reason: string;
  /** Of R401, for the notice W402 that it is under keep (§8.4); null of the others. */
  readonly cause: UnresolvedCause | null;
}

/** `reason=` of W402 as far as it can arise while a template is expanded. */
export type UnresolvedCause =
  | 'unknown_const_name'
  | 'namespace_unavailable'
  | 'unknown_output_name'
  | 'unknown_context_field'
  | 'no_value';

export interface Expanded {
  readonly text: string;
  readonly problems: readonly Unresolved[];
}
