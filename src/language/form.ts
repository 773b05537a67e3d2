import type { Json } from '../base/json.ts';
import { jsonToText } from '../base/json.ts';
import { compileJsonSchema } from '../base/json-schema.ts';
import type { FormField } from '../core/dag.ts';
import { didYouMean } from '../errors/suggest.ts';
import { FORM, FORM_FIELD, FORM_TYPES } from './form-fields.ts';
import { NAME, shown } from './names.ts';
import { field, fields, isLeafPlace, items } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { plain, toJson, typeName } from './tree.ts';

const FORM_KEYS = Object.keys(FORM.shape);
const KEYWORDS = Object.keys(FORM_FIELD.shape);

/** Reads `with.form` of a human task, a flat JSON Schema object of scalar properties (LANGUAGE.md §18.1): E721. */
export function readForm(into: Report, place: Place | null): FormField[] {
  if (place === null) return [];
  if (place.node.kind !== 'map') {
    report(into, 'E721', place, `must be map, got ${typeName(plain(place.node))}`);
    return [];
  }
  checkKeywords(into, place, FORM_KEYS);
  const type = field(place, 'type');
  if (type !== null && !(isLeafPlace(type) && type.node.text === 'object'))
    report(into, 'E721', type, 'must be object');
  const properties = field(place, 'properties');
  if (properties !== null && properties.node.kind !== 'map') {
    report(into, 'E721', properties, `must be map, got ${typeName(plain(properties.node))}`);
    return [];
  }
  const written = properties === null ? [] : fields(properties);
  const required = readRequired(into, field(place, 'required'), new Set(written.map(({ key }) => key)));
  return written.flatMap(({ key, at, value }) => {
    if (NAME.test(key)) return readProperty(into, key, value, required.has(key)) ?? [];
    report(into, 'E721', at, `${quote(key)} is not a name, it must match ${shown(NAME)}`);
    return [];
  });
}

function checkKeywords(into: Report, place: Place, known: readonly string[]): void {
  for (const { key, at } of fields(place)) {
    if (known.includes(key)) continue;
    const hint = didYouMean(key, known) ?? `it knows ${known.join(', ')}`;
    report(into, 'E721', at, `unknown keyword ${quote(key)}`, { label: place.path, hint });
  }
}

function readRequired(into: Report, place: Place | null, known: ReadonlySet<string>): Set<string> {
  const names = new Set<string>();
  if (place !== null && place.node.kind !== 'list') report(into, 'E721', place, 'must be a list of names');
  for (const item of place === null ? [] : items(place)) {
    const name = isLeafPlace(item) ? item.node.text : '';
    if (known.has(name)) names.add(name);
    else report(into, 'E721', item, `${quote(name)} is not one of the properties`);
  }
  return names;
}

function readProperty(into: Report, name: string, place: Place, required: boolean): FormField | null {
  if (place.node.kind !== 'map') {
    report(into, 'E721', place, `must be map, got ${typeName(plain(place.node))}`);
    return null;
  }
  checkKeywords(into, place, KEYWORDS);
  const type = readType(into, place);
  const { json, inexact } = toJson(place.node);
  if (inexact !== null) {
    const at = { span: inexact.span, path: place.path };
    report(into, 'E721', at, `${quote(inexact.text)} has no exact JSON number`);
    return null;
  }
  const schema = { ...(json as { [key: string]: Json }), type };
  const compiled = compileJsonSchema(schema);
  if ('error' in compiled) {
    report(into, 'E721', place, compiled.error);
    return null;
  }
  const standard = field(place, 'default');
  const value = standard === null ? null : toJson(standard.node).json;
  const broken = value === null ? null : compiled.violation(value);
  if (broken !== null) report(into, 'E721', standard ?? place, `default ${broken}`);
  return { name, type, required, default: value === null ? null : jsonToText(value), schema };
}

function readType(into: Report, property: Place): FormField['type'] {
  const place = field(property, 'type');
  const word = place === null ? 'string' : isLeafPlace(place) ? place.node.text : '';
  const type = FORM_TYPES.find((known) => known === word);
  if (type !== undefined) return type;
  const flat = word === 'object' || word === 'array' ? 'a form is flat, ' : '';
  report(into, 'E721', place ?? property, `${flat}a type is one of ${FORM_TYPES.join(', ')}`);
  return 'string';
}
