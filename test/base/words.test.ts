import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shellQuote, splitWords } from '../../src/base/words.ts';

describe('splitWords (§6.2, §6.3)', () => {
  test.each<[string, string[]]>([
    ['', []],
    ['  \t\n ', []],
    ['bash -o pipefail', ['bash', '-o', 'pipefail']],
    ['  a \t b\r\nc ', ['a', 'b', 'c']],
    ["'two words'", ['two words']],
    ['"two words" x', ['two words', 'x']],
    ['a"b"\'c\'d', ['abcd']],
    ['\'\' ""', ['', '']],
    ['a\\ b', ['a b']],
    ["'a\\b'", ['a\\b']],
    ['"a\\"b\\\\c\\$d\\`e\\f"', ['a"b\\c$d`e\\f']],
    ['"it\'s" \'say "x"\'', ["it's", 'say "x"']],
    ['a\\\nb \\\n c', ['ab', 'c']],
    ['"a\\\nb"', ['ab']],
    ['$HOME `date` $(x) ~ * # ; | > &', ['$HOME', '`date`', '$(x)', '~', '*', '#', ';', '|', '>', '&']],
    ['é 💩', ['é', '💩']],
  ])('%j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  test.each([
    ["a 'b", "unclosed ' at character 3"],
    ['a "b\\"', 'unclosed " at character 3'],
    ['a \\', 'a backslash at the end quotes nothing'],
  ])('%j is refused', (text, error) => {
    expect(splitWords(text)).toEqual({ error });
  });
});

describe('shellQuote', () => {
  const word = fc.string({ unit: 'binary' });

  test('is read back as the one word it was made of', () => {
    fc.assert(
      fc.property(word, (w) => {
        expect(splitWords(shellQuote(w))).toEqual([w]);
      }),
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(splitWords(words.map(shellQuote).join(' '))).toEqual(words);
      }),
    );
  });

  test('a real sh reads the same words', () => {
    const words = [
      "it's",
      '',
      '$HOME',
      '`x`',
      '\\',
      '\\n',
      '"',
      '*',
      '~',
      '!',
      '-n',
      'a\nb',
      "''",
      'é💩',
      '# no',
      'A=1',
    ];
    const out = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(shellQuote).join(' ')}`], {
      encoding: 'utf8',
    });
    expect(out).toBe(words.map((w) => `${w}\0`).join(''));
  });
});
