import { describe, expect, test } from 'vitest';
import { jitterMs } from '../../src/core/jitter.ts';
import { nextOfQueues } from '../../src/core/queue.ts';
import type { QueuedRun } from '../../src/core/records.ts';
import {
  decideTicks,
  dueTicks,
  entryKey,
  nextDue,
  type EntryCursor,
  type TickFacts,
} from '../../src/core/ticks.ts';
import { dagOf } from '../support/diagnose.ts';

const MINUTE = 60_000;
const NOON = Date.parse('2026-05-01T12:00:00Z');

function cursors(schedule: string, at: number): EntryCursor[] {
  const dag = dagOf(`schedule: ${schedule}\nsteps: [{run: echo hi}]`);
  return (dag.schedule ?? []).map((entry) => ({ entry, key: entryKey(entry, 'UTC'), at }));
}

const time = (at: number): string => new Date(at).toISOString().slice(11, 19);

describe('ticks that are due (RELIABILITY.md §5.3)', () => {
  test('all that is later than the cursor, up to now; entries that match one instant make one', () => {
    const due = dueTicks(cursors('["*/2 * * * *", "*/3 * * * *"]', NOON), 'UTC', NOON + 6 * MINUTE);
    expect(due.ticks.map(({ at }) => time(at))).toEqual(['12:02:00', '12:03:00', '12:04:00', '12:06:00']);
    expect(due.moved).toEqual([
      { key: 'start */2 * * * * UTC', at: NOON + 6 * MINUTE },
      { key: 'start */3 * * * * UTC', at: NOON + 6 * MINUTE },
    ]);
    expect(due.older).toBeNull();
  });

  test('before the first tick nothing is due, and nothing moves', () => {
    const all = cursors('"0 13 * * *"', NOON);
    expect(dueTicks(all, 'UTC', NOON + 59 * MINUTE)).toEqual({ ticks: [], older: null, moved: [] });
    expect(nextDue(all, 'UTC')).toBe(NOON + 60 * MINUTE);
    expect(nextDue(cursors('[{at: "2026-05-01T11:00:00Z"}]', NOON), 'UTC')).toBeNull();
  });

  test('a clock ten years ahead: the newest thousand one by one, the others together and counted so far (D1)', () => {
    const due = dueTicks(cursors('"* * * * *"', NOON), 'UTC', NOON + 3_652 * 1_440 * MINUTE);
    expect(due.ticks).toHaveLength(1_000);
    expect(due.ticks.at(-1)?.at).toBe(NOON + 3_652 * 1_440 * MINUTE);
    expect(due.older?.first.at).toBe(NOON + MINUTE);
    expect(due.older?.count).toBeGreaterThanOrEqual(100_000);
  });

  test('a day of every minute: every tick is counted once', () => {
    const due = dueTicks(cursors('"* * * * *"', NOON), 'UTC', NOON + 1_440 * MINUTE);
    expect(due.ticks).toHaveLength(1_000);
    expect(due.older).toMatchObject({ count: 440 });
    expect(due.older?.last.at).toBe((due.ticks[0]?.at ?? 0) - MINUTE);
  });
});

const FACTS: TickFacts = {
  ...{ now: NOON, policy: 'skip', catchupWindowMs: null, skipIfSuccessful: false },
  ...{ busy: false, queued: [], succeededAt: null, previousAt: NOON - 60 * MINUTE, broken: null },
};

/** What becomes of the ticks of a schedule between an instant and noon: `12:00:00 start → word`. */
function verdicts(schedule: string, from: number, facts: Partial<TickFacts>): string[] {
  const { ticks } = dueTicks(cursors(schedule, from), 'UTC', NOON);
  return decideTicks(ticks, { ...FACTS, ...facts }).ticks.map(
    ({ tick, outcome, reason, starts, trigger }) =>
      `${time(tick.at)} ${tick.kind} ${reason ?? outcome}${starts ? ` by ${trigger}` : ''}`,
  );
}

const EVERY_20S = '"*/20 * * * * *"';

describe('what becomes of a tick (§20.6, §20.7)', () => {
  test('up to a minute late it is live; what is older is missed', () => {
    expect(verdicts('"*/30 * * * * *"', NOON - 100_000, { policy: 'all' })).toEqual([
      '11:58:30 start no_daemon',
      '11:59:00 start started by scheduler',
      '11:59:30 start started by scheduler',
      '12:00:00 start started by scheduler',
    ]);
  });

  test('skip: the first one starts, those that find it busy are skipped', () => {
    expect(verdicts(EVERY_20S, NOON - 50_000, {})).toEqual([
      '11:59:20 start started by scheduler',
      '11:59:40 start overlap',
      '12:00:00 start overlap',
    ]);
    expect(verdicts(EVERY_20S, NOON - 30_000, { busy: true })).toEqual([
      '11:59:40 start overlap',
      '12:00:00 start overlap',
    ]);
  });

  test('latest: the newest replaces what is queued, of this decision and of those before', () => {
    const { ticks } = dueTicks(cursors(EVERY_20S, NOON - 30_000), 'UTC', NOON);
    const decided = decideTicks(ticks, { ...FACTS, policy: 'latest', busy: true, queued: ['r1'] });
    expect(decided.replaced).toEqual(['r1']);
    expect(decided.stops).toBe(false);
    expect(decided.ticks.map(({ reason, starts }) => [reason, starts])).toEqual([
      ['overlap', false],
      [null, true],
    ]);
  });

  test('cancel_running stops what runs and empties the queue; restart only stops', () => {
    const { ticks } = dueTicks(cursors(EVERY_20S, NOON - 10_000), 'UTC', NOON);
    expect(decideTicks(ticks, { ...FACTS, policy: 'cancel_running', busy: true })).toMatchObject({
      ...{ stops: true, empties: true, ticks: [{ starts: true }] },
    });
    const again = dueTicks(cursors('{restart: "0 12 * * *"}', NOON - 10_000), 'UTC', NOON).ticks;
    expect(decideTicks(again, { ...FACTS, busy: true })).toMatchObject({
      ...{ stops: true, empties: false, ticks: [{ starts: true }] },
    });
  });

  test('a stop takes back what the same decision has just started', () => {
    expect(verdicts('{start: "*/40 * * * * *", stop: "0 12 * * *"}', NOON - 30_000, {})).toEqual([
      '11:59:40 start overlap',
      '12:00:00 stop started',
      '12:00:00 start started by scheduler',
    ]);
  });

  test('missed starts inside the window are made up, oldest first, before live ones; stops never', () => {
    const window = { catchupWindowMs: 3 * MINUTE, policy: 'all' } as const;
    expect(verdicts('{start: "* * * * *", stop: "30 * * * * *"}', NOON - 5 * MINUTE, window)).toEqual([
      '11:55:30 stop no_daemon',
      '11:56:00 start no_daemon',
      '11:56:30 stop no_daemon',
      '11:57:00 start started by catchup',
      '11:57:30 stop no_daemon',
      '11:58:00 start started by catchup',
      '11:58:30 stop no_daemon',
      '11:59:00 start started by scheduler',
      '11:59:30 stop started',
      '12:00:00 start started by scheduler',
    ]);
  });

  test('latest and cancel_running make up only the newest', () => {
    for (const policy of ['latest', 'cancel_running'] as const) {
      expect(verdicts('"* * * * *"', NOON - 5 * MINUTE, { catchupWindowMs: 9 * MINUTE, policy })).toEqual([
        '11:56:00 start no_daemon',
        '11:57:00 start no_daemon',
        '11:58:00 start overlap',
        '11:59:00 start overlap',
        '12:00:00 start started by scheduler',
      ]);
    }
  });

  test('skip_if_successful looks at the time since the tick before', () => {
    const at = (succeededAt: number): string[] =>
      verdicts('"0 * * * *"', NOON - MINUTE, { skipIfSuccessful: true, succeededAt });
    expect(at(NOON - 30 * MINUTE)).toEqual(['12:00:00 start already_succeeded']);
    expect(at(NOON - 61 * MINUTE)).toEqual(['12:00:00 start started by scheduler']);
  });

  test('what cannot start is missed with the error; a stop needs no file', () => {
    const broken = { reason: 'invalid_file', message: 'E201: steps is required' } as const;
    const { ticks } = dueTicks(
      cursors('{start: "0 12 * * *", stop: "0 12 * * *"}', NOON - MINUTE),
      'UTC',
      NOON,
    );
    expect(decideTicks(ticks, { ...FACTS, broken }).ticks).toMatchObject([
      { tick: { kind: 'stop' }, outcome: 'started' },
      { tick: { kind: 'start' }, outcome: 'missed', ...broken },
    ]);
  });
});

describe('queues (§21.1)', () => {
  const run = (id: string, more: Partial<QueuedRun> = {}): QueuedRun => ({
    ...{ id, dag: 'etl', definition: 'd', queue: null, trigger: 'manual', dueAt: null, scheduledAt: null },
    tick: null,
    ...more,
  });
  const next = (queued: QueuedRun[], more: Partial<Parameters<typeof nextOfQueues>[1]> = {}): string[] =>
    nextOfQueues(queued, {
      ...{ now: NOON, room: Number.POSITIVE_INFINITY, isHeld: () => false },
      places: ({ dag }) => ({ key: dag, taken: 0, most: 1 }),
      ...more,
    }).map(({ id }) => id);

  test('in order of arrival within a queue; queues do not wait for each other', () => {
    expect(next([run('a'), run('b'), run('c', { dag: 'other' })])).toEqual(['a', 'c']);
  });

  test('what is not due yet lets others pass; what waits for a place does not', () => {
    const [early, held] = [run('early', { dueAt: NOON + 1 }), run('held')];
    expect(next([early, held])).toEqual(['held']);
    expect(next([held, run('b')], { isHeld: ({ id }) => id === 'held' })).toEqual([]);
  });

  test('places, and the limit of the daemon', () => {
    const places = (): { key: string; taken: number; most: number } => ({ key: 'q', taken: 1, most: 3 });
    expect(next([run('a'), run('b'), run('c')], { places })).toEqual(['a', 'b']);
    const free = (): { key: string; taken: number; most: number } => ({ key: 'q', taken: 9, most: 0 });
    expect(next([run('a'), run('b'), run('c')], { places: free, room: 2 })).toEqual(['a', 'b']);
  });
});

test('jitter is the same every time, within its bounds, and spreads close names (§20.5, L4)', () => {
  const all = Array.from({ length: 1_000 }, (_, i) => jitterMs(`job-${i}`, 60));
  expect(all).toEqual(Array.from({ length: 1_000 }, (_, i) => jitterMs(`job-${i}`, 60)));
  for (const ms of all) expect(ms >= 0 && ms <= 60_000).toBe(true);
  const tenths = new Set(all.map((ms) => Math.floor(ms / 6_000)));
  for (const tenth of Array.from({ length: 10 }, (_, i) => i)) {
    const share = all.filter((ms) => Math.floor(ms / 6_000) === tenth).length;
    expect([tenth, share > 50 && share < 150]).toEqual([tenth, true]);
  }
  expect(tenths.size).toBeGreaterThanOrEqual(10);
  expect(jitterMs('x', 0)).toBe(0);
});
