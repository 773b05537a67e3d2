import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dateMatches } from '../../../src/core/cron/calendar.ts';
import { nextTick } from '../../../src/core/cron/next.ts';
import { parseCron } from '../../../src/core/cron/parse.ts';
import { zoneOf } from '../../../src/core/cron/zone.ts';
import { bruteForce, dateMatchesBrute } from './oracle.ts';
import { cronOf } from './support.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Zones with an instant near which their clock changes; half of the starts lie around them. */
const CHANGES: readonly (readonly [zone: string, around: string])[] = [
  ['America/New_York', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Europe/Dublin', '2026-03-29T01:00:00Z'],
  ['Europe/Dublin', '2026-10-25T01:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Africa/Cairo', '2026-04-23T22:00:00Z'],
  ['Africa/Cairo', '2026-10-29T21:00:00Z'],
  ['America/Havana', '2026-11-01T05:00:00Z'],
  ['America/Santiago', '2026-04-05T03:00:00Z'],
  ['America/St_Johns', '2006-04-02T03:31:00Z'],
  ['America/St_Johns', '2006-10-29T02:31:00Z'],
  ['Pacific/Chatham', '2026-09-26T14:00:00Z'],
  ['Antarctica/Troll', '2026-03-29T01:00:00Z'],
  ['Antarctica/Casey', '2020-10-03T16:01:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Asia/Pyongyang', '2018-05-04T15:00:00Z'],
  ['Europe/Moscow', '2014-10-25T22:00:00Z'],
  ['Asia/Kathmandu', '2026-05-01T00:00:00Z'],
  ['UTC', '2028-02-29T00:00:00Z'],
];

const starts = fc
  .tuple(
    fc.constantFrom(...CHANGES),
    fc.integer({ min: -36 * 60, max: 36 * 60 }),
    fc.integer({ min: 0, max: 999 }),
  )
  .map(([[zone, around], minutes, ms]) => ({ zone, minute: Date.parse(around) + minutes * 60_000, ms }));

function numbers(low: number, high: number): fc.Arbitrary<string> {
  const number = fc.integer({ min: low, max: high });
  const step = fc.integer({ min: 1, max: high });
  const range = fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  return fc.oneof(
    number.map(String),
    range,
    fc.tuple(range, step).map(([r, s]) => `${r}/${s}`),
    fc.tuple(number, step).map(([n, s]) => `${n}/${s}`),
  );
}

const list = (item: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(','));

/** Often everything, so that something fires at all. */
function field(low: number, high: number, more: readonly fc.Arbitrary<string>[] = []): fc.Arbitrary<string> {
  const star = fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: high }).map((n) => `*/${n}`) },
  );
  return fc.oneof(star, list(fc.oneof(numbers(low, high), ...more)));
}

const small = (low: number, high: number): fc.Arbitrary<number> => fc.integer({ min: low, max: high });
const dom = field(1, 31, [
  fc.constantFrom('?', 'L', 'LW'),
  small(1, 30).map((n) => `L-${n}`),
  small(1, 31).map((n) => `${n}W`),
]);
const dow = field(0, 7, [
  fc.constant('?'),
  small(0, 7).map((n) => `${n}L`),
  fc.tuple(small(0, 7), small(1, 5)).map(([d, n]) => `${d}#${n}`),
]);
/** Hours around midnight and the usual hours of clock changes more often than others. */
const hour = fc.oneof(field(0, 23), list(fc.constantFrom('0', '1', '2', '3', '23', '0-3', '22-23', '0-23')));
const dates = fc.tuple(dom, field(1, 12), dow).map((fields) => fields.join(' '));
const fiveFields = fc
  .tuple(field(0, 59), hour, fc.oneof(fc.constant('* * *'), dates))
  .map((all) => all.join(' '));
const sixFields = fc.tuple(field(0, 59), fiveFields).map((all) => all.join(' '));

function ticksIn(text: string, zone: string, from: number, to: number): number[] {
  const found: number[] = [];
  const cron = cronOf(text);
  for (let at = nextTick(cron, zoneOf(zone), from)?.at; at !== undefined && at <= to;) {
    found.push(at);
    at = nextTick(cron, zoneOf(zone), at)?.at;
  }
  return found;
}

/** Expressions that no date matches are refused, and by the oracle never fire. */
const fires = (text: string): boolean => 'cron' in parseCron(text);

describe('cron against brute force (§20.2, §20.4, RELIABILITY.md §5.4)', () => {
  test('five fields, minute by minute', () => {
    const run = fc.property(fiveFields.filter(fires), starts, (text, { zone, minute, ms }) => {
      const range = [minute, minute + 2 * DAY] as const;
      const expected = bruteForce(text, zone, range, { step: 60_000, around: 2 * DAY });
      expect(ticksIn(text, zone, minute + ms, range[1])).toEqual(expected);
    });
    fc.assert(run, { numRuns: 150 });
  });

  test('six fields, second by second', () => {
    // A day that is taken away would need two days around it, which is too much by seconds.
    const most = starts.filter(({ zone }) => zone !== 'Pacific/Apia');
    const run = fc.property(sixFields.filter(fires), most, (text, { zone, minute }) => {
      const range = [minute, minute + HOUR / 2] as const;
      const expected = bruteForce(text, zone, range, { step: 1_000, around: 3 * HOUR });
      expect(ticksIn(text, zone, ...range)).toEqual(expected);
    });
    fc.assert(run, { numRuns: 30 });
  });

  test('dates, day by day', () => {
    const run = fc.property(dates, small(0, 60_000), (date, day) => {
      const text = `0 0 ${date}`;
      const parsed = parseCron(text);
      const days = Array.from({ length: 400 }, (_, i) => day + i);
      const expected = days.filter((one) => dateMatchesBrute(text, one * DAY));
      if ('problems' in parsed) expect(expected).toEqual([]);
      else expect(days.filter((one) => dateMatches(parsed.cron, one))).toEqual(expected);
    });
    fc.assert(run, { numRuns: 200 });
  });
});

describe('any text is read', () => {
  test('without a fault, and problems lie inside the text', () => {
    const piece = fc.constantFrom(
      ...'*,-/#LW?0179 @TZ=UTC'.split(''),
      'sun',
      'jan',
      'CRON_TZ=',
      '@daily',
      '\t',
      'ä',
    );
    const any = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 30 }).map((all) => all.join('')),
    );
    const run = fc.property(any, (text) => {
      const parsed = parseCron(text);
      if ('cron' in parsed) return;
      expect(parsed.problems.length).toBeGreaterThan(0);
      for (const { start, end } of parsed.problems) {
        expect(0 <= start && start <= end && end <= text.length).toBe(true);
      }
    });
    fc.assert(run, { numRuns: 2_000 });
  });
});

describe('properties of the next instant (RELIABILITY.md §5.4)', () => {
  const any = fc.oneof(fiveFields, sixFields).filter(fires);

  test('it is later, in whole seconds, and the same for every start before it', () => {
    const run = fc.property(
      any,
      starts,
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      (text, at, part) => {
        const cron = cronOf(text);
        const zone = zoneOf(at.zone);
        const first = nextTick(cron, zone, at.minute + at.ms);
        fc.pre(first !== null);
        expect(first.at).toBeGreaterThan(at.minute + at.ms);
        expect(first.at % 1_000).toBe(0);
        const second = nextTick(cron, zone, first.at);
        fc.pre(second !== null);
        expect(second.at).toBeGreaterThan(first.at);
        const between = first.at + Math.floor((second.at - first.at) * part);
        expect(nextTick(cron, zone, between)).toEqual(second);
      },
    );
    fc.assert(run, { numRuns: 1_000 });
  });

  test('a fixed daily time runs once for every date of two years, but for days that are taken away', () => {
    const run = fc.property(
      fc.constantFrom(...CHANGES),
      small(0, 23),
      small(0, 59),
      ([zone, around], h, m) => {
        const from = Date.parse(around) - 365 * DAY;
        const to = from + 730 * DAY;
        const ticks = ticksIn(`${m} ${h} * * *`, zone, from, to);
        const lost = zone === 'Pacific/Apia' ? 1 : 0;
        // The first and the last date may lie partly outside.
        expect(Math.abs(ticks.length - (730 - lost))).toBeLessThanOrEqual(1);
        const gaps = ticks.slice(1).map((at, i) => at - (ticks[i] ?? 0));
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(19 * HOUR);
      },
    );
    fc.assert(run, { numRuns: 60 });
  });

  test('it does not depend on the zone of the process', () => {
    const own = process.env['TZ'];
    onTestFinished(() => {
      if (own === undefined) delete process.env['TZ'];
      else process.env['TZ'] = own;
    });
    const results = ['UTC', 'America/New_York', 'Asia/Kathmandu'].map((tz) => {
      process.env['TZ'] = tz;
      // It must really have changed, or this test says nothing.
      expect(new Date(2026, 0, 1).toISOString()).toBe(
        { UTC: '2026-01-01T00:00:00.000Z', 'America/New_York': '2026-01-01T05:00:00.000Z' }[tz] ??
          '2025-12-31T18:15:00.000Z',
      );
      return CHANGES.map(([zone, around]) =>
        ticksIn('*/7 0-4 * * *', zone, Date.parse(around) - DAY, Date.parse(around) + DAY),
      );
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(results[0]?.flat().length).toBeGreaterThan(500);
  });
});
