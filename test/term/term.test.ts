import { describe, expect, test } from 'vitest';
import { colorLevel, painter } from '../../src/term/color.ts';
import { printable } from '../../src/term/printable.ts';
import { tableLines } from '../../src/term/table.ts';
import { displayWidth, padEnd, padStart, truncate } from '../../src/base/width.ts';

describe('colour (CLI.md §1)', () => {
  test.each([
    ['the flag wins over NO_COLOR', 'always', { NO_COLOR: '1' }, false, 1],
    ['never wins over everything', 'never', { FORCE_COLOR: '3' }, true, 0],
    ['NO_COLOR wins over FORCE_COLOR', 'auto', { NO_COLOR: '1', FORCE_COLOR: '3' }, true, 0],
    ['an empty NO_COLOR says nothing', 'auto', { NO_COLOR: '' }, true, 1],
    ['FORCE_COLOR colours a pipe', 'auto', { FORCE_COLOR: '2' }, false, 2],
    ['FORCE_COLOR=0 is off', 'auto', { FORCE_COLOR: '0' }, true, 0],
    ['FORCE_COLOR wins over a dumb terminal', 'auto', { FORCE_COLOR: '', TERM: 'dumb' }, true, 1],
    ['a dumb terminal has none', 'auto', { TERM: 'dumb' }, true, 0],
    ['a pipe has none', 'auto', { TERM: 'xterm-256color' }, false, 0],
    ['a terminal by its name', 'auto', { TERM: 'xterm-256color' }, true, 2],
    ['true colour', 'auto', { COLORTERM: 'truecolor' }, true, 3],
  ] as const)('%s', (_name, choice, env, isTerminal, level) => {
    expect(colorLevel(choice, env, isTerminal)).toBe(level);
  });

  test('level 0 leaves text alone, others style it', () => {
    expect(painter(0)('error', 'x')).toBe('x');
    expect(painter(1)('success', 'x')).toBe('\x1b[32mx\x1b[39m');
    expect(painter(1)('success', '')).toBe('');
  });
});

describe('width', () => {
  test.each([
    ['abc', 3],
    ['', 0],
    ['✓ ok', 4],
    ['日本', 4],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['\x1b[31mred\x1b[39m', 3],
    ['ｆｕｌｌ', 8],
  ])('%j takes %d columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  test('padding counts columns, and never cuts', () => {
    expect(padEnd('日', 4)).toBe('日  ');
    expect(padStart('日', 4)).toBe('  日');
    expect(padEnd('abcd', 2)).toBe('abcd');
  });

  test('truncate keeps what fits', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('abcd', 4)).toBe('abcd');
    expect(truncate('日本語', 4)).toBe('日…');
  });
});

describe('tables', () => {
  test('columns are aligned, nothing is cut, no trailing spaces', () => {
    const rows = [
      ['RUN', 'DAG', 'TOOK'],
      ['1', '日本語', '1.2s'],
      ['22222', 'x', ''],
    ];
    expect(tableLines(rows, { right: [2], indent: '  ' })).toEqual([
      '  RUN    DAG     TOOK',
      '  1      日本語  1.2s',
      '  22222  x',
    ]);
  });
});

describe('foreign output on a terminal (F7)', () => {
  test.each([
    ['plain text', 'plain text'],
    ['tab\tstays', 'tab\tstays'],
    ['\x1b[31mred\x1b[0m', '\x1b[31mred\x1b[0m\x1b[0m'],
    ['\x1b[2J\x1b[Hcleared', 'cleared'],
    ['\x1b]0;title\x07text', 'text'],
    ['\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['bell\x07', 'bell'],
    ['10%\r20%\r30%', '30%'],
    ['dos\r', 'dos'],
    ['\x1b]52;c;unfinished', ''],
    ['\x9b31mc1', 'c1'],
    ['half \x1b', 'half '],
  ])('%j becomes %j', (raw, shown) => {
    expect(printable(raw)).toBe(shown);
  });
});
