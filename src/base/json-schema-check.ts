import type { Json } from './json.ts';

const TYPES = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'];

const SCHEMAS = [
  ...['additionalProperties', 'propertyNames', 'unevaluatedProperties', 'items', 'unevaluatedItems'],
  ...['contains', 'not', 'if', 'then', 'else'],
];
const SCHEMA_LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SCHEMA_MAPS = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'];
const COUNTS = [
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
  ...['minContains', 'maxContains'],
];
const NUMBERS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'];

/**
 * Why a JSON Schema of draft 2020-12 is not valid, with the place in it; null when it is. The validator itself
 * accepts anything and would find out, or not, when a value is checked.
 */
export function schemaProblem(schema: Json): string | null {
  return walk(schema, schema, '');
}

function walk(root: Json, schema: Json, path: string): string | null {
  const wrong = (key: string, text: string): string => `${path}${path === '' ? '' : '.'}${key} ${text}`;
  if (typeof schema === 'boolean') return null;
  if (!isMap(schema)) return `${path === '' ? 'a schema' : path} must be a map or a boolean`;
  for (const [key, value] of Object.entries(schema)) {
    const text = keywordProblem(root, key, value);
    if (text !== null) return wrong(key, text);
    for (const [name, inner] of innerSchemas(key, value)) {
      const found = walk(root, inner, `${path}${path === '' ? '' : '.'}${key}${name}`);
      if (found !== null) return found;
    }
  }
  return null;
}

function keywordProblem(root: Json, key: string, value: Json): string | null {
  if (key === '$ref' || key === '$dynamicRef') return referenceProblem(root, value);
  if (key === 'type') {
    const types = Array.isArray(value) ? value : [value];
    const known = types.length > 0 && types.every((type) => typeof type === 'string' && TYPES.includes(type));
    return known ? null : `must be one of ${TYPES.join(', ')}, or a list of them`;
  }
  if (COUNTS.includes(key)) {
    return Number.isSafeInteger(value) && Number(value) >= 0 ? null : 'must be an integer of at least 0';
  }
  if (NUMBERS.includes(key)) return typeof value === 'number' ? null : 'must be a number';
  if (key === 'multipleOf')
    return typeof value === 'number' && value > 0 ? null : 'must be a number greater than 0';
  if (key === 'uniqueItems') return typeof value === 'boolean' ? null : 'must be true or false';
  if (key === 'required') return isTexts(value) ? null : 'must be a list of names';
  if (key === 'enum') return Array.isArray(value) ? null : 'must be a list';
  if (key === 'pattern') return typeof value === 'string' ? patternProblem(value) : 'must be text';
  if (key === 'dependentRequired')
    return isMap(value) && Object.values(value).every(isTexts) ? null : 'must be a map of lists of names';
  if (SCHEMA_LISTS.includes(key))
    return Array.isArray(value) && value.length > 0 ? null : 'must be a list of schemas';
  if (!SCHEMA_MAPS.includes(key)) return null;
  if (!isMap(value)) return 'must be a map of schemas';
  return key === 'patternProperties' ? firstOf(Object.keys(value).map(patternProblem)) : null;
}

function innerSchemas(key: string, value: Json): [string, Json][] {
  if (SCHEMAS.includes(key)) return [['', value]];
  if (SCHEMA_LISTS.includes(key) && Array.isArray(value)) return value.map((item, i) => [`[${i}]`, item]);
  return SCHEMA_MAPS.includes(key) && isMap(value)
    ? Object.entries(value).map(([name, item]) => [`.${name}`, item])
    : [];
}

/** Only references within the schema: nothing is ever fetched. */
function referenceProblem(root: Json, value: Json): string | null {
  if (typeof value !== 'string' || !value.startsWith('#')) return 'must be local: "#/…"';
  if (!value.startsWith('#/') && value !== '#') return null; // an anchor
  return atPointer(root, pointerKeys(value)) === undefined ? `${JSON.stringify(value)} leads nowhere` : null;
}

/** `#/a~1b/c` → `a/b`, `c`. */
export function pointerKeys(pointer: string): string[] {
  const keys = pointer.split('/').slice(1);
  return keys.map((key) => percentDecoded(key).replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A key that only looks percent-encoded is itself. */
function percentDecoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** The value below a schema by the keys on the way, through local references; undefined when there is none. */
export function atPointer(root: Json, keys: readonly string[]): Json | undefined {
  let at: Json | undefined = root;
  for (const key of keys) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Array.isArray(at) ? at[Number(key)] : Object.hasOwn(at, key) ? at[key] : undefined;
    if (key === '$ref' && typeof at === 'string') at = atPointer(root, pointerKeys(at));
  }
  return at;
}

function patternProblem(pattern: string): string | null {
  try {
    new RegExp(pattern, 'u');
    return null;
  } catch {
    return `${JSON.stringify(pattern)} is not a regexp`;
  }
}

function firstOf(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}

function isTexts(value: Json): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isMap(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
