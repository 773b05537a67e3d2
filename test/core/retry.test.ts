import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outputMatches, retryWaitMs, shouldRetry } from '../../src/core/retry.ts';

const PLAIN = { intervalSec: 2, backoff: 1, maxIntervalSec: null, jitter: false };
const HOUR_MS = 3_600_000;

describe('waits (§13.3)', () => {
  test('interval_sec × backoff^k, at most max_interval_sec', () => {
    const waits = (policy: Parameters<typeof retryWaitMs>[0]) =>
      [0, 1, 2, 3].map((k) => retryWaitMs(policy, k, 0.9, null));
    expect(waits(PLAIN)).toEqual([2_000, 2_000, 2_000, 2_000]);
    expect(waits({ ...PLAIN, backoff: 2 })).toEqual([2_000, 4_000, 8_000, 16_000]);
    expect(waits({ ...PLAIN, backoff: 1.5, maxIntervalSec: 4 })).toEqual([2_000, 3_000, 4_000, 4_000]);
    expect(waits({ ...PLAIN, intervalSec: 0.25 })).toEqual([250, 250, 250, 250]);
    expect(waits({ ...PLAIN, intervalSec: 0, backoff: 2 })).toEqual([0, 0, 0, 0]);
    expect(waits({ ...PLAIN, maxIntervalSec: 0 })).toEqual([0, 0, 0, 0]);
  });

  test('jitter draws evenly from the upper half', () => {
    const policy = { ...PLAIN, jitter: true };
    expect([0, 0.5, 0.999_999_9].map((unit) => retryWaitMs(policy, 0, unit, null))).toEqual([
      1_000, 1_500, 2_000,
    ]);
    expect(retryWaitMs({ ...policy, maxIntervalSec: 1 }, 5, 0, null)).toBe(500);
  });

  test('is a whole number of milliseconds within its bounds, however long it has grown', () => {
    const policy = fc.record({
      intervalSec: fc.double({ min: 0, max: 1e6, noNaN: true }),
      backoff: fc.double({ min: 1, max: 10, noNaN: true }),
      maxIntervalSec: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
      jitter: fc.boolean(),
    });
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(policy, fc.nat({ max: 100_000 }), unit, fc.option(fc.nat()), (p, k, u, retryAfter) => {
        const wait = retryWaitMs(p, k, u, retryAfter);
        expect(Number.isSafeInteger(wait) && wait >= 0).toBe(true);
        if (p.maxIntervalSec !== null) expect(wait).toBeLessThanOrEqual(Math.round(p.maxIntervalSec * 1_000));
        expect(Number.isNaN(new Date(1.8e12 + wait).getTime())).toBe(false);
      }),
    );
  });
});

describe('Retry-After (§19.3)', () => {
  test.each<[number | null, number | null, number]>([
    [null, null, 2_000],
    [500, null, 2_000],
    [30_000, null, 30_000],
    [2 * HOUR_MS, null, HOUR_MS],
    [2 * HOUR_MS, 60, 60_000],
    [2 * HOUR_MS, 7_200, 2 * HOUR_MS],
    [0, null, 2_000],
  ])('%s ms with max_interval_sec %s', (retryAfterMs, maxIntervalSec, expected) => {
    expect(retryWaitMs({ ...PLAIN, maxIntervalSec }, 0, 0, retryAfterMs)).toBe(expected);
  });

  test('does not shorten a wait longer than an hour', () => {
    expect(retryWaitMs({ ...PLAIN, intervalSec: 7_200 }, 0, 0, 1_000)).toBe(2 * HOUR_MS);
  });
});

describe('whether to retry (§13.3)', () => {
  const policy = { exitCodes: null, onTimeout: false };
  const outcome = { retriesDone: 0, exitCode: 1, timedOut: false, limit: 2 };

  test('limit counts the retries after the first try', () => {
    expect([0, 1, 2, 3].map((retriesDone) => shouldRetry(policy, { ...outcome, retriesDone }))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(shouldRetry(policy, { ...outcome, limit: 0 })).toBe(false);
  });

  test('only the listed exit codes', () => {
    expect(shouldRetry({ ...policy, exitCodes: [1, 75] }, outcome)).toBe(true);
    expect(shouldRetry({ ...policy, exitCodes: [75] }, outcome)).toBe(false);
    expect(shouldRetry({ ...policy, exitCodes: [] }, outcome)).toBe(false);
    expect(shouldRetry({ ...policy, exitCodes: [75] }, { ...outcome, exitCode: null })).toBe(false);
    expect(shouldRetry(policy, { ...outcome, exitCode: null })).toBe(true);
  });

  test('a try that timed out only with on_timeout, whatever the codes', () => {
    const timedOut = { ...outcome, exitCode: 124, timedOut: true };
    expect(shouldRetry({ ...policy, exitCodes: [124] }, timedOut)).toBe(false);
    expect(shouldRetry({ exitCodes: [75], onTimeout: true }, timedOut)).toBe(true);
    expect(shouldRetry({ ...policy, onTimeout: true }, { ...timedOut, retriesDone: 2 })).toBe(false);
  });
});

describe('continue_on.output (§13.2)', () => {
  const text = 'first line\r\nWARN: 3 rows\nlast';
  test.each<[string[], boolean]>([
    [['rows'], true],
    [['WARN: 3'], true],
    [['warn'], false],
    [['line\r\nWARN'], false],
    [['WARN: 3 rows\nlast'], false],
    [['re:^WARN: [0-9]+ rows$'], true],
    [['re:^first line$'], true],
    [['re:(?i)warn'], true],
    [['re:^rows'], false],
    [['re:line.WARN'], false],
    [['re:line[^x]*WARN'], false],
    [['re:^last$'], true],
    [['re:('], false],
    [['nothing', 're:^last'], true],
    [[], false],
  ])('%j', (patterns, expected) => {
    expect(outputMatches(patterns, text)).toBe(expected);
  });

  test('no output has no lines', () => {
    expect(outputMatches(['re:^$', 'x'], '')).toBe(false);
    expect(outputMatches(['re:^$'], '\n')).toBe(true);
  });
});
