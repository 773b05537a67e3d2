import { compileRegexp } from '../base/regexp.ts';
import type { Json } from '../base/json.ts';
import type { ParamDeclaration } from '../core/dag.ts';
import { check } from './check.ts';
import { isManaged, NAME, shown } from './names.ts';
import { field, fields, isLeafPlace, items } from './place.ts';
import type { At, Place } from './place.ts';
import { declareSchema, isSchemaForm } from './param-schema.ts';
import { brokenRule } from './param-rules.ts';
import { parseParamText, parseParamWord } from './param-text.ts';
import type { GivenParam } from './param-text.ts';
import { checkTemplate } from './references.ts';
import type { Names } from './references.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { bool, int, object, raw, text, textList } from './schema.ts';
import { numberOf } from './tree.ts';

const TYPES = ['string', 'integer', 'number', 'boolean'] as const;

/** A rich entry of `params` (LANGUAGE.md §9.2). */
export const PARAM = object('one parameter', {
  name: text('name of the parameter'),
  default: text('value when the caller gives none'),
  eval: text('text with $(commands) that gives the value'),
  description: text('what it is, for people'),
  type: text('string, integer, number or boolean', { enum: [...TYPES] }),
  required: bool('the caller must give it'),
  enum: textList('the allowed values'),
  minimum: raw('least number', { type: 'number' }),
  maximum: raw('greatest number', { type: 'number' }),
  min_length: int('least number of characters'),
  max_length: int('greatest number of characters'),
  pattern: text('regexp that the value matches'),
});

const PLAIN: Omit<ParamDeclaration, 'name' | 'default'> = {
  type: 'string',
  required: false,
  description: null,
  enum: null,
  minimum: null,
  maximum: null,
  minLength: null,
  maxLength: null,
  pattern: null,
  eval: null,
};

export interface Declared {
  /** Null: the file declares none. */
  readonly list: readonly ParamDeclaration[] | null;
  /** What a JSON Schema asks of all values together. */
  readonly schema: Json | null;
}

/** Reads `params`: E430, E602, W302. */
export function declareParams(into: Report, place: Place | null): Declared {
  if (place === null) return { list: null, schema: null };
  let schema: Json | null = null;
  const declared: ParamDeclaration[] = [];
  const names = new Set<string>();
  const add = (at: At, param: ParamDeclaration): void => {
    if (nameIsFine(into, at, param.name, names)) declared.push(param);
  };
  if (isLeafPlace(place)) declareText(into, place, place.node.text, add);
  else if (place.node.kind === 'list') for (const item of items(place)) declareItem(into, item, add);
  else if (isSchemaForm(place)) {
    const read = declareSchema(into, place);
    for (const { at, param } of read?.declared ?? []) add(at, param);
    schema = read?.schema ?? null;
  } else for (const { at, key, value } of fields(place)) declareValue(into, at, key, value, add);
  return { list: declared.length === 0 && schema === null ? null : declared, schema };
}

/** Checks the references of every `eval`: consts, earlier params and the environment (§8.8). */
export function checkEvals(into: Report, place: Place | null, names: Names): void {
  if (place?.node.kind !== 'list') return;
  const earlier = new Map<string, ParamDeclaration>();
  for (const item of items(place)) {
    const text = field(item, 'eval');
    if (text !== null && isLeafPlace(text)) {
      checkTemplate(into, text, { cls: 'full', where: 'params' }, { ...names, params: earlier });
    }
    for (const name of declaredNames(item)) {
      const param = names.params?.get(name);
      if (param !== undefined) earlier.set(name, param);
    }
  }
}

/** The names that an entry of a list declares. */
function declaredNames(item: Place): string[] {
  if (isLeafPlace(item)) return [parseParamWord(item.node.text).name ?? ''];
  const name = field(item, 'name');
  if (name !== null && isLeafPlace(name)) return [name.node.text];
  return fields(item).map((one) => one.key);
}

type Add = (at: At, param: ParamDeclaration) => void;

function nameIsFine(into: Report, at: At, name: string | null, names: Set<string>): boolean {
  if (name === null) return true;
  if (!NAME.test(name)) {
    report(into, 'E430', at, `param name ${quote(name)} is invalid, it must match ${shown(NAME)}`);
    return false;
  }
  if (names.has(name)) {
    report(into, 'E430', at, `param name ${quote(name)} is a duplicate`);
    return false;
  }
  if (isManaged(name))
    report(into, 'W302', at, `${quote(name)} is managed by flow, setting it has no effect`);
  names.add(name);
  return true;
}

function declareText(into: Report, place: Place, words: string, add: Add): void {
  const { params, problem } = parseParamText(words);
  if (problem !== null) report(into, 'E430', place, `params: ${problem}`, { label: '' });
  for (const given of params) add(place, plainParam(given));
}

function plainParam({ name, value }: GivenParam): ParamDeclaration {
  return { ...PLAIN, name, default: value };
}

function declareValue(into: Report, at: At, key: string, value: Place, add: Add): void {
  if (isLeafPlace(value)) add(at, { ...PLAIN, name: key, default: value.node.text });
  else
    report(into, 'E430', value, 'a param must be text, not a list or map', {
      hint: 'write it as JSON text, in quotes',
    });
}

function declareItem(into: Report, item: Place, add: Add): void {
  if (isLeafPlace(item)) {
    add(item, plainParam(parseParamWord(item.node.text)));
    return;
  }
  if (field(item, 'name') !== null) {
    declareRich(into, item, add);
    return;
  }
  const [pair, ...more] = fields(item);
  if (pair !== undefined && more.length === 0) declareValue(into, pair.at, pair.key, pair.value, add);
  else {
    const shape = 'params holds "K=v" text, one-key maps and entries with a name';
    report(into, 'E430', item, shape, { label: '', hint: 'give every param an entry of its own' });
  }
}

function declareRich(into: Report, item: Place, add: Add): void {
  const map = check(into, item, PARAM, 'other');
  const name = field(item, 'name') ?? item;
  if (map?.name === undefined) return;
  const type = TYPES.find((known) => known === (map.type ?? 'string'));
  if (type === undefined) {
    const text = `invalid type ${quote(map.type ?? '')} of param ${quote(map.name)}, allowed: ${TYPES.join(', ')}`;
    report(into, 'E430', field(item, 'type') ?? item, text);
  }
  const param: ParamDeclaration = {
    name: map.name,
    type: type ?? 'string',
    default: map.default ?? null,
    eval: map.eval ?? null,
    required: map.required ?? false,
    description: map.description ?? null,
    enum: map.enum ?? null,
    minimum: bound(into, item, 'minimum'),
    maximum: bound(into, item, 'maximum'),
    minLength: map.min_length ?? null,
    maxLength: map.max_length ?? null,
    pattern: readPattern(into, item, map.pattern),
  };
  add(name, param);
  const broken = param.default === null || type === undefined ? null : brokenRule(param, param.default);
  if (broken !== null) {
    report(into, 'E430', field(item, 'default') ?? item, `default of ${quote(map.name)} ${broken}`);
  }
}

function bound(into: Report, item: Place, key: 'minimum' | 'maximum'): number | null {
  const place = field(item, key);
  if (place === null) return null;
  const number = isLeafPlace(place) && place.node.type !== 'text' ? numberOf(place.node.text) : NaN;
  if (Number.isFinite(number)) return number;
  report(into, 'E430', place, 'must be a number');
  return null;
}

function readPattern(into: Report, item: Place, pattern: string | undefined): string | null {
  if (pattern === undefined) return null;
  const compiled = compileRegexp(pattern);
  if (!('error' in compiled)) return pattern;
  report(into, 'E602', field(item, 'pattern') ?? item, `not a valid regexp: ${compiled.error}`);
  return null;
}
