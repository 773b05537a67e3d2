import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import { compileJsonSchema } from '../../src/base/json-schema.ts';

function violations(schema: Json, value: Json): string[] {
  const compiled = compileJsonSchema(schema);
  if ('error' in compiled) throw new Error(compiled.error);
  return compiled.violations(value).map(({ path, rule }) => `${path} ${rule}`.trim());
}

const SCHEMA = {
  type: 'object',
  required: ['n'],
  properties: {
    n: { $ref: '#/$defs/n' },
    list: { type: 'array', items: { type: 'string', minLength: 2 }, maxItems: 2 },
    one: { anyOf: [{ type: 'null' }, { enum: ['a', 1] }] },
    deep: { properties: { x: { pattern: '^a' } }, additionalProperties: false },
  },
  $defs: { n: { type: ['integer', 'null'], exclusiveMinimum: 2 } },
};

describe('violations name the place and the rule', () => {
  test.each([
    [{ n: 3 }, []],
    [{}, ['n is required']],
    [{ n: 'secret' }, ['n must be an integer or null']],
    [{ n: 2 }, ['n must be greater than 2']],
    [
      { n: 3, list: ['x', 'secret', 'y'] },
      [
        'list must have at most 2 items',
        'list[0] must have at least 2 characters',
        'list[2] must have at least 2 characters',
      ],
    ],
    [{ n: 3, one: 'secret' }, ['one must match one of the alternatives of the schema']],
    [{ n: 3, deep: { x: 'b', secret: 1 } }, ['deep.x must match ^a', 'deep.secret is not allowed']],
    ['secret', ['must be an object']],
  ] as const)('%j', (value, expected) => {
    expect([...violations(SCHEMA, value as Json)].sort()).toEqual([...expected].sort());
  });

  test('a value never stands in a message', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = violations(SCHEMA, {
          n: 'canary-7',
          list: ['canary-7', value as Json],
          one: 'canary-7',
        }).join();
        expect(text).not.toContain('canary-7');
      }),
    );
  });

  test('a schema that is none, or refers to nothing, is an error', () => {
    expect(compileJsonSchema('x')).toEqual({ error: 'a schema must be a map or a boolean' });
    expect(compileJsonSchema({ $ref: '#/nope' })).toHaveProperty('error');
  });
});
