import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandText } from '../../../src/core/reference/expand.ts';
import type { Scope } from '../../../src/core/reference/template.ts';

function scopeOf(env: Record<string, string>, values: Partial<Scope> = {}): Scope {
  return {
    const: () => undefined,
    param: () => undefined,
    paramsJson: () => '{}',
    env: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    output: () => undefined,
    context: () => undefined,
    ...values,
  };
}

const UNSET = scopeOf({});
const EMPTY = scopeOf({ NAME: '' });
const SET = scopeOf({ NAME: 'value' });

/** The text, or the codes of the problems. */
function result(text: string, scope: Scope, mode: 'strict' | 'keep' = 'strict'): string {
  const expanded = expandText(text, 'full', scope, mode);
  return expanded.problems.length > 0 ? expanded.problems.map((p) => p.code).join() : expanded.text;
}

describe('the table of §8.5', () => {
  test.each([
    ['$NAME', 'W405', '', 'value'],
    ['${NAME}', 'R401', '', 'value'],
    ['${NAME:-w}', 'w', 'w', 'value'],
    ['${NAME-w}', 'w', '', 'value'],
    ['${NAME:=w}', 'w', 'w', 'value'],
    ['${NAME=w}', 'w', '', 'value'],
    ['${NAME:+w}', '', '', 'w'],
    ['${NAME+w}', '', 'w', 'w'],
    ['${NAME:?w}', 'R403', 'R403', 'value'],
    ['${NAME?w}', 'R403', '', 'value'],
    ['${#NAME}', 'R401', '0', '5'],
    ['${NAME:1}', 'R401', '', 'alue'],
    ['${NAME:1:2}', 'R401', '', 'al'],
    ['${NAME#v}', 'R401', '', 'alue'],
    ['${NAME##*a}', 'R401', '', 'lue'],
    ['${NAME%e}', 'R401', '', 'valu'],
    ['${NAME%%l*}', 'R401', '', 'va'],
  ])('%s: unset %s, empty "%s", set "%s"', (text, unset, empty, set) => {
    expect([result(text, UNSET), result(text, EMPTY), result(text, SET)]).toEqual([unset, empty, set]);
  });

  test('keep makes a difference in the second and the last row only', () => {
    for (const text of ['${NAME}', '${#NAME}', '${NAME:1}', '${NAME#v}', '${NAME%%v}']) {
      const { text: kept, problems } = expandText(text, 'full', UNSET, 'keep');
      expect(kept).toBe(text);
      expect(problems).toMatchObject([{ code: 'R401', reference: text, cause: 'no_value' }]);
    }
    expect(result('${NAME:-w}', UNSET, 'keep')).toBe('w');
    expect(result('${NAME:?w}', UNSET, 'keep')).toBe('R403');
  });

  test('a bare $NAME without a value stays and is reported once', () => {
    const { text, problems } = expandText('query($id: ID) { user(id: $id) }', 'full', UNSET, 'strict');
    expect(text).toBe('query($id: ID) { user(id: $id) }');
    expect(problems).toMatchObject([{ code: 'W405', reference: '$id' }]);
  });

  test('$1 is expanded only if there is such a param', () => {
    expect(expandText('$1 $2', 'full', scopeOf({ 1: 'one' }), 'strict')).toEqual({
      text: 'one $2',
      problems: [],
    });
  });

  test('words hold variables and references themselves', () => {
    const scope = scopeOf({ B: 'b' }, { param: () => 'p' });
    expect(result('${A:-${B}-$B-${params.x}}', scope)).toBe('b-b-p');
    expect(result('${B:+[${A:-deep}]}', scope)).toBe('[deep]');
    expect(result('${B:-${A}}', scope), 'a word that is not needed is not resolved').toBe('b');
  });

  test('R403 carries the word, never a value', () => {
    const { problems } = expandText(
      '${A:?set $SECRET first}',
      'full',
      scopeOf({ SECRET: 'hunter2' }),
      'strict',
    );
    expect(problems).toEqual([
      { code: 'R403', reference: '${A:?set $SECRET first}', reason: 'set $SECRET first', cause: null },
    ]);
  });
});

describe('code points (§8.5)', () => {
  const scope = scopeOf({ E: 'a💩é日z' });
  test.each([
    ['${#E}', '5'],
    ['${E:1:1}', '💩'],
    ['${E:1}', '💩é日z'],
    ['${E: -2}', '日z'],
    ['${E:1:-1}', '💩é日'],
    ['${E:9}', ''],
    ['${E: -9}', ''],
    ['${E:0:99}', 'a💩é日z'],
    ['${E:3:-4}', ''],
    ['${E#a?}', 'é日z'],
    ['${E%??}', 'a💩é'],
  ])('%s', (text, expected) => {
    expect(result(text, scope)).toBe(expected);
  });
});

describe('globs', () => {
  const scope = scopeOf({ P: '/a/b/file.tar.gz', X: 'x', N: 'v12.3', S: 'a*b', D: '.tar.gz', B: '[x]' });
  test.each([
    ['${P##*/}', 'file.tar.gz'],
    ['${P#*/}', 'a/b/file.tar.gz'],
    ['${P%/*}', '/a/b'],
    ['${P%%/*}', ''],
    ['${P%.*}', '/a/b/file.tar'],
    ['${P%%.*}', '/a/b/file'],
    ['${P%$D}', '/a/b/file'],
    ['${N#[a-z]}', '12.3'],
    ['${N#[!a-z]}', 'v12.3'],
    ['${N##*[[:digit:]]}', ''],
    ['${N%%[0-9]*}', 'v'],
    ['${N%[.0-9][.0-9]}', 'v12'],
    ['${S#a\\*}', 'b'],
    ['${S%%\\**}', 'a'],
    ['${B#[}', 'x]'],
    ['${B%]}', '[x'],
    ['${B##[]x[]*[]]}', ''],
    ['${X#}', 'x'],
    ['${X#no}', 'x'],
  ])('%s', (text, expected) => {
    expect(result(text, scope)).toBe(expected);
  });

  test('a glob of many stars on a long value ends', () => {
    const long = scopeOf({ L: 'a'.repeat(100_000) });
    expect(result(`\${L##${'*a'.repeat(20)}b}`, long)).toHaveLength(100_000);
  });

  test('what # removes is a start that matches, and ## removes at least as much', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', '.', '/'), { maxLength: 8 })
      .map((chars) => chars.join(''));
    const glob = fc
      .array(fc.constantFrom('a', 'b', '?', '*', '.'), { maxLength: 5 })
      .map((chars) => chars.join(''));
    const pattern = (g: string) =>
      new RegExp(`^${g.replaceAll('.', '\\.').replaceAll('?', '.').replaceAll('*', '.*')}$`);
    fc.assert(
      fc.property(text, glob, (value, g) => {
        const starts = Array.from({ length: value.length + 1 }, (_, n) => n).filter((n) =>
          pattern(g).test(value.slice(0, n)),
        );
        const ends = Array.from({ length: value.length + 1 }, (_, n) => n).filter((n) =>
          pattern(g).test(value.slice(n)),
        );
        const trim = (sign: string) =>
          expandText(`\${V${sign}${g}}`, 'full', scopeOf({ V: value }), 'strict').text;
        fc.pre(!g.startsWith('#') && !g.startsWith('%'));
        expect(trim('#')).toBe(value.slice(starts[0] ?? 0));
        expect(trim('##')).toBe(value.slice(starts.at(-1) ?? 0));
        expect(trim('%')).toBe(value.slice(0, ends.at(-1) ?? value.length));
        expect(trim('%%')).toBe(value.slice(0, ends[0] ?? value.length));
      }),
    );
  });
});

describe('references (§8.2)', () => {
  const scope = scopeOf(
    { HOME: '/h' },
    {
      const: (name) => (name === 'c' ? 'const' : undefined),
      param: (name) => (name === 'p' ? 'param' : undefined),
      paramsJson: () => '{"p":"param"}',
      output: (step, name, path) => (step === 's' && name === 'o' ? `out${JSON.stringify(path)}` : undefined),
      context: (field) => (field === 'run.id' ? 'id' : undefined),
    },
  );

  test('each namespace asks its source', () => {
    const text =
      '${consts.c} ${params.p} ${params} ${env.HOME} ${steps.s.outputs.o} ${run.id} ${context.run.id}';
    const expected = 'const param {"p":"param"} /h out[] id id';
    expect(expandText(text, 'ref', scope, 'strict')).toEqual({ text: expected, problems: [] });
    expect(result('${steps.s.outputs.o.a[0]["k"]}', scope)).toBe('out["a",0,"k"]');
  });

  test.each([
    ['${consts.x}', 'unknown_const_name'],
    ['${params.x}', 'no_value'],
    ['${params.p.q}', 'no_value'],
    ['${env.x}', 'no_value'],
    ['${steps.s.outputs.x}', 'no_value'],
    ['${steps.s}', 'unknown_output_name'],
    ['${steps.s.outputs}', 'unknown_output_name'],
    ['${steps.s.stdout.o}', 'unknown_output_name'],
    ['${context.run.nope}', 'unknown_context_field'],
    ['${run.status}', 'no_value'],
    ['${foreach.item}', 'namespace_unavailable'],
    ['${ITEM}', 'namespace_unavailable'],
    ['${inputs.x}', 'namespace_unavailable'],
  ])('%s cannot be resolved: %s (§8.4)', (text, cause) => {
    for (const cls of ['ref', 'full'] as const) {
      const kept = expandText(`<${text}>`, cls, scope, 'keep');
      expect(kept.text).toBe(`<${text}>`);
      expect(kept.problems).toMatchObject([{ code: 'R401', reference: text, cause }]);
    }
    expect(expandText(`<${text}>`, 'ref', scope, 'strict').problems).toMatchObject([{ code: 'R401' }]);
  });

  test('items of foreach and parallel, with their parts (§16.1, §16.2)', () => {
    const inBody = scopeOf(
      {},
      {
        item: (name, path) => (name === 'region' ? `${name}${JSON.stringify(path)}` : undefined),
        each: (path) => (path[0] === 'no' ? undefined : `each${JSON.stringify(path)}`),
      },
    );
    expect(result('${foreach.region} ${foreach.region.a[0]} ${ITEM} ${ITEM.b} ${ITEM[0]}', inBody)).toBe(
      'region[] region["a",0] each[] each["b"] each[0]',
    );
    for (const text of ['${foreach.other}', '${ITEM.no}']) {
      const { problems } = expandText(text, 'full', inBody, 'strict');
      expect(problems).toMatchObject([{ code: 'R401', reference: text, cause: 'no_value' }]);
    }
  });

  test('each unresolved reference is reported once', () => {
    expect(expandText('${env.a} ${env.b} ${env.a}', 'ref', scope, 'strict').problems).toHaveLength(2);
  });
});

describe('one pass (§8.1)', () => {
  test('text without $ is itself', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom<'ref' | 'full'>('ref', 'full'),
        (text, cls) => {
          fc.pre(!text.includes('$'));
          expect(expandText(text, cls, SET, 'strict')).toEqual({ text, problems: [] });
        },
      ),
    );
  });

  test('inserted text is never looked at again and never quoted', () => {
    const piece = fc.constantFrom(
      '$A',
      '${A}',
      '${params.p}',
      "'",
      '"',
      '\\',
      '}',
      '${',
      ' ',
      'x',
      '$(rm)',
      '`',
    );
    const value = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(value, value, (a, p) => {
        const scope = scopeOf({ A: a }, { param: () => p });
        const text = '<$A|${A}|${params.p}|${NO:-${A}}|${A:+${params.p}}|${NO-$A}>';
        const { text: got } = expandText(text, 'full', scope, 'strict');
        expect(got).toBe(`<${a}|${a}|${p}|${a}|${a === '' ? '' : p}|${a}>`);
      }),
    );
  });
});
