import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import { compileJsonSchema } from '../../src/base/json-schema.ts';

function violation(schema: Json, value: Json): string | null {
  const compiled = compileJsonSchema(schema);
  if ('error' in compiled) throw new Error(compiled.error);
  return compiled.violation(value);
}

function error(schema: Json): string | null {
  const compiled = compileJsonSchema(schema);
  return 'error' in compiled ? compiled.error : null;
}

const SECRET = 'hunter22';

describe('violations name the place and the rule, never a value (LANGUAGE.md §11.7, R505)', () => {
  test.each<[Json, Json, string | null]>([
    [true, 1, null],
    [false, 1, 'is not allowed'],
    [{ type: 'object' }, SECRET, 'must be an object'],
    [{ required: ['id'] }, { x: SECRET }, 'id is required'],
    [{ properties: { n: { minimum: 3 } } }, { n: 1 }, 'n must be at least 3'],
    [{ items: { enum: ['a', 'b'] } }, ['a', SECRET], '[1] must be one of a, b'],
    [{ properties: { 'a b': { maxLength: 2 } } }, { 'a b': SECRET }, 'a b must have at most 2 characters'],
    [{ $defs: { p: { pattern: '^x' } }, items: { $ref: '#/$defs/p' } }, [SECRET], '[0] must match ^x'],
    [{ properties: { a: { const: 1 } } }, { a: SECRET }, 'a must be 1'],
    [{ additionalProperties: false }, { a: SECRET }, 'a is not allowed'],
    [
      { anyOf: [{ type: 'number' }, { type: 'null' }] },
      SECRET,
      'must match one of the alternatives of the schema',
    ],
    [{ uniqueItems: true }, [SECRET, SECRET], 'must not hold an item twice'],
  ])('%j %j', (schema, value, expected) => {
    expect(violation(schema, value)).toBe(expected);
  });
});

describe('schemas that are not valid (E503)', () => {
  test.each<[Json, string | null]>([
    [{ type: 'object', properties: { a: true } }, null],
    [{ $ref: '#/$defs/a', $defs: { a: { type: ['string', 'null'] } } }, null],
    ['text', 'a schema must be a map or a boolean'],
    [
      { type: 'text' },
      'type must be one of null, boolean, object, array, number, string, integer, or a list of them',
    ],
    [{ properties: { a: { minimum: '3' } } }, 'properties.a.minimum must be a number'],
    [{ anyOf: [{ required: 'a' }] }, 'anyOf[0].required must be a list of names'],
    [{ items: { pattern: '(' } }, 'items.pattern "(" is not a regexp'],
    [{ $ref: 'https://example.test/s' }, '$ref must be local: "#/…"'],
    [{ $ref: '#/$defs/none' }, '$ref "#/$defs/none" leads nowhere'],
    [{ properties: [] }, 'properties must be a map of schemas'],
    [{ minLength: -1 }, 'minLength must be an integer of at least 0'],
  ])('%j', (schema, expected) => {
    expect(error(schema)).toBe(expected);
  });
});
