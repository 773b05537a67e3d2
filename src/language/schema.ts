import { config, globalRegistry, optional, pipe, strictObject, toJSONSchema, transform } from 'zod';
import type { ZodObject, ZodType } from 'zod';
import { isLeaf, numberOf, typeName } from './tree.ts';
import type { Leaf, Plain } from './tree.ts';

// flow validates small objects once: compiled validators would only cost start-up time.
config({ jitless: true });

/**
 * The types of DAG fields (LANGUAGE.md §1.3) as schema types over the tree of `tree.ts`. Every one carries its
 * description and its JSON Schema. What is wrong travels as a `Problem` in the issue's params; `check.ts` makes the
 * diagnostic of it.
 */
export interface Schema<T = unknown> {
  /** Its JSON Schema with its description. */
  readonly json: JsonSchema;
  readonly read: Read<T>;
}
export type Infer<S extends Schema> = S extends Schema<infer T> ? T : never;

type Fields = Readonly<Record<string, Schema>>;

export interface ObjectSchema<F extends Fields = Fields> extends Schema<Found<F>> {
  readonly shape: F;
}
/** Every field may be missing or null (LANGUAGE.md §2.1). */
type Found<F extends Fields> = { -readonly [K in keyof F]?: Infer<F[K]> | undefined };

export type Problem =
  | { readonly code: 'E108'; readonly expected: string }
  | { readonly code: 'E109'; readonly bound: string }
  | { readonly code: 'E110'; readonly value: string; readonly allowed: readonly string[] };

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Text for editors: any scalar counts as text (LANGUAGE.md §1.3). */
export const TEXT = { type: ['string', 'number', 'boolean', 'null'] } as const;

type Read<T> = (
  value: Plain,
  fail: (problem: Problem, at?: readonly (string | number)[]) => void,
) => T | undefined;

function typed<T>(about: string, json: JsonSchema, read: Read<T>): Schema<T> {
  return { json: { ...json, description: about }, read };
}

function leafType<T>(
  about: string,
  json: JsonSchema,
  expected: string,
  take: (leaf: Leaf) => T | undefined,
): Schema<T> {
  return typed(about, json, (value, fail) => {
    const taken = isLeaf(value) ? take(value) : undefined;
    if (taken === undefined) fail({ code: 'E108', expected });
    return taken;
  });
}

/** Any scalar, as it is written in the file; `json` is what editors know of it. */
export function text(about: string, json: JsonSchema = TEXT): Schema<string> {
  return leafType(about, json, 'text', (leaf) => leaf.text);
}

export function bool(about: string): Schema<boolean> {
  return leafType(about, { type: 'boolean' }, 'bool', boolOf);
}

function boolOf(leaf: Leaf): boolean | undefined {
  return leaf.type === 'bool' ? leaf.text.toLowerCase() === 'true' : undefined;
}

/** A whole number from `least` on that is exact as a JavaScript number; with `most` not beyond it. */
export function int(about: string, least = 0, most?: number): Schema<number> {
  const json = { type: 'integer', minimum: least, ...(most !== undefined && { maximum: most }) };
  return bounded(about, json, 'int', { least, most: most ?? Number.MAX_SAFE_INTEGER }, ['int']);
}

/** Seconds: a number from 0 on, decimals allowed. */
export function seconds(about: string): Schema<number> {
  const bounds = { least: 0, most: Number.MAX_SAFE_INTEGER };
  return bounded(about, { type: 'number', minimum: 0 }, 'number', bounds, ['int', 'number']);
}

function bounded(
  about: string,
  json: JsonSchema,
  expected: string,
  { least, most }: { readonly least: number; readonly most: number },
  types: readonly Leaf['type'][],
): Schema<number> {
  return typed(about, json, (value, fail) => {
    if (!isLeaf(value) || !types.includes(value.type)) {
      fail({ code: 'E108', expected });
      return undefined;
    }
    const number = numberOf(value.text);
    if (Number.isNaN(number)) fail({ code: 'E108', expected });
    else if (number < least) fail({ code: 'E109', bound: `at least ${least}` });
    else if (number > most) fail({ code: 'E109', bound: `at most ${most}` });
    else return number;
    return undefined;
  });
}

/** One of a fixed set of words. */
export function word<const W extends string>(about: string, allowed: readonly W[]): Schema<W> {
  return typed<W>(about, { enum: [...allowed] }, (value, fail) => {
    if (!isLeaf(value)) {
      fail({ code: 'E108', expected: 'text' });
      return undefined;
    }
    const found = allowed.find((candidate) => candidate === value.text);
    if (found === undefined) fail({ code: 'E110', value: value.text, allowed });
    return found;
  });
}

/** A number, or text that holds references and becomes one when the step starts. */
export function numberOrTemplate(about: string, whole: boolean): Schema<number | string> {
  const expected = whole ? 'int' : 'number';
  const json = { type: [whole ? 'integer' : 'number', 'string'], minimum: 0, pattern: '\\$|^\\s*\\+?[0-9.]' };
  return typed<number | string>(about, json, (value, fail) => {
    if (isLeaf(value) && value.type === 'text' && value.text.includes('$')) return value.text;
    const number =
      isLeaf(value) && value.type !== 'bool' && value.text.trim() !== '' ? numberOf(value.text.trim()) : NaN;
    if (!Number.isFinite(number) || (whole && !Number.isSafeInteger(number)))
      fail({ code: 'E108', expected });
    else if (number < 0) fail({ code: 'E109', bound: 'at least 0' });
    else return number;
    return undefined;
  });
}

/** A bool, or a number of which the caller checks the range. */
export function boolOrNumber(about: string): Schema<boolean | number> {
  return leafType<boolean | number>(about, { type: ['boolean', 'number'] }, 'bool or number', (leaf) =>
    leaf.type === 'int' || leaf.type === 'number' ? numberOf(leaf.text) : boolOf(leaf),
  );
}

export function textList(about: string): Schema<string[]> {
  return typed(about, { type: 'array', items: TEXT }, (value, fail) => {
    if (Array.isArray(value)) return textsOf(value, fail);
    fail({ code: 'E108', expected: 'list' });
    return undefined;
  });
}

/** One text, or a list of them; `expected` are the words of the message. */
export function textOrList(about: string, expected = 'text or list'): Schema<string | string[]> {
  const json = { type: [...TEXT.type, 'array'], items: TEXT };
  return typed<string | string[]>(about, json, (value, fail) => {
    if (Array.isArray(value)) return textsOf(value, fail);
    if (isLeaf(value)) return value.text;
    fail({ code: 'E108', expected });
    return undefined;
  });
}

function textsOf(value: readonly Plain[], fail: Parameters<Read<unknown>>[1]): string[] {
  return value.flatMap((item, i) => {
    if (isLeaf(item)) return [item.text];
    fail({ code: 'E108', expected: 'text' }, [i]);
    return [];
  });
}

/** One whole number or a list of them, also written as text: exit codes. */
export function intList(about: string): Schema<number[]> {
  const one = { type: ['integer', 'string'], pattern: '^[-+]?[0-9]+$' };
  const json = { ...one, type: [...one.type, 'array'], items: one };
  return typed(about, json, (value, fail) => {
    const one = !Array.isArray(value);
    const list = (one ? [value] : value) as readonly Plain[];
    return list.flatMap((item, i) => {
      const number = isLeaf(item) && /^[-+]?\d+$/.test(item.text) ? Number(item.text) : NaN;
      if (Number.isSafeInteger(number)) return [number];
      fail({ code: 'E108', expected: one ? 'int or list' : 'int' }, one ? [] : [i]);
      return [];
    });
  });
}

/** A map with any keys and text as values. */
export function textMap(about: string): Schema<ReadonlyMap<string, string>> {
  return mapOf(about, TEXT, (value, fail) => {
    if (isLeaf(value)) return value.text;
    fail({ code: 'E108', expected: 'text' });
    return undefined;
  });
}

/** A map with any keys and one or more texts for each. */
export function textsMap(about: string): Schema<ReadonlyMap<string, string | string[]>> {
  return mapOf<string | string[]>(about, { type: [...TEXT.type, 'array'], items: TEXT }, (value, fail) => {
    if (isLeaf(value)) return value.text;
    if (Array.isArray(value)) return textsOf(value, fail);
    fail({ code: 'E108', expected: 'text or list' });
    return undefined;
  });
}

function mapOf<T>(about: string, values: JsonSchema, read: Read<T>): Schema<ReadonlyMap<string, T>> {
  return typed(about, { type: 'object', additionalProperties: values }, (value, fail) => {
    const found = new Map<string, T>();
    if (isLeaf(value) || Array.isArray(value)) fail({ code: 'E108', expected: 'map' });
    else {
      for (const [key, inner] of Object.entries(value)) {
        const taken = read(inner, (problem, at = []) => fail(problem, [key, ...at]));
        if (taken !== undefined) found.set(key, taken);
      }
    }
    return found;
  });
}

/** A value that another file reads, with codes of its own; `json` is its shape for editors. */
export function raw(about: string, json: JsonSchema = {}): Schema<Plain> {
  return typed(about, json, (value) => value);
}

/** A map with exactly these fields; what is required beyond that is checked where its code is known. */
export function object<F extends Fields>(about: string, fields: F): ObjectSchema<F> {
  return { json: { description: about }, read: fieldsReader(fields) as Read<Found<F>>, shape: fields };
}

/** Reads the fields that are there; what fails is only that something is wrong. */
function fieldsReader(fields: Fields): Read<Record<string, unknown>> {
  return (value, fail) => {
    const found: Record<string, unknown> = {};
    const map = isLeaf(value) || Array.isArray(value) ? null : (value as Readonly<Record<string, Plain>>);
    if (map === null) fail({ code: 'E108', expected: 'map' });
    for (const key in map) {
      const inner = map[key];
      const read = Object.hasOwn(fields, key) ? fields[key]?.read : undefined;
      if (read === undefined || inner === undefined) fail({ code: 'E108', expected: 'map' });
      else if (typeName(inner) !== 'null') found[key] = read(inner, fail);
    }
    return found;
  };
}

// One of each for all fields.
const present = transform((value: unknown) => (typeName(value) === 'null' ? undefined : value));
// A leaf is an object too: where a map is wanted its text is handed on, which is none.
const presentMap = transform((value: unknown) => {
  if (typeName(value) === 'null') return undefined;
  return isLeaf(value) ? value.text : value;
});

const made = new WeakMap<Schema, ZodType>();

/**
 * The same for zod, which runs what it knows of every field that a map might have: it is only asked what is wrong, and
 * what editors need to know. There are hundreds, and few starts of flow need one.
 */
function zodOf(schema: Schema): ZodType {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const zod = isObject(schema) ? zodObject(schema) : zodType(schema);
  globalRegistry.add(zod, schema.json);
  made.set(schema, zod);
  return zod;
}

function isObject(schema: Schema | undefined): schema is ObjectSchema {
  return schema !== undefined && 'shape' in schema;
}

function zodType({ read }: Schema): ZodType {
  return transform((value: unknown, payload) =>
    read(value as Plain, (problem, at = []) => {
      payload.issues.push({ code: 'custom', input: value, path: [...at], params: { problem } });
    }),
  );
}

function zodObject({ shape }: ObjectSchema): ZodObject {
  const fields = Object.entries(shape).map(([key, schema]) => {
    const field = pipe(isObject(schema) ? presentMap : present, optional(zodOf(schema)));
    return [key, optional(field)] as const;
  });
  return strictObject(Object.fromEntries(fields));
}

/** The keys that the object at a path of a schema knows. */
export function knownKeys(schema: ObjectSchema, path: readonly PropertyKey[]): string[] {
  let here: Schema | undefined = schema;
  for (const key of path) here = isObject(here) ? here.shape[String(key)] : undefined;
  return isObject(here) ? Object.keys(here.shape) : [];
}

/** One thing that the schema found: a problem at a path, or keys it does not know. */
type Issue =
  | { readonly path: readonly PropertyKey[]; readonly problem: Problem }
  | { readonly path: readonly PropertyKey[]; readonly unknown: readonly string[] };

/** Runs a schema; the fields that are wrong are left out of `value`, so that the rest can be checked on. */
export function parseFields<S extends ObjectSchema>(
  schema: S,
  value: Readonly<Record<string, Plain>>,
): { value: Infer<S>; issues: Issue[] } {
  const problems: Problem[] = [];
  const read = schema.read(value, (problem) => problems.push(problem));
  if (problems.length === 0) return { value: read as Infer<S>, issues: [] };
  const zod = zodOf(schema);
  const first = zod.safeParse(value);
  if (first.success) return { value: first.data as Infer<S>, issues: [] };
  const bad = new Set<string>();
  const issues = first.error.issues.map((issue): Issue => {
    const path = issue.path;
    if (path.length > 0) bad.add(String(path[0]));
    else if (issue.code === 'unrecognized_keys') for (const key of issue.keys) bad.add(key);
    if (issue.code === 'unrecognized_keys') return { path, unknown: issue.keys };
    if (issue.code === 'custom') return { path, problem: issue.params?.['problem'] as Problem };
    return { path, problem: { code: 'E108', expected: 'map' } };
  });
  const good = Object.create(null) as Record<string, Plain>;
  for (const [key, inner] of Object.entries(value)) if (!bad.has(key)) good[key] = inner;
  return { value: zod.parse(good) as Infer<S>, issues };
}

/** What editors need to know of a schema, as JSON Schema (draft-07), with the descriptions of its fields. */
export function jsonSchemaOf(schema: Schema): JsonSchema {
  const { $schema: _, ...json } = toJSONSchema(zodOf(schema), {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
  });
  return json;
}
