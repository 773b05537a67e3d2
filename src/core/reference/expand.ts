import { trimGlob } from './glob.ts';
import { CONTEXT_FIELDS, parseTemplate } from './parse.ts';
import type {
  Expanded,
  Part,
  Reference,
  Scope,
  TemplateClass,
  Unresolved,
  UnresolvedCause,
  Variable,
  VariableOperator,
} from './template.ts';

/**
 * How references without a value end (LANGUAGE.md §8.4). With `keep` their text stays as written; with
 * `strict` nothing is inserted, since the text must not be used.
 */
export type ExpandMode = 'strict' | 'keep';

/** One expansion on its way. */
interface Expansion {
  readonly scope: Scope;
  readonly mode: ExpandMode;
  /** By code and reference, so that each is reported once. */
  readonly problems: Map<string, Unresolved>;
}

type Found = { readonly value: string } | { readonly cause: UnresolvedCause; readonly reason: string };
type WordOperator = Extract<VariableOperator, { kind: 'word' }>;

/**
 * Inserts values in one pass (§8.1): inserted text is never looked at again and never quoted. R403 is an error
 * in both modes, R401 only in `strict`, W405 never. Older forms, which are errors of the file, stay as written.
 */
export function expandTemplate(parts: readonly Part[], scope: Scope, mode: ExpandMode): Expanded {
  const expansion: Expansion = { scope, mode, problems: new Map() };
  const text = expandParts(parts, expansion);
  return { text, problems: [...expansion.problems.values()] };
}

/** `parseTemplate` and `expandTemplate` in one. */
export function expandText(text: string, cls: TemplateClass, scope: Scope, mode: ExpandMode): Expanded {
  if (!text.includes('$')) return { text, problems: [] };
  return expandTemplate(parseTemplate(text, cls), scope, mode);
}

function expandParts(parts: readonly Part[], expansion: Expansion): string {
  return parts.map((part) => expandPart(part, expansion)).join('');
}

function expandPart(part: Part, expansion: Expansion): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'older':
      return part.raw;
    case 'variable':
      return expandVariable(part, expansion);
    case 'reference': {
      const found = resolve(part, expansion.scope);
      return 'value' in found ? found.value : unresolved(part.raw, found.cause, found.reason, expansion);
    }
  }
}

function unresolved(raw: string, cause: UnresolvedCause, reason: string, expansion: Expansion): string {
  report({ code: 'R401', reference: raw, reason, cause }, expansion);
  return expansion.mode === 'keep' ? raw : '';
}

function report(problem: Unresolved, { problems }: Expansion): void {
  const key = `${problem.code} ${problem.reference}`;
  if (!problems.has(key)) problems.set(key, problem);
}

/** The value of a reference of §8.2. */
function resolve({ namespace, path }: Reference, scope: Scope): Found {
  const name = path.join('.');
  // A name of several segments is none: only outputs and items have parts.
  const single = path.length === 1 ? name : undefined;
  switch (namespace) {
    case 'consts':
      return found(single && scope.const(single), 'unknown_const_name', `there is no const ${name}`);
    case 'params':
      if (path.length === 0) return { value: scope.paramsJson() };
      return found(single && scope.param(single), 'no_value', `param ${name} has no value`);
    case 'env':
      return found(single && scope.env(single), 'no_value', `${name} is not set`);
    case 'steps':
      return resolveOutput(path, scope);
    case 'context':
      return CONTEXT_FIELDS.has(name)
        ? found(scope.context(name), 'no_value', `${name} has no value here`)
        : { cause: 'unknown_context_field', reason: `there is no context field ${name}` };
    case 'foreach':
      return resolveItem(path, scope);
    case 'ITEM':
      if (scope.each === undefined) return unavailable(namespace);
      return found(scope.each(path), 'no_value', 'the item has no value at that path');
    case 'inputs':
    case 'outputs':
      return unavailable(namespace);
  }
}

function unavailable(namespace: string): Found {
  return { cause: 'namespace_unavailable', reason: `${namespace} is not available here` };
}

function resolveItem([name, ...path]: Reference['path'], scope: Scope): Found {
  if (scope.item === undefined) return unavailable('foreach');
  const what =
    path.length === 0 ? `there is no foreach.${String(name)}` : 'the item has no value at that path';
  return found(scope.item(String(name), path), 'no_value', what);
}

function resolveOutput(path: Reference['path'], scope: Scope): Found {
  const [step, outputs, name, ...rest] = path;
  if (typeof step !== 'string' || outputs !== 'outputs' || typeof name !== 'string') {
    return { cause: 'unknown_output_name', reason: 'it must name an output' };
  }
  const what = rest.length === 0 ? `output ${name}` : `value at that path in output ${name}`;
  return found(scope.output(step, name, rest), 'no_value', `step ${step} has published no ${what}`);
}

function found(value: string | undefined, cause: UnresolvedCause, reason: string): Found {
  return value === undefined ? { cause, reason } : { value };
}

/** The table of §8.5. */
function expandVariable(variable: Variable, expansion: Expansion): string {
  const { name, raw, braced, operator } = variable;
  const value = expansion.scope.env(name);
  if (operator?.kind === 'word') return expandWord(variable, operator, value, expansion);
  if (value === undefined) {
    if (braced) return unresolved(raw, 'no_value', `${name} is not set`, expansion);
    // `$5` without such a param is an amount of money rather than a mistake.
    if (!/^\d/.test(name))
      report({ code: 'W405', reference: raw, reason: `${name} is not set`, cause: null }, expansion);
    return raw;
  }
  switch (operator?.kind) {
    case undefined:
      return value;
    case 'length':
      return String([...value].length);
    case 'slice':
      return slice([...value], operator.offset, operator.length);
    case 'trim':
      return trimGlob(value, expandParts(operator.glob, expansion), operator.side, operator.longest);
  }
}

function expandWord(
  { raw }: Variable,
  { operator, colon, word, wordText }: WordOperator,
  value: string | undefined,
  expansion: Expansion,
): string {
  const given = colon && value === '' ? undefined : value;
  if (operator === '+') return given === undefined ? '' : expandParts(word, expansion);
  if (given !== undefined) return given;
  if (operator !== '?') return expandParts(word, expansion);
  report({ code: 'R403', reference: raw, reason: wordText, cause: null }, expansion);
  return '';
}

/** `${NAME:off:len}` by code points; as in bash a negative offset or length counts from the end. */
function slice(chars: readonly string[], offset: number, length: number | null): string {
  const start = offset < 0 ? chars.length + offset : offset;
  if (start < 0) return '';
  const end = length === null ? chars.length : length < 0 ? chars.length + length : start + length;
  return chars.slice(start, Math.max(start, end)).join('');
}
