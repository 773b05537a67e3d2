import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RUN_ID_PATTERN, shortId, uuidv7 } from '../../src/base/ids.ts';

const zeros = (count: number) => new Uint8Array(count);
const ones = (count: number) => new Uint8Array(count).fill(0xff);

describe('uuidv7', () => {
  test('has the time, the version and the variant of RFC 9562 §5.7', () => {
    expect(uuidv7(0x017f22e279b0, zeros)).toBe('017f22e2-79b0-7000-8000-000000000000');
    expect(uuidv7(0x017f22e279b0, ones)).toBe('017f22e2-79b0-7fff-bfff-ffffffffffff');
  });

  test('sorts by the millisecond it was made in and is a run id', () => {
    const instant = fc.nat({ max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const [first, second] = [uuidv7(a, randomBytes), uuidv7(b, randomBytes)];
        expect(first).toMatch(RUN_ID_PATTERN);
        if (a !== b) expect(first < second).toBe(a < b);
      }),
    );
  });

  test('does not change the bytes it was given', () => {
    const given = ones(16);
    uuidv7(1, () => given);
    expect(given).toEqual(ones(16));
  });
});

test('shortId is the last 8 characters (CLI.md §1), or all of an id that a person has chosen', () => {
  expect(shortId('017f22e2-79b0-7000-8000-00000badcafe')).toBe('0badcafe');
  expect(shortId(uuidv7(1, randomBytes))).toMatch(/^[0-9a-f]{8}$/);
  for (const chosen of ['ab', 'build-118', 'nightly-2026-11-26', `x${uuidv7(1, randomBytes)}`]) {
    expect(shortId(chosen)).toBe(chosen);
  }
});

test.each([
  ['a', true],
  ['2026-01-01_x', true],
  ['x'.repeat(64), true],
  ['x'.repeat(65), false],
  ['', false],
  ['-a', false],
  ['_a', false],
  ['..', false],
  ['a/b', false],
  ['a\n', false],
])('run id %j: %s (§23.1)', (id, valid) => {
  expect(RUN_ID_PATTERN.test(id)).toBe(valid);
});
