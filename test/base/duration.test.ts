import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/base/duration.ts';

describe('parseDuration (§1.3)', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['2d12h', 216_000_000],
    ['1w', 604_800_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
    ['1m1ms', 60_001],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '5', 's', '1 h', '-1s', '1y', '1H', '.5s', '1h ', '1e3s'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0ms'],
    [-5, '0ms'],
    [45, '45ms'],
    [1_000, '1.0s'],
    [1_290, '1.2s'],
    [9_999, '9.9s'],
    [34_900, '34s'],
    [59_999, '59s'],
    [60_000, '1m00s'],
    [125_000, '2m05s'],
    [10_920_000, '3h02m'],
    [367_200_000, '4d06h'],
  ])('%i ms', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
