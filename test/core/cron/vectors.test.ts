import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { firstMissing } from '../../../src/core/cron/gap.ts';
import { nextTick } from '../../../src/core/cron/next.ts';
import { cronWarnings } from '../../../src/core/cron/warnings.ts';
import { zoneOf } from '../../../src/core/cron/zone.ts';
import { cronOf, problemsOf } from './support.ts';

interface Vector {
  readonly id: string;
  readonly expr: string;
  readonly tz: string;
  readonly start: string;
  readonly expected: readonly string[];
  readonly kind: 'fixed' | 'interval';
}

interface Vectors {
  readonly vectors: readonly Vector[];
  readonly invalid: readonly { readonly expr: string }[];
  readonly never_fires: readonly string[];
  readonly should_warn: readonly { readonly expr: string; readonly tz?: string }[];
}

/** Computed without any cron library: by enumeration of local times, and by a simulation of cronie. */
const { vectors, invalid, never_fires, should_warn } = JSON.parse(
  readFileSync('test/core/cron/vectors.json', 'utf8'),
) as Vectors;

const NEVER = new Set(never_fires);

describe('the cron vectors (§20.2, §20.4, RELIABILITY.md §5.4)', () => {
  test('there are as many as the contract says', () => {
    expect([vectors.length, invalid.length, never_fires.length, should_warn.length]).toEqual([109, 43, 5, 6]);
  });

  test.for(vectors)('$id: $expr in $tz', ({ expr, tz, start, expected, kind }, { expect }) => {
    if (NEVER.has(expr)) {
      expect(expected).toEqual([]);
      expect(problemsOf(expr)).toEqual([`"${expr}" never fires`]);
      return;
    }
    const cron = cronOf(expr);
    expect(cron.kind).toBe(kind === 'interval' ? 'wildcard' : 'fixed');
    let at = Date.parse(start);
    const found = expected.map(() => {
      at = nextTick(cron, zoneOf(tz), at)?.at ?? NaN;
      return new Date(at).toISOString().replace('.000Z', 'Z');
    });
    expect(found).toEqual(expected);
  });

  test.for(invalid)('refused: $expr', ({ expr }, { expect }) => {
    expect(problemsOf(expr).length).toBeGreaterThan(0);
  });

  test.for(never_fires)('never fires: %s', (expr, { expect }) => {
    expect(problemsOf(expr)).toEqual([`"${expr}" never fires`]);
  });

  test.for(should_warn)('warns: $expr', ({ expr, tz }, { expect }) => {
    const cron = cronOf(expr);
    const from = Date.parse('2026-01-01T00:00:00Z') / 1_000;
    const missing = tz === undefined ? null : firstMissing(cron, zoneOf(tz), from, from + 366 * 86_400);
    if (tz === undefined) expect(cronWarnings(cron)).toHaveLength(1);
    else expect(missing?.change.at).toBe(Date.parse('2026-03-08T07:00:00Z') / 1_000);
  });
});
