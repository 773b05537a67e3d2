import { expect, test } from 'vitest';
import { parseRetryAfter } from '../../../src/actions/http/retry-after.ts';

const WALL = Date.UTC(2026, 0, 2, 3, 4, 5);

test.each([
  ['0', 0],
  [' 120 ', 120_000],
  ['99999999999999999999', Number.MAX_SAFE_INTEGER],
  ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
  ['Friday, 02-Jan-26 03:04:15 GMT', 10_000],
  ['Fri Jan  2 03:04:06 2026', 1_000],
  ['Fri, 02 Jan 2026 03:04:04 GMT', 0],
  ['Fri, 02 Jan 2065 03:04:05 GMT', Date.UTC(2065, 0, 2, 3, 4, 5) - WALL],
])('I9 %j is read as %d ms', (text, ms) => {
  expect(parseRetryAfter(text, WALL)).toBe(ms);
});

test.each(['', 'soon', '-5', '1.5', '2026-01-02', 'Fri, 99 Jan 2026 03:05:05 GMT', '5, 6'])(
  'I9 %j is garbage',
  (text) => {
    expect(parseRetryAfter(text, WALL)).toBeNull();
  },
);
