import { Validator } from '@cfworker/json-schema';
import type { OutputUnit, Schema } from '@cfworker/json-schema';
import { schemaProblem } from './json-schema-check.ts';
import type { Json } from './json.ts';

/** A compiled JSON Schema. */
export interface JsonSchema {
  /** The first violation, for people, or null when the value is valid. Never holds the value itself. */
  violation(value: Json): string | null;
  /** All violations, in the order found. */
  violations(value: Json): Violation[];
}

export interface Violation {
  /** Where in the value: `n`, `a.b[0]`; empty for the value itself. */
  readonly path: string;
  /** `must be at least 1`, `is required`: from the schema alone. */
  readonly rule: string;
}

/**
 * Compiles a JSON Schema of draft 2020-12 with local `$ref` only (LANGUAGE.md §4.3, `output_schema`). It is
 * interpreted, never turned into code. `error` says why the schema is not valid.
 */
export function compileJsonSchema(schema: Json): JsonSchema | { error: string } {
  const problem = schemaProblem(schema);
  if (problem !== null) return { error: problem };
  try {
    const validator = new Validator(schema as Schema | boolean, '2020-12', false);
    const violations = (value: Json): Violation[] => {
      const { valid, errors } = validator.validate(value);
      if (valid) return [];
      const found = leavesOf(errors).map((error) => describe(error, schema));
      return found.length === 0 ? [{ path: '', rule: 'is not valid' }] : found;
    };
    return {
      violations,
      violation(value) {
        const [first] = violations(value);
        return first === undefined ? null : `${first.path} ${first.rule}`.trim();
      },
    };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Keywords whose own error only says that something below is wrong. */
const WRAPPERS: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', 'additionalProperties', 'unevaluatedProperties', 'propertyNames'],
  ...['items', 'prefixItems', 'additionalItems', 'unevaluatedItems', '$ref', '$recursiveRef', '$dynamicRef'],
  ...['allOf', 'if', 'dependentSchemas', 'dependencies'],
]);

/** Keywords of which one violation says enough: what each alternative misses would only confuse. */
const CHOICES: ReadonlySet<string> = new Set([
  'anyOf',
  'oneOf',
  'contains',
  'minContains',
  'maxContains',
  'not',
]);

function leavesOf(errors: readonly OutputUnit[]): OutputUnit[] {
  const choices = errors.filter((error) => CHOICES.has(error.keyword)).map((error) => error.keywordLocation);
  return errors.filter(
    (error) =>
      !WRAPPERS.has(error.keyword) &&
      !choices.some((choice) => error.keywordLocation.startsWith(`${choice}/`)),
  );
}

function describe(error: OutputUnit, schema: Json): Violation {
  const at = segments(error.instanceLocation);
  const missing =
    error.keyword === 'required' ? /required property "(.*)"/s.exec(error.error)?.[1] : undefined;
  if (missing !== undefined) return { path: shownPath([...at, missing]), rule: 'is required' };
  const rule = RULES[error.keyword];
  const wanted = lookUp(schema, segments(error.keywordLocation));
  return { path: shownPath(at), rule: rule?.(wanted) ?? `breaks the rule ${error.keyword} of the schema` };
}

type Rule = (wanted: Json) => string;

const text = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
const list = (value: Json): string => (Array.isArray(value) ? value : [value]).map(text).join(', ');

const RULES: Readonly<Record<string, Rule>> = {
  type: (types) =>
    `must be ${(Array.isArray(types) ? types : [types]).map(text).map(withArticle).join(' or ')}`,
  enum: (values) => `must be one of ${list(values)}`,
  const: (value) => `must be ${text(value)}`,
  minimum: (n) => `must be at least ${text(n)}`,
  maximum: (n) => `must be at most ${text(n)}`,
  exclusiveMinimum: (n) => `must be greater than ${text(n)}`,
  exclusiveMaximum: (n) => `must be less than ${text(n)}`,
  multipleOf: (n) => `must be a multiple of ${text(n)}`,
  minLength: (n) => `must have at least ${text(n)} characters`,
  maxLength: (n) => `must have at most ${text(n)} characters`,
  pattern: (pattern) => `must match ${text(pattern)}`,
  format: (name) => `must be of the format ${text(name)}`,
  minItems: (n) => `must have at least ${text(n)} items`,
  maxItems: (n) => `must have at most ${text(n)} items`,
  uniqueItems: () => 'must not hold an item twice',
  minProperties: (n) => `must have at least ${text(n)} keys`,
  maxProperties: (n) => `must have at most ${text(n)} keys`,
  anyOf: () => 'must match one of the alternatives of the schema',
  oneOf: () => 'must match exactly one of the alternatives of the schema',
  not: () => 'must not match what the schema excludes',
  contains: () => 'must hold an item that the schema asks for',
  false: () => 'is not allowed',
};

function withArticle(type: string): string {
  if (type === 'null') return type;
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** The parts of a location such as `#/properties/a~1b`. */
function segments(location: string): string[] {
  const [, ...parts] = location.split('/');
  return parts.map((part) => decode(part).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What stands at a place of the schema; `$ref` on the way is followed. */
function lookUp(schema: Json, path: readonly string[]): Json {
  let here: Json = schema;
  for (const [i, key] of path.entries()) {
    if (typeof here !== 'object' || here === null) return null;
    const inner: Json | undefined = Array.isArray(here)
      ? here[Number(key)]
      : Object.hasOwn(here, key)
        ? here[key]
        : undefined;
    const isReference = key === '$ref' && typeof inner === 'string' && i < path.length - 1;
    here = (isReference ? lookUp(schema, segments(inner)) : inner) ?? null;
  }
  return here;
}

function shownPath(path: readonly string[]): string {
  return path.map((key, i) => (/^\d+$/.test(key) ? `[${key}]` : i === 0 ? key : `.${key}`)).join('');
}
