import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDotenv } from '../../src/core/dotenv.ts';

function values(text: string): Record<string, string> | number {
  const parsed = parseDotenv(text);
  return 'line' in parsed ? parsed.line : Object.fromEntries(parsed.entries.map((e) => [e.name, e.value]));
}

describe('dotenv files (LANGUAGE.md §7.5)', () => {
  test.each([
    ['', {}],
    ['\uFEFFA=1\r\n\r\n# note\n  export B=two words  # note\n', { A: '1', B: 'two words' }],
    ['A=\nB= # only a note\nC=a#b', { A: '', B: '', C: 'a#b' }],
    [`A='$X \\n "q"' # note`, { A: '$X \\n "q"' }],
    ['A="a\\tb\\n\\"\\\\ \\q"', { A: 'a\tb\n"\\ \\q' }],
    ['A=1\nB=$A-${A}x\nC="$B"\nD=$NOPE${NOPE}', { A: '1', B: '1-1x', C: '1-1x', D: '$NOPE${NOPE}' }],
    ['A=1\nB="\\$A"\nC=$(date)`date`', { A: '1', B: '\\$A', C: '$(date)`date`' }],
    ['A=$A\nA=2\nB=$A', { A: '2', B: '2' }],
  ])('%j', (text, expected) => {
    expect(values(text)).toEqual(expected);
  });

  test.each([
    ['A=1\nwords', 2],
    ['1A=x', 1],
    ['A =x', 1],
    [`A='x`, 1],
    ['A="x" y', 1],
    ['A="x\\"', 1],
  ])('%j is malformed in line %i', (text, line) => {
    expect(values(text)).toBe(line);
  });

  test('H11: what a single-quoted value holds is what it was', () => {
    const value = fc.string().filter((text) => !/['\r\n\0]/.test(text));
    fc.assert(
      fc.property(value, (text) => {
        expect(values(`A='${text}'`)).toEqual({ A: text });
      }),
    );
  });

  test('any text is either parsed or malformed in one of its lines', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseDotenv(text);
        if ('line' in parsed) expect(parsed.line).toBeGreaterThan(0);
      }),
    );
  });
});
