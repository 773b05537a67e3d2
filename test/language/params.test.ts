import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ParamDeclaration } from '../../src/core/dag.ts';
import { bindParams, parseParamsFile, parseParamText, parseParamWords } from '../../src/language/params.ts';
import type { GivenParams } from '../../src/language/params.ts';
import { dagOf, found, messages } from '../support/diagnose.ts';

const STEP = '\nsteps: [{run: x}]\n';
const declared = (params: string): readonly ParamDeclaration[] | null =>
  dagOf(`params: ${params}${STEP}`).params;
const defaults = (params: string): (readonly [string | null, string | null])[] =>
  (declared(params) ?? []).map((p) => [p.name, p.default] as const);

describe('declarations (§9.2)', () => {
  test('text, map and list', () => {
    expect(defaults(`"A=1 B='two words' first"`)).toEqual([
      ['A', '1'],
      ['B', 'two words'],
      [null, 'first'],
    ]);
    expect(defaults(`'{"A": 1, "B": [1, 2], "C": 12345678901234567890}'`)).toEqual([
      ['A', '1'],
      ['B', '[1,2]'],
      ['C', '12345678901234567890'],
    ]);
    expect(defaults('{A: 1.10, B: ~}')).toEqual([
      ['A', '1.10'],
      ['B', ''],
    ]);
    expect(defaults('[A=1 2, {B: 3}, word, {name: N, default: 4}, {name: M}]')).toEqual([
      ['A', '1 2'],
      ['B', '3'],
      [null, 'word'],
      ['N', '4'],
      ['M', null],
    ]);
    expect(declared('[]')).toBeNull();
    expect(declared('')).toBeNull();
  });

  test('a rich entry', () => {
    const entry =
      '{name: n, type: integer, default: 3, required: true, description: d, enum: [3, 4], minimum: 1, maximum: 9.5}';
    expect(declared(`[${entry}]`)).toEqual([
      {
        name: 'n',
        type: 'integer',
        default: '3',
        eval: null,
        required: true,
        description: 'd',
        enum: ['3', '4'],
        minimum: 1,
        maximum: 9.5,
        minLength: null,
        maxLength: null,
        pattern: null,
      },
    ]);
  });

  test.each([
    ['"A=\'1"', 'params: a quote is not closed', 'E430'],
    ['\'{"A": }\'', /^params: not a JSON object: /, 'E430'],
    ['"1a=2"', 'params: param name "1a" is invalid, it must match ^[A-Za-z][A-Za-z0-9_]*$', 'E430'],
    ['{A: [1]}', 'params.A: a param must be text, not a list or map', 'E430'],
    ['[{A: 1}, {A: 2}]', 'params[1].A: param name "A" is a duplicate', 'E430'],
    ['[{A: 1, B: 2}]', 'params holds "K=v" text, one-key maps and entries with a name', 'E430'],
    ['[{name: n, type: int}]', /invalid type "int" of param "n"/, 'E430'],
    ['[{name: n, minimum: low}]', 'params[0].minimum must be a number', 'E430'],
    [
      '[{name: n, type: integer, default: x}]',
      'params[0].default: default of "n" must be an integer',
      'E430',
    ],
    ['[{name: n, enum: [a], default: b}]', 'params[0].default: default of "n" must be one of a', 'E430'],
    ['[{name: n, pattern: "(a"}]', /not a valid regexp/, 'E602'],
    ['[{name: n, eval: "${params.n}"}]', 'params[0].eval: unknown param "n"', 'E402'],
    ['[{a: 1}, {name: n, eval: "${params.a} ${context.run.id}"}]', /"context" is not available/, 'E407'],
    ['[{name: n, eval: "${steps.s.outputs.x}"}]', /"steps" is not available in eval of a param/, 'E407'],
    ['{schema: s.json, values: {A: 1}}', 'params.schema: schema "s.json": no such file', 'E430'],
    [
      '{schema: "https://x.test/s.json"}',
      'params.schema: "params schema: <URL>" is not supported yet',
      'E901',
    ],
    [
      '{type: object, properties: {a: {type: integer, default: x}}}',
      'params: default of "a" must be an integer',
      'E430',
    ],
    ['{schema: {type: object}}', 'params.schema: schema: must have a map of properties', 'E430'],
    [
      '{schema: {properties: {a: {}}}, values: {b: 1}}',
      'params.values: "b" is no property of the schema',
      'E430',
    ],
    ['{type: object, properties: {1a: {}}}', /param name "1a" is invalid/, 'E430'],
    ['{FLOW_TRY: 1}', 'params.FLOW_TRY: "FLOW_TRY" is managed by flow, setting it has no effect', 'W302'],
    ['[{name: n, minLength: 1}]', 'params[0]: "minLength" is an older spelling, write min_length', 'E107'],
  ])('%s', (params, message, code) => {
    const text = `params: ${params}${STEP}`;
    const [only, ...more] = messages(text);
    expect(more).toEqual([]);
    if (typeof message === 'string') expect(only).toBe(message);
    else expect(only).toMatch(message);
    expect(found(text)[0]).toContain(code);
  });
});

const bind = (
  params: string | null,
  given: GivenParams,
): { values: Record<string, string>; problems: string[] } => {
  const { params: bound, problems } = bindParams(params === null ? null : declared(params), given);
  return {
    values: Object.fromEntries(bound.map((p) => [p.name, p.value])),
    problems: problems.map((p) => `${p.code} ${p.message}`),
  };
};

describe('values (§9.3)', () => {
  test('precedence: file, then the later of -p or words, then the default', () => {
    const params = '{A: 0, B: 0, C: 0}';
    const file = parseParamWords(['A=f', 'B=f']);
    expect(bind(params, { file, texts: parseParamWords(['B=1', 'B=2']) }).values).toEqual({
      A: 'f',
      B: '2',
      C: '0',
    });
    expect(bind(params, { file, words: parseParamWords(['A=w=x']) }).values).toEqual({
      A: 'w=x',
      B: 'f',
      C: '0',
    });
  });

  test('words and -p do not go together (E007)', () => {
    const both = { words: parseParamWords(['A=1']), texts: parseParamWords(['A=2']) };
    expect(bind(null, both).problems).toEqual(['E007 words and -p cannot be combined']);
  });

  test('positional words', () => {
    expect(bind('"A=1 first second"', { words: parseParamWords(['x']) }).values).toEqual({
      A: '1',
      '1': 'x',
      '2': 'second',
    });
    expect(bind(null, { words: parseParamWords(['x', 'K=v', 'y']) }).values).toEqual({
      K: 'v',
      '1': 'x',
      '2': 'y',
    });
    expect(bind('{A: 1}', { words: parseParamWords(['x']) }).problems).toEqual([
      'E431 too many positional parameters: at most 0, got 1',
    ]);
  });

  test('all problems together (E431, H5)', () => {
    const params =
      '[{name: r, required: true}, {name: n, type: integer, minimum: 2}, {name: s, max_length: 1}, {name: p, pattern: "^a$"}, {name: b, type: boolean}]';
    const words = parseParamWords(['n=1', 's=ab', 'p=b', 'b=yes', 'q=1']);
    expect(bind(params, { words }).problems).toEqual([
      'E431 unknown parameter "q", accepted: r, n, s, p, b',
      'E431 parameter validation failed: "r" is required',
      'E431 parameter validation failed: "n" must be at least 2',
      'E431 parameter validation failed: "s" must have at most 1 characters',
      'E431 parameter validation failed: "p" must match ^a$',
      'E431 parameter validation failed: "b" must be true or false',
    ]);
  });

  test('no value stays unset, types are kept', () => {
    const { params } = bindParams(declared('[{name: a}, {name: n, type: number, default: 1.50}]'), {});
    expect(params).toEqual([{ name: 'n', value: '1.50', type: 'number' }]);
  });

  test('NUL and wrong names are refused (H1)', () => {
    expect(bind(null, { words: [{ name: 'A', value: 'a\0' }] }).problems[0]).toContain('NUL');
    expect(bind('{A: 1}', { words: [{ name: 'A', value: 'a\0' }] }).problems[0]).toContain('NUL');
    // UTF-8 has no form for it: it would arrive as another character.
    expect(bind('{A: 1}', { words: [{ name: 'A', value: 'a\ud83d' }] }).problems[0]).toContain('surrogate');
    expect(bind(null, { words: parseParamWords(['a-b=1']) }).problems[0]).toContain('invalid');
  });

  test('any text passes unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        fc.pre(!value.includes('\0'));
        expect(bind('{A: x}', { words: parseParamWords([`A=${value}`]) }).values).toEqual({ A: value });
        const json = parseParamText(JSON.stringify({ A: value }));
        expect(json).toEqual({ params: [{ name: 'A', value }], problem: null });
      }),
    );
  });
});

test('the words of -p: quotes join, backslashes only count in double quotes', () => {
  expect(parseParamText(`A='x y'z "B=a \\"b\\\\" C:\\d  ''`).params).toEqual([
    { name: 'A', value: 'x yz' },
    { name: 'B', value: 'a "b\\' },
    { name: null, value: 'C:\\d' },
    { name: null, value: '' },
  ]);
  expect(parseParamText('A="x').problem).toBe('a quote is not closed');
});

test('the JSON of -p: texts as they are, digits that are too many for a number as written (§1.3)', () => {
  const given = (text: string): [string | null, string][] =>
    parseParamText(text).params.map(({ name, value }) => [name, value]);
  expect(given('{"A": "\\u0001digits:5", "2": 1.10, "1": 12345678901234567890, "__proto__": null}')).toEqual([
    ['A', '\u0001digits:5'],
    ['2', '1.1'],
    ['1', '12345678901234567890'],
    ['__proto__', ''],
  ]);
  expect(given('{"A": {"b": [12345678901234567890, 1e2, true]}, "B": 1e21, "C": -0.0, "D": 1e999}')).toEqual([
    ['A', '{"b":[12345678901234567890,1e2,true]}'],
    ['B', '1000000000000000000000'],
    ['C', '0'],
    ['D', '1e999'],
  ]);
});

test('a params file keeps the form of its texts', () => {
  const file = (text: string): ReturnType<typeof parseParamsFile> =>
    parseParamsFile({ file: 'p.yaml', bytes: new TextEncoder().encode(text) });
  expect(file('A: 1.10\nB: {x: [1, ~]}\nC: 12345678901234567890\n').params).toEqual([
    { name: 'A', value: '1.10' },
    { name: 'B', value: '{"x":[1,null]}' },
    { name: 'C', value: '12345678901234567890' },
  ]);
  expect(file('{"A": true}').params).toEqual([{ name: 'A', value: 'true' }]);
  expect(file('- a\n').problems.map((p) => p.code)).toEqual(['E431']);
  expect(file('A: 1\nA: 2\n').problems.map((p) => p.code)).toEqual(['E105']);
  expect(file('A: [12345678901234567890]').problems.map((p) => p.code)).toEqual(['E431']);
});
