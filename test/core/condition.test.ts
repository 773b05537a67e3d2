import { describe, expect, test } from 'vitest';
import { goesOn, hasLine } from '../../src/core/condition.ts';

describe('a line of a text (LANGUAGE.md §12.1)', () => {
  test.each([
    ['a\nb\r\nc', 'b', true],
    ['a\nb', 'a\nb', false],
    ['ab', 'a', false],
    ['', 're:^$', true],
    ['x\nab1', 're:b\\d$', true],
    ['x', 're:(', false],
  ])('%j has %s: %s', (text, expected, result) => {
    expect(hasLine(text, expected)).toBe(result);
  });
});

describe('whether a step is executed again (LANGUAGE.md §13.5)', () => {
  test.each([
    ['success', { succeeded: true, met: null, listed: null }, true],
    ['success', { succeeded: false, met: null, listed: null }, false],
    ['while', { succeeded: false, met: true, listed: null }, true],
    ['while', { succeeded: true, met: false, listed: true }, true],
    ['while', { succeeded: true, met: false, listed: null }, false],
    ['until', { succeeded: true, met: false, listed: null }, true],
    ['until', { succeeded: false, met: true, listed: false }, true],
    ['until', { succeeded: false, met: true, listed: null }, false],
    ['until', { succeeded: true, met: null, listed: true }, false],
  ] as const)('%s, %j: %s', (mode, facts, result) => {
    expect(goesOn(mode, facts)).toBe(result);
  });
});
