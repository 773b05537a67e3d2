import { compileRegexp } from '../base/regexp.ts';
import type { ParamDeclaration } from '../core/dag.ts';
import { check } from './check.ts';
import { isManaged, NAME, shown } from './names.ts';
import { field, fields, isLeafPlace, items, keyAt } from './place.ts';
import type { At, Place } from './place.ts';
import { brokenRule } from './param-rules.ts';
import { parseParamText, parseParamWord } from './param-text.ts';
import type { GivenParam } from './param-text.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { bool, int, object, raw, text, textList } from './schema.ts';
import { numberOf } from './tree.ts';
import { notYet } from './unsupported.ts';

const TYPES = ['string', 'integer', 'number', 'boolean'] as const;

/** A rich entry of `params` (LANGUAGE.md §9.2). */
export const PARAM = object('one parameter', {
  name: text('name of the parameter'),
  default: text('value when the caller gives none'),
  eval: raw('commands that give the value'),
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
};

/** Reads `params`: E430, E602, W302. Null: the file declares none. */
export function declareParams(into: Report, place: Place | null): ParamDeclaration[] | null {
  if (place === null) return null;
  const declared: ParamDeclaration[] = [];
  const names = new Set<string>();
  const add = (at: At, param: ParamDeclaration): void => {
    if (nameIsFine(into, at, param.name, names)) declared.push(param);
  };
  if (isLeafPlace(place)) declareText(into, place, place.node.text, add);
  else if (place.node.kind === 'list') for (const item of items(place)) declareItem(into, item, add);
  else if (isSchemaForm(place)) report(into, 'E901', place, notYet('params as JSON Schema').text);
  else for (const { at, key, value } of fields(place)) declareValue(into, at, key, value, add);
  return declared.length === 0 ? null : declared;
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
  if (map.eval !== undefined) report(into, 'E901', keyAt(item, 'eval'), notYet('eval').text);
  const type = TYPES.find((known) => known === (map.type ?? 'string'));
  if (type === undefined) {
    const text = `invalid type ${quote(map.type ?? '')} of param ${quote(map.name)}, allowed: ${TYPES.join(', ')}`;
    report(into, 'E430', field(item, 'type') ?? item, text);
  }
  const param: ParamDeclaration = {
    name: map.name,
    type: type ?? 'string',
    default: map.default ?? null,
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

/** `{type: object, properties: …}` and `{schema, values}`. */
function isSchemaForm(place: Place): boolean {
  const type = field(place, 'type');
  if (
    type !== null &&
    isLeafPlace(type) &&
    type.node.text === 'object' &&
    field(place, 'properties') !== null
  )
    return true;
  const keys = fields(place).map((f) => f.key);
  return keys.includes('schema') && keys.every((key) => key === 'schema' || key === 'values');
}
