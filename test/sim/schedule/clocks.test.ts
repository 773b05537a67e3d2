import { describe, expect, test } from 'vitest';
import { runs } from '../../../src/store/sqlite/queries.ts';
import { suspend, ticks } from '../../../src/store/sqlite/schedules.ts';
import { emptyDatabase } from '../simulate.ts';
import { ScheduleWorld } from './world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NOON = Date.parse('2026-05-01T12:00:00Z');

/** A daemon on one DAG, on a clock that the test moves: the wall clock may jump, timers follow the monotonic one. */
function world(fields: Record<string, unknown>, wall = NOON): Stage {
  const dag = { name: 'etl', steps: [{ id: 'a', run: 'work' }], ...fields };
  const plan = { seed: 1, wall, shifts: [], maxRuns: 0, resumeInterrupted: true };
  const all = new ScheduleWorld(emptyDatabase(), {
    ...plan,
    dags: [{ name: 'etl', text: JSON.stringify(dag) }],
  });
  all.machine.isCalm = true;
  return new Stage(all);
}

class Stage {
  readonly #world: ScheduleWorld;
  #stop: () => void = () => undefined;

  constructor(all: ScheduleWorld) {
    this.#world = all;
  }

  get db(): ScheduleWorld['db'] {
    return this.#world.db;
  }

  start(): void {
    const { flow, daemon } = this.#world.daemon([], 0);
    void daemon.run();
    this.#stop = () => flow.end();
  }

  kill(): void {
    this.#stop();
  }

  async pass(ms: number): Promise<void> {
    const { time } = this.#world;
    const until = time.now + ms;
    time.after(ms, () => undefined);
    await time.runUntil(() => time.now >= until, { ms: Number.MAX_SAFE_INTEGER, events: 1_000_000 });
  }

  /** The wall clock jumps; nothing else happens meanwhile. */
  jump(ms: number): void {
    this.#world.time.wallOffset += ms;
  }

  /** `12:00:00 outcome reason`, oldest first. */
  ticks(): string[] {
    expect(this.#world.monitor.violations).toEqual([]);
    return ticks(this.db, { limit: 0 })
      .reverse()
      .map(({ scheduledAt, outcome, reason, count, run }) => {
        const trigger = runs(this.db, { limit: 0 }).find(({ id }) => id === run)?.trigger;
        const by = outcome !== 'started' ? (reason ?? '') : (trigger ?? '');
        return `${clock(scheduledAt)} ${outcome} ${by}${count > 1 ? ` x${count}` : ''}`.trim();
      });
  }
}

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

describe('clocks of a daemon (RELIABILITY.md §5.3)', () => {
  test('D1: a clock that jumps ahead makes no burst: what lies more than a minute back is missed', async () => {
    const at = world({ schedule: '*/10 * * * *', overlap_policy: 'all' });
    at.start();
    await at.pass(10 * SECOND);
    at.jump(2 * HOUR);
    await at.pass(SECOND);
    const all = at.ticks();
    expect(all).toHaveLength(12);
    expect(all.slice(0, 11).every((one) => one.endsWith('missed no_daemon'))).toBe(true);
    // 14:00:00 is ten seconds old.
    expect(all[11]).toBe('14:00:00 started scheduler');
  });

  test('D1: ten years ahead: a thousand rows, one for the rest, and the daemon goes on', async () => {
    const at = world({ schedule: '* * * * *', overlap_policy: 'all' });
    at.start();
    await at.pass(10 * SECOND);
    at.jump(3_652 * 24 * HOUR);
    await at.pass(SECOND);
    expect(at.ticks()).toHaveLength(1_001);
    expect(at.ticks()[0]).toMatch(/ x\d{6}$/);
    await at.pass(MINUTE);
    expect(at.ticks().at(-1)).toBe('12:01:00 started scheduler');
  });

  test('D2: a clock that is set back fires no tick twice, and goes on where it was', async () => {
    const at = world({ schedule: '* * * * *' });
    at.start();
    await at.pass(2 * MINUTE + SECOND);
    expect(at.ticks()).toEqual(['12:01:00 started scheduler', '12:02:00 started scheduler']);
    at.jump(-10 * MINUTE);
    await at.pass(9 * MINUTE);
    expect(at.ticks()).toHaveLength(2);
    await at.pass(2 * MINUTE);
    expect(at.ticks().slice(2)).toEqual(['12:03:00 started scheduler']);
    const [first] = runs(at.db, { limit: 0 });
    expect((first?.finishedAt ?? 0) - (first?.startedAt ?? 0)).toBeGreaterThanOrEqual(0);
  });

  test('D4: asleep for eight hours: awake again, the last minute fires and the rest is missed', async () => {
    const at = world({ schedule: '*/30 * * * * *', overlap_policy: 'all' });
    at.start();
    await at.pass(35 * SECOND);
    at.jump(8 * HOUR);
    // Timers stood still: the next look comes half a second after it woke up.
    await at.pass(SECOND);
    const all = at.ticks();
    expect(all[0]).toBe('12:00:30 started scheduler');
    expect(all.slice(-2)).toEqual(['20:00:00 started scheduler', '20:00:30 started scheduler']);
    expect(all.slice(1, -2).every((one) => one.endsWith('missed no_daemon'))).toBe(true);
    expect(all).toHaveLength(1 + 8 * 120);
  });

  test('D5: woken a millisecond early, it waits', async () => {
    const at = world({ schedule: '* * * * *' }, NOON + 59_000);
    at.start();
    await at.pass(998);
    at.jump(-1);
    await at.pass(2);
    expect(at.ticks()).toEqual([]);
    await at.pass(1);
    expect(at.ticks()).toEqual(['12:01:00 started scheduler']);
  });

  test('D6: a tick that is a month away: no wait is longer than half a second, and it fires', async () => {
    const at = world({ schedule: '0 12 1 6 *' });
    at.start();
    await at.pass(MINUTE);
    at.jump(31 * 24 * HOUR - 2 * MINUTE);
    await at.pass(30 * SECOND);
    expect(at.ticks()).toEqual([]);
    await at.pass(31 * SECOND);
    expect(at.ticks()).toEqual(['12:00:00 started scheduler']);
  });

  test('D3: an hour that comes twice and one that does not come', async () => {
    const zone = { timezone: 'Europe/Berlin', schedule: ['30 2 * * *', '0 * * * *'], overlap_policy: 'all' };
    const autumn = world(zone, Date.parse('2026-10-24T23:50:00Z'));
    autumn.start();
    await autumn.pass(2 * HOUR);
    // 02:00 and 02:30 summer time, 02:00 winter time; 02:30 is fixed and came already.
    expect(autumn.ticks()).toEqual([
      '00:00:00 started scheduler',
      '00:30:00 started scheduler',
      '01:00:00 started scheduler',
    ]);
    const spring = world({ ...zone, schedule: '30 2 * * *' }, Date.parse('2026-03-29T00:50:00Z'));
    spring.start();
    await spring.pass(2 * HOUR);
    expect(spring.ticks()).toEqual(['01:00:00 started scheduler']);
  });
});

describe('times without a daemon', () => {
  test('L2: three days down: all ticks are recorded as missed, none runs', async () => {
    const at = world({ schedule: '*/15 * * * *', overlap_policy: 'all' });
    at.start();
    await at.pass(SECOND);
    at.kill();
    at.jump(3 * 24 * HOUR + 2 * MINUTE);
    at.start();
    await at.pass(SECOND);
    const all = at.ticks();
    expect(all).toHaveLength(3 * 24 * 4);
    expect(new Set(all.map((one) => one.slice(9)))).toEqual(new Set(['missed no_daemon']));
    expect(runs(at.db, { limit: 0 })).toEqual([]);
  });

  test('L2: with catchup_window what lies inside is made up, oldest first; with latest only the newest', async () => {
    const down = async (policy: string): Promise<string[]> => {
      const at = world({ schedule: '0 * * * *', overlap_policy: policy, catchup_window: '150m' });
      at.start();
      await at.pass(SECOND);
      at.kill();
      at.jump(4 * HOUR + 10 * MINUTE);
      at.start();
      await at.pass(MINUTE);
      return at.ticks();
    };
    expect(await down('all')).toEqual([
      '13:00:00 missed no_daemon',
      '14:00:00 started catchup',
      '15:00:00 started catchup',
      '16:00:00 started catchup',
    ]);
    expect(await down('skip')).toEqual([
      '13:00:00 missed no_daemon',
      '14:00:00 started catchup',
      '15:00:00 skipped overlap',
      '16:00:00 skipped overlap',
    ]);
    expect(await down('latest')).toEqual([
      '13:00:00 missed no_daemon',
      '14:00:00 missed no_daemon',
      '15:00:00 missed no_daemon',
      '16:00:00 started catchup',
    ]);
  });

  test('L3: a tick that finds the DAG busy is skipped, with the reason', async () => {
    const at = world({ schedule: '* * * * * *', delay_sec: 3 });
    at.start();
    await at.pass(3_500);
    expect(at.ticks()).toEqual([
      '12:00:01 started scheduler',
      '12:00:02 skipped overlap',
      '12:00:03 skipped overlap',
    ]);
  });

  test('L6: a schedule that is first seen today has no past', async () => {
    const at = world({ schedule: '0 * * * *', catchup_window: '30d' });
    at.start();
    await at.pass(MINUTE);
    expect(at.ticks()).toEqual([]);
  });

  test('L7: nothing of a time in which the schedule was off is run or missed, whatever the window', async () => {
    const at = world({ schedule: '* * * * *', catchup_window: '30d', overlap_policy: 'all' });
    at.start();
    await at.pass(MINUTE + SECOND);
    suspend(at.db, 'etl', true, NOON + MINUTE + SECOND);
    await at.pass(5 * MINUTE);
    suspend(at.db, 'etl', false, NOON + 6 * MINUTE + SECOND);
    await at.pass(MINUTE);
    expect(at.ticks()).toEqual(['12:01:00 started scheduler', '12:07:00 started scheduler']);
  });
});
