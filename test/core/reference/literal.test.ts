import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandText } from '../../../src/core/reference/expand.ts';
import { LITERAL_CONSTS, literal } from '../../../src/core/reference/literal.ts';
import type { Scope, TemplateClass } from '../../../src/core/reference/template.ts';

const consts: ReadonlyMap<string, string> = new Map(Object.entries(LITERAL_CONSTS));
const scope: Scope = {
  const: (name) => consts.get(name),
  param: () => 'PARAM',
  paramsJson: () => 'PARAMS',
  env: () => 'ENV',
  output: () => 'OUTPUT',
  context: () => 'CONTEXT',
};

/** What flow makes of the text that `literal` writes. */
function back(text: string, cls: TemplateClass): string {
  const { text: written } = literal(text, cls);
  return expandText(written, cls, scope, 'strict').text;
}

describe('text that flow hands on as it is (§8.6)', () => {
  test.each([
    ['ref', 'echo "$HOME ${HOME:-x} ${arr[0]}"', 'echo "$HOME ${HOME:-x} ${arr[0]}"'],
    ['ref', "awk '{print $1}' \\$x", "awk '{print $1}' \\$x"],
    ['ref', "echo '${env.HOME}'", "echo '\\${env.HOME}'"],
    ['ref', 'a\\\\${run.id}', 'a\\\\\\${run.id}'],
    ['full', '$HOME/bin:/bin', '\\$HOME/bin:/bin'],
    ['full', "'$HOME' costs $", "'$HOME' costs $"],
    ['full', '${A:-$B}', '\\${A:-$B}'],
  ] as const)('%s: %s', (cls, text, written) => {
    expect(literal(text, cls)).toEqual({ text: written, named: false });
    expect(back(text, cls)).toBe(text);
  });

  test('where a backslash stands already, constants stand for the signs', () => {
    expect(literal('\\${run.id}', 'ref')).toEqual({
      text: '${consts.backslash}${consts.dollar}{run.id}',
      named: true,
    });
    expect(back('\\${run.id}', 'ref')).toBe('\\${run.id}');
  });

  test('holds for every text', () => {
    const pieces = [
      '$',
      '{',
      '}',
      '\\',
      "'",
      '"',
      'HOME',
      ':-',
      '#',
      '%',
      '1',
      ' ',
      '${',
      '${env.A}',
      '${params}',
    ];
    const more = ['${run.id}', '${ITEM.a}', '${consts.dollar}', '${A:', '$A', '.', '\n', 'ä'];
    const texts = fc.array(fc.constantFrom(...pieces, ...more), { maxLength: 14 }).map((all) => all.join(''));
    fc.assert(
      fc.property(texts, fc.constantFrom<TemplateClass>('ref', 'full'), (text, cls) => {
        expect(back(text, cls)).toBe(text);
      }),
      { numRuns: 3_000 },
    );
  });
});
