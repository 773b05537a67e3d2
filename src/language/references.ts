import { CONTEXT_FIELDS, deepParts, nearMisses, parseTemplate } from '../core/reference/parse.ts';
import type { Part, Reference, TemplateClass } from '../core/reference/template.ts';
import type { ParamDeclaration } from '../core/dag.ts';
import type { ItemNames } from './foreach.ts';
import type { Place } from './place.ts';
import { report, suggest } from './report.ts';
import type { Extra, Report } from './report.ts';
import type { Leaf } from './tree.ts';

/** What references of a document may name (LANGUAGE.md §8.2). */
export interface Names {
  readonly consts: ReadonlySet<string>;
  /** Null: the DAG declares no params. */
  readonly params: ReadonlyMap<string, ParamDeclaration> | null;
  /** All step ids, for the older forms of §8.4. */
  readonly stepIds: ReadonlySet<string>;
  readonly stepNames: ReadonlySet<string>;
  outputsOf(id: string): ReadonlyMap<string, 'string' | 'json' | 'any'>;
  /** The foreach step in whose body a step stands. */
  foreachOf(id: string): string | null;
}

/** One row of the matrix of §8.8. */
export interface Field {
  readonly cls: TemplateClass;
  readonly where: 'consts' | 'params' | 'root' | 'step' | 'handler';
  /** Text that a shell reads: inserting foreign values there is W401 (§8.9). */
  readonly shellText?: boolean;
  /** The step that the field belongs to, and whether it depends on another one, directly or not. */
  readonly step?: StepSight;
  /** What `${foreach.…}` may name; none outside of foreach bodies (§16.1). */
  readonly item?: ItemNames;
  /** `${ITEM}` is there: beside `parallel` (§16.2). */
  readonly each?: boolean;
}

/** What a step may know of other steps. */
export interface StepSight {
  readonly id: string | null;
  /** The id of the foreach step around it. */
  readonly around?: string | null;
  /** Steps of other foreach bodies cannot be seen. */
  readonly sees: (id: string) => boolean;
  readonly dependsOn: (id: string) => boolean;
  /** Only the condition of a `repeat_policy` sees the outputs of its own step. */
  readonly seesOwn?: boolean;
}

/** The reasons of W402 (§8.4). */
const REASONS: Readonly<Record<string, string>> = {
  E401: 'unknown_const_name',
  E402: 'unknown_param',
  E403: 'unknown_step_id',
  E404: 'self_reference',
  E405: 'unknown_output_name',
  E406: 'missing_dependency',
  E407: 'namespace_unavailable',
  E408: 'unknown_context_field',
  E410: 'unknown_output_name',
  E411: 'unknown_foreach_name',
};

/** Looking for the exact place of a reference is only worth it in texts of a sane length. */
const LOCATE_LIMIT = 65_536;

/** Reports at one reference; `near` are the words to suggest from. */
type Say = (code: string, text: string, extra?: Extra, near?: readonly [string, Iterable<string>]) => void;

/** Checks all references in one text (E401–E411, W401, W403, W404). */
export function checkTemplate(into: Report, place: Place<Leaf>, field: Field, names: Names): void {
  const text = place.node.text;
  if (!text.includes('$')) return;
  for (const part of deepParts(parseTemplate(text, field.cls, names.stepIds))) {
    const before = into.found.length;
    const say: Say = (code, message, given, near) => {
      const extra = near === undefined ? given : { ...given, hint: suggest(into, ...near) };
      const at = { span: locate(place, part.raw, part.start), path: place.path };
      const reason = into.unresolved === 'keep' ? REASONS[code] : undefined;
      if (reason === undefined) report(into, code, at, message, extra);
      else report(into, 'W402', at, `${part.raw} was left unchanged, reason=${reason}`, extra);
    };
    if (part.kind === 'older') checkOlder(part.step, part.rest, say);
    else if (part.kind === 'reference') checkReference(part, field, names, say);
    if (into.deferred === undefined || !isDeferred(part, into.found.slice(before))) continue;
    into.deferred.push({ raw: part.raw, path: place.path, span: locate(place, part.raw, part.start) });
  }
  for (const miss of nearMisses(text, names.stepIds)) {
    const at = { span: locate(place, miss.raw, miss.start), path: place.path };
    report(into, 'W403', at, `${miss.raw} is no reference, did you mean ${miss.suggestion}?`);
  }
}

/** Whether only a run can tell the value: constants are known, and what is wrong has none. */
function isDeferred(part: Exclude<Part, { kind: 'text' }>, found: Report['found']): boolean {
  if (part.kind === 'older' || (part.kind === 'reference' && part.namespace === 'consts')) return false;
  return found.every(({ severity, code }) => severity === 'warning' && code !== 'W402');
}

/** The place of a part of a text in the file: its occurrence there, or the whole value. */
function locate(place: Place<Leaf>, raw: string, start: number): Leaf['span'] {
  const { text, span } = place.node;
  if (text.length > LOCATE_LIMIT) return span;
  const written = span.source.text.slice(span.start, span.end);
  let found = written.indexOf(raw);
  for (let i = text.indexOf(raw); i !== -1 && i < start && found !== -1; i = text.indexOf(raw, i + 1)) {
    found = written.indexOf(raw, found + 1);
  }
  if (found === -1) return span;
  return { source: span.source, start: span.start + found, end: span.start + found + raw.length };
}

function checkOlder(step: string, rest: string, say: Say): void {
  const key = /^\.outputs?\.([A-Za-z_]\w*)/.exec(rest)?.[1];
  const write = `write \${steps.${step}.outputs.${key ?? 'NAME'}}`;
  if (/^\.outputs?/.test(rest)) say('E409', write);
  else say('E409', `${write}, declare an output of step "${step}"`);
}

function checkReference(ref: Reference, field: Field, names: Names, say: Say): void {
  const name = String(ref.path[0] ?? '');
  switch (ref.namespace) {
    case 'consts':
      if (!names.consts.has(name)) {
        say('E401', `unknown const "${name}"`, {}, [name, names.consts]);
      }
      return;
    case 'params':
      checkParam(name, ref, field, names, say);
      return;
    case 'env':
      if (field.where === 'consts') unavailable('env', field, say);
      return;
    case 'steps':
      checkStep(ref, field, names, say);
      return;
    case 'context':
      checkContext(ref, field, say);
      return;
    case 'foreach':
      checkItem(ref, field, say);
      return;
    case 'ITEM':
      if (field.each !== true)
        unavailable('ITEM', field, say, 'only with.dag and with.params beside parallel know it');
      return;
    case 'inputs':
    case 'outputs':
      unavailable(ref.namespace, field, say);
  }
}

/** `${foreach.…}` (§16.1); an item that is not written in the file is foreign text (§8.9). */
function checkItem(ref: Reference, { item, ...field }: Field, say: Say): void {
  if (item === undefined) {
    unavailable('foreach', field, say, 'only a foreach body, its key and its collect know it');
    return;
  }
  const [name = '', ...path] = ref.path.map(String);
  const hasParts = name === item.as;
  if (!item.names.includes(name) || (path.length > 0 && !hasParts)) {
    const shown = ref.path.map(String).join('.');
    say('E411', `unknown foreach name "${hasParts ? name : shown}"`, {}, [name, item.names]);
    return;
  }
  const written = name === 'index' || (name === 'key' ? item.keyWritten : item.written);
  if (field.shellText === true && !written) warnShell(ref, '', say);
}

const WHERE: Readonly<Record<Field['where'], string>> = {
  consts: 'consts',
  params: 'eval of a param',
  root: 'a root field',
  step: 'this field of a step',
  handler: 'a handler',
};

function unavailable(namespace: string, field: Field, say: Say, hint: string | null = null): void {
  say('E407', `"${namespace}" is not available in ${WHERE[field.where]}`, { hint });
}

function checkParam(name: string, ref: Reference, field: Field, names: Names, say: Say): void {
  if (field.where === 'consts') {
    unavailable('params', field, say);
    return;
  }
  if (ref.path.length === 0) return;
  const declared = names.params?.get(name);
  if (names.params === null) {
    say('W404', `${ref.raw}: no params are declared, only the caller can give it`);
  } else if (declared === undefined) {
    say('E402', `unknown param "${name}"`, {}, [name, names.params.keys()]);
    return;
  }
  const free =
    declared === undefined ||
    (declared.type === 'string' && declared.enum === null && declared.pattern === null);
  if (field.shellText === true && free) warnShell(ref, `$${name}`, say);
}

function warnShell(ref: Reference, variable: string, say: Say): void {
  say('W401', `the value of ${ref.raw} can become shell code, use the environment variable`, {
    hint: variable === '' ? 'put it into env and use the variable' : `use "${variable}"`,
  });
}

function checkStep(ref: Reference, field: Field, names: Names, say: Say): void {
  if (field.where === 'handler') {
    unavailable('steps', field, say, 'read the variable of `output: NAME`');
    return;
  }
  if (field.where !== 'step') {
    unavailable('steps', field, say);
    return;
  }
  const [id, kind, name, ...path] = ref.path;
  const step = String(id ?? '');
  const own = step === field.step?.id;
  if (!names.stepIds.has(step) || field.step?.sees(step) === false)
    reportUnknownStep(step, field, names, say);
  else if (step === field.step?.around || (own && field.step.seesOwn !== true))
    say('E404', `step "${step}" cannot read its own output`);
  else if (!own && field.step?.dependsOn(step) === false) {
    say('E406', `${ref.raw} needs the step to have ended, add depends: ${step}`);
  } else if (kind !== 'outputs' || name === undefined) {
    say('E410', `${ref.raw} must name an output`, { hint: `write \${steps.${step}.outputs.NAME}` });
  } else checkOutput(step, String(name), path.length > 0, ref, field, names, say);
}

function reportUnknownStep(step: string, { step: sight }: Field, names: Names, say: Say): void {
  const text = `unknown step "${step}"`;
  const foreach = names.foreachOf(step);
  if (foreach !== null) {
    say('E403', text, {
      hint: `it stands in the body of "${foreach}": outside, read what that step collects`,
    });
  } else if (names.stepNames.has(step)) say('E403', text, { hint: 'steps are referenced by id' });
  else say('E403', text, {}, [step, visibleSteps(names, sight)]);
}

function* visibleSteps({ stepIds }: Names, sight: StepSight | undefined): Generator<string> {
  for (const id of stepIds) if (sight?.sees(id) !== false) yield id;
}

function checkOutput(
  step: string,
  name: string,
  hasPath: boolean,
  ref: Reference,
  field: Field,
  names: Names,
  say: Say,
): void {
  const outputs = names.outputsOf(step);
  const type = outputs.get(name);
  if (type === undefined) {
    const has = outputs.size === 0 ? 'it has none' : `it has ${[...outputs.keys()].join(', ')}`;
    say('E405', `step "${step}" has no output "${name}", ${has}`, {}, [name, outputs.keys()]);
  } else if (type === 'string' && hasPath) {
    say('E410', `output "${name}" of step "${step}" is text, a path needs a json output`);
  } else if (field.shellText === true) warnShell(ref, '', say);
}

/** Fields of the context that only some fields have (§8.3, §8.8). */
function checkContext(ref: Reference, field: Field, say: Say): void {
  const name = ref.path.map(String).join('.');
  if (field.where === 'consts' || field.where === 'params') {
    unavailable('context', field, say);
  } else if (!CONTEXT_FIELDS.has(name)) {
    say('E408', `unknown context field "${name}"`, {}, [name, CONTEXT_FIELDS.keys()]);
  } else if (field.where === 'root' && /^step\.|^paths\.step_/.test(name)) {
    unavailable(`context.${name}`, field, say);
  } else if (name === 'run.status' && field.where !== 'handler') {
    unavailable('context.run.status', field, say);
  }
}
