import type { Json } from '../base/json.ts';
import { jsonToText } from '../base/json.ts';
import { compileJsonSchema } from '../base/json-schema.ts';
import type { ParamDeclaration } from '../core/dag.ts';
import { decode } from './decode.ts';
import { field, fields, isLeafPlace, isMapPlace, placeOf } from './place.ts';
import type { At, Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { parseSource } from './source.ts';
import { toJson } from './tree.ts';
import { notYet } from './unsupported.ts';

export interface SchemaParams {
  readonly schema: Json;
  /** Where each stands, for what is wrong with its name. */
  readonly declared: readonly { readonly at: At; readonly param: ParamDeclaration }[];
}

/** `{type: object, properties: …}` and `{schema, values}` (LANGUAGE.md §9.2). */
export function isSchemaForm(place: Place): boolean {
  const type = field(place, 'type');
  const isObject = type !== null && isLeafPlace(type) && type.node.text === 'object';
  if (isObject && field(place, 'properties')?.node.kind === 'map') return true;
  const keys = fields(place).map((f) => f.key);
  return keys.includes('schema') && keys.every((key) => key === 'schema' || key === 'values');
}

/** Reads params that are declared by a JSON Schema: E430, and E901 for a schema from the net. */
export function declareSchema(into: Report, place: Place): SchemaParams | null {
  const given = field(place, 'properties') === null ? field(place, 'schema') : null;
  const schema = given === null ? json(into, place) : schemaOf(into, given);
  if (schema === null) return null;
  const at = given ?? place;
  const compiled = compileJsonSchema(schema);
  if ('error' in compiled) {
    report(into, 'E430', at, `schema: ${compiled.error}`);
    return null;
  }
  const properties = member(schema, 'properties');
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    report(into, 'E430', at, 'schema: must have a map of properties');
    return null;
  }
  const values = given === null ? new Map<string, string>() : readValues(into, place);
  const required = member(schema, 'required');
  const declared = Object.entries(properties).map(([name, property]) => {
    const written = field(place, 'properties') ?? field(at, 'properties');
    const own = written?.node.kind === 'map' ? fields(written).find((f) => f.key === name)?.at : undefined;
    const isRequired = Array.isArray(required) && required.includes(name);
    return { at: own ?? at, param: declaration(schema, name, property, isRequired, values.get(name)) };
  });
  for (const name of values.keys()) {
    if (Object.hasOwn(properties, name) || member(schema, 'additionalProperties') === true) continue;
    report(into, 'E430', field(place, 'values') ?? place, `${quote(name)} is no property of the schema`);
  }
  checkDefaults(
    into,
    at,
    schema,
    declared.map(({ param }) => param),
  );
  return { schema, declared };
}

function schemaOf(into: Report, place: Place): Json {
  if (!isLeafPlace(place)) return json(into, place);
  const path = place.node.text;
  if (/^[A-Za-z][A-Za-z0-9+.-]+:\/\//.test(path)) {
    report(into, 'E901', place, notYet('params schema: <URL>').text);
    return null;
  }
  const file = into.readFile?.(path) ?? { error: 'no such file' };
  if ('error' in file) {
    report(into, 'E430', place, `schema ${quote(path)}: ${file.error}`);
    return null;
  }
  const { source, problem } = decode(path, file.bytes);
  const inner: Report = { source, found: problem === null ? [] : [problem], unresolved: 'strict' };
  const root = problem === null ? parseSource(inner)[0]?.root : null;
  const [first] = inner.found;
  if (first !== undefined || root === null || root === undefined || root.kind !== 'map') {
    report(into, 'E430', place, `schema ${quote(path)}: ${first?.message ?? 'must hold one map'}`);
    return null;
  }
  return json(into, placeOf(root, place.path), place);
}

function json(into: Report, place: Place, at: Place = place): Json {
  const { json: value, inexact } = toJson(place.node);
  if (inexact !== null) report(into, 'E430', at, `schema: ${quote(inexact.text)} has no exact JSON number`);
  return value;
}

function readValues(into: Report, place: Place): Map<string, string> {
  const values = field(place, 'values');
  if (values === null) return new Map();
  if (!isMapPlace(values)) {
    report(into, 'E430', values, 'must be a map of values');
    return new Map();
  }
  return new Map(
    fields(values).map(({ key, value }) => [
      key,
      isLeafPlace(value) ? value.node.text : JSON.stringify(toJson(value.node).json),
    ]),
  );
}

function declaration(
  schema: Json,
  name: string,
  property: Json,
  required: boolean,
  value: string | undefined,
): ParamDeclaration {
  const types = typesOf(schema, property);
  const [only] = types.length === 1 ? types : [];
  const scalar = only === 'integer' || only === 'number' || only === 'boolean' || only === 'string';
  const own = member(property, 'default');
  const values = member(property, 'enum');
  const pattern = member(property, 'pattern');
  const description = member(property, 'description');
  return {
    name,
    type: types.length === 0 ? 'string' : scalar ? only : 'json',
    default: value ?? (own === undefined ? null : jsonToText(own)),
    eval: null,
    required,
    description: typeof description === 'string' ? description : null,
    enum: Array.isArray(values) ? values.map(jsonToText) : null,
    minimum: null,
    maximum: null,
    minLength: null,
    maxLength: null,
    pattern: typeof pattern === 'string' ? pattern : null,
  };
}

/** The types that a property may have; none when the schema does not say. */
export function typesOf(schema: Json, property: Json | undefined, depth = 0): string[] {
  const reference = member(property, '$ref');
  if (typeof reference === 'string' && depth < 20) {
    const [, ...keys] = reference.split('/');
    return typesOf(schema, keys.reduce<Json | undefined>(member, schema), depth + 1);
  }
  const type = member(property, 'type');
  return (Array.isArray(type) ? type : [type]).filter((word) => typeof word === 'string');
}

export function member(value: Json | undefined, key: string): Json | undefined {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** A text as the first of the types that it can be (§9.2): what cannot be read stays text. */
export function typedValue(text: string, types: readonly string[]): Json {
  const integer = /^[-+]?\d+$/.test(text);
  for (const type of types) {
    if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
    if (type === 'null' && (text === '' || text === 'null')) return null;
    if ((type === 'integer' && integer) || (type === 'number' && /^[-+]?[\d.]/.test(text))) {
      const number = Number(text);
      if (Number.isFinite(number)) return number;
    }
    if ((type === 'array' && text.startsWith('[')) || (type === 'object' && text.startsWith('{'))) {
      try {
        return JSON.parse(text) as Json;
      } catch {
        return text;
      }
    }
  }
  return text;
}

function checkDefaults(into: Report, at: At, schema: Json, declared: readonly ParamDeclaration[]): void {
  const compiled = compileJsonSchema(schema);
  if ('error' in compiled) return;
  const values = Object.create(null) as { [key: string]: Json };
  for (const { name, default: value } of declared) {
    if (name === null || value === null) continue;
    values[name] = typedValue(value, typesOf(schema, member(member(schema, 'properties'), name)));
  }
  for (const { path, rule } of compiled.violations(values)) {
    const name = /^[^.[]*/.exec(path)?.[0] ?? '';
    if (Object.hasOwn(values, name)) report(into, 'E430', at, `default of ${quote(path)} ${rule}`);
  }
}
