import type { Json } from '../base/json.ts';
import { compileJsonSchema } from '../base/json-schema.ts';
import type { BoundParam, ParamDeclaration } from '../core/dag.ts';
import type { Diagnostic } from '../errors/diagnostic.ts';
import { didYouMean } from '../errors/suggest.ts';
import { decode } from './decode.ts';
import { NAME, shown, unfitText } from './names.ts';
import { member, typedValue, typesOf } from './param-schema.ts';
import { brokenRule } from './param-rules.ts';
import type { GivenParam } from './param-text.ts';
import { fields, isLeafPlace, isMapPlace, placeOf } from './place.ts';
import { add, quote, report, sorted } from './report.ts';
import type { Report } from './report.ts';
import { parseSource } from './source.ts';
import { toJson } from './tree.ts';

export { parseParamText, parseParamWords } from './param-text.ts';
export type { GivenParam } from './param-text.ts';

/** Where the values of a run come from; in each list the later one wins (LANGUAGE.md §9.3). */
export interface GivenParams {
  /** Words of the command line. */
  readonly words?: readonly GivenParam[];
  /** All `-p`, in order. */
  readonly texts?: readonly GivenParam[];
  /** `--params-file`; words and `-p` win over it. */
  readonly file?: readonly GivenParam[];
}

/** The values of a params file, a JSON or YAML map; texts keep the form they have in the file. */
export function parseParamsFile(input: { file: string; bytes: Uint8Array }): {
  params: GivenParam[];
  problems: readonly Diagnostic[];
} {
  const { source, problem } = decode(input.file, input.bytes);
  if (problem !== null) return { params: [], problems: [problem] };
  const into: Report = { source, found: [], unresolved: 'strict' };
  const [document, second] = parseSource(into);
  if (document === undefined || document.broken || document.root === null) {
    return { params: [], problems: sorted(into) };
  }
  const root = placeOf(document.root, '');
  if (second !== undefined || !isMapPlace(root))
    add(into, 'E431', root, 'a params file holds one map of values');
  const params = fields(root).map(({ key, value }): GivenParam => {
    if (isLeafPlace(value)) return { name: key, value: value.node.text };
    const { json, inexact } = toJson(value.node);
    if (inexact !== null) {
      report(
        into,
        'E431',
        { ...value, span: inexact.span },
        `${quote(inexact.text)} has no exact JSON number`,
      );
    }
    return { name: key, value: JSON.stringify(json) };
  });
  return { params, problems: sorted(into) };
}

/**
 * Gives every declared param its value: the caller's, else the default, else none (§9.2). All problems of the
 * values are returned together: E431, and E007 when words and `-p` are mixed.
 */
export function bindParams(
  declarations: readonly ParamDeclaration[] | null,
  given: GivenParams,
  schema: Json | null = null,
): { params: BoundParam[]; problems: Diagnostic[] } {
  const words = given.words ?? [];
  const texts = given.texts ?? [];
  const problems: Diagnostic[] = [];
  const fail = (code: string, message: string, hint: string | null = null): void => {
    problems.push({ code, severity: 'error', message, ...(hint === null ? {} : { hint }) });
  };
  if (words.length > 0 && texts.length > 0) {
    fail('E007', 'words and -p cannot be combined', 'give all parameters in one way');
    return { params: [], problems };
  }
  const caller = collect([...(given.file ?? []), ...texts, ...words]);
  const invalid = (what: string): void => fail('E431', `parameter validation failed: ${what}`);
  const params =
    declarations === null
      ? bindFree(caller, invalid)
      : schema !== null
        ? bindSchema(schema, declarations, caller, invalid, (message, hint) => fail('E431', message, hint))
        : bindDeclared(declarations, caller, invalid, (message, hint) => fail('E431', message, hint));
  return { params, problems };
}

interface Caller {
  readonly named: ReadonlyMap<string, string>;
  readonly positional: readonly string[];
}

function collect(given: readonly GivenParam[]): Caller {
  const named = new Map<string, string>();
  const positional: string[] = [];
  for (const { name, value } of given) {
    if (name === null) positional.push(value);
    else named.set(name, value);
  }
  return { named, positional };
}

const text = (name: string, value: string): BoundParam => ({ name, value, type: 'string' });

/** A DAG without `params` takes any names and words. */
function bindFree(caller: Caller, invalid: (what: string) => void): BoundParam[] {
  const positional = caller.positional.map((value, i) => text(String(i + 1), value));
  const named = [...caller.named].map(([name, value]) => text(name, value));
  for (const { name } of named) {
    if (!NAME.test(name)) invalid(`param name ${quote(name)} is invalid, it must match ${shown(NAME)}`);
  }
  const all = [...named, ...positional];
  for (const { name, value } of all) {
    const unfit = unfitText(value);
    if (unfit !== null) invalid(`${quote(name)} ${unfit}`);
  }
  return all;
}

function bindDeclared(
  declarations: readonly ParamDeclaration[],
  caller: Caller,
  invalid: (what: string) => void,
  fail: (message: string, hint: string | null) => void,
): BoundParam[] {
  const names = declarations.flatMap((param) => param.name ?? []);
  const known = new Set(names);
  for (const name of caller.named.keys()) {
    if (known.has(name)) continue;
    const accepted = names.length === 0 ? 'no names' : names.join(', ');
    fail(`unknown parameter ${quote(name)}, accepted: ${accepted}`, didYouMean(name, names));
  }
  const places = declarations.length - names.length;
  if (caller.positional.length > places) {
    const hint = names.length === 0 ? null : `write NAME=VALUE, accepted: ${names.join(', ')}`;
    fail(`too many positional parameters: at most ${places}, got ${caller.positional.length}`, hint);
  }
  let position = 0;
  return declarations.flatMap((param) => {
    const name = param.name ?? String(++position);
    const own = param.name === null ? caller.positional[position - 1] : caller.named.get(param.name);
    // Its value is known when the run has been recorded (§15.1, 4).
    if (own === undefined && param.eval !== null) return [];
    const value = own ?? param.default;
    if (value === null) {
      if (param.required) invalid(`${quote(name)} is required`);
      return [];
    }
    const broken = own === undefined ? null : brokenRule(param, own);
    if (broken !== null) invalid(`${quote(name)} ${broken}`);
    return [{ name, value, type: param.type }];
  });
}

/** Params of a JSON Schema (§9.2): no words without a name; other names only with `additionalProperties: true`. */
function bindSchema(
  schema: Json,
  declarations: readonly ParamDeclaration[],
  caller: Caller,
  invalid: (what: string) => void,
  fail: (message: string, hint: string | null) => void,
): BoundParam[] {
  const names = declarations.flatMap((param) => param.name ?? []);
  if (caller.positional.length > 0) {
    fail(`too many positional parameters: at most 0, got ${caller.positional.length}`, 'write NAME=VALUE');
  }
  const open = member(schema, 'additionalProperties') === true;
  const others = [...caller.named].filter(([name]) => !names.includes(name));
  for (const [name] of open ? [] : others) {
    fail(`unknown parameter ${quote(name)}, accepted: ${names.join(', ')}`, didYouMean(name, names));
  }
  const json = Object.create(null) as { [key: string]: Json };
  const bound: BoundParam[] = [];
  const add = (name: string, value: string, types: readonly string[]): void => {
    const typed = typedValue(value, types);
    json[name] = typed;
    bound.push({ name, value, type: jsonType(typed) });
    const unfit = unfitText(value);
    if (unfit !== null) invalid(`${quote(name)} ${unfit}`);
  };
  for (const { name, default: standard } of declarations) {
    if (name === null) continue;
    const value = caller.named.get(name) ?? standard;
    const property = member(member(schema, 'properties'), name);
    if (value !== null) add(name, value, typesOf(schema, property));
  }
  for (const [name, value] of open ? others : []) {
    if (NAME.test(name)) add(name, value, []);
    else invalid(`param name ${quote(name)} is invalid, it must match ${shown(NAME)}`);
  }
  const compiled = compileJsonSchema(schema);
  const violations = 'error' in compiled ? [] : compiled.violations(json);
  for (const { path, rule } of violations) invalid(`${path === '' ? 'params' : quote(path)} ${rule}`);
  return bound;
}

function jsonType(value: Json): BoundParam['type'] {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'number' ? 'number' : 'json';
}
