import { appendFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { NEVER, yard, type Yard } from '../support/scheduler.ts';

const EVERY_SECOND = 'schedule: "* * * * * *"\noverlap_policy: all\n';
const EFFECT = 'steps: [{run: echo x >> effects}]\n';

interface Shown {
  readonly daemon: {
    readonly scheduled: number;
    readonly problems: readonly {
      readonly file: string;
      readonly message: string;
      readonly keeps_older: boolean;
    }[];
  };
}

const status = async (at: Yard): Promise<Shown['daemon']> =>
  ((await at.json(['status', '--daemon', '--json'])) as Shown).daemon;

/** A file that nobody is writing to any more, as far as its times tell. */
function settled(at: Yard, name: string, text: string): string {
  const path = at.write(name, text);
  utimesSync(path, new Date(), new Date(Date.now() - 60_000));
  return path;
}

describe.concurrent('files that change', () => {
  test('G15: a file that is written in two steps is read when it is whole, also when its half is a DAG', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/other.yaml', NEVER + EFFECT);
    const daemon = await at.ready();
    const path = at.write(
      'dags/two.yaml',
      `${EVERY_SECOND}type: chain\nsteps:\n  - {run: echo one >> effects}\n`,
    );
    appendFileSync(path, '  - {run: echo two >> effects}\n');
    await eventually(() => at.effects().length >= 2);
    expect(at.effects().slice(0, 2)).toEqual(['one', 'two']);
    // Cut off in the middle of a key.
    at.write('dags/two.yaml', `${EVERY_SECOND}steps:\n  - {run: ech`);
    await eventually(() => daemon.said('its last valid version goes on'));
    expect((await status(at)).problems).toMatchObject([{ file: path, keeps_older: true }]);
    const before = at.ticks('two').length;
    await eventually(() => at.ticks('two').length > before);
    at.write('dags/two.yaml', `${EVERY_SECOND}steps:\n  - {run: echo three >> effects}\n`);
    await eventually(() => at.effects().includes('three'));
    expect((await status(at)).problems).toEqual([]);
    expect(new Set(at.ticks('two').map(({ outcome }) => outcome))).toEqual(new Set(['started']));
    expect(await daemon.drain()).toBe(0);
  });

  test('a file that is being written while the daemon starts keeps its place: nothing of it is forgotten', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    settled(at, 'dags/other.yaml', NEVER + EFFECT);
    const path = settled(at, 'dags/a.yaml', `schedule: "0 0 1 1 *"\n${EFFECT}`);
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    const cursor = (): unknown => at.rows("select at from cursor where dag = 'a'");
    const before = cursor();
    const writing = setInterval(() => utimesSync(path, new Date(), new Date()), 5);
    onTestFinished(() => clearInterval(writing));
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    clearInterval(writing);
    expect(cursor()).toEqual(before);
  });

  test.for([
    ['another expression', `schedule: "0 0 1 1 *"\n${EFFECT}`],
    ['no schedule', EFFECT],
  ] as const)(
    'D10: ticks of a time with %s are neither run nor missed when the old one comes back',
    async ([, other], { expect, onTestFinished }) => {
      const at = yard(onTestFinished);
      const minutes = `schedule: "* * * * *"\ncatchup_window: 1d\noverlap_policy: all\n${EFFECT}`;
      settled(at, 'dags/a.yaml', minutes);
      expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
      settled(at, 'dags/a.yaml', other);
      expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
      at.change('update cursor set at = at - 600000');
      settled(at, 'dags/a.yaml', minutes);
      const again = Date.now();
      expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
      expect(at.ticks('a').filter((tick) => tick.at < again - 60_000)).toEqual([]);
    },
  );

  test('E805: while two files have one name its ticks are missed, with the error; then it goes on', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/a.yaml', EVERY_SECOND + EFFECT);
    const daemon = await at.ready();
    await eventually(() => at.effects().length > 0);
    const twin = at.write('dags/b.yaml', `name: a\n${EVERY_SECOND}${EFFECT}`);
    await eventually(() => at.ticks('a').some(({ outcome }) => outcome === 'missed'));
    const missed = at.ticks('a').find(({ outcome }) => outcome === 'missed');
    expect(missed).toMatchObject({ reason: 'invalid_file', run: null });
    expect(missed?.message).toContain(twin);
    expect((await status(at)).problems.map(({ message }) => message.slice(0, 4))).toEqual(['E805', 'E805']);
    rmSync(twin);
    const runs = at.states().length;
    await eventually(() => at.states().length > runs);
    expect(await daemon.drain()).toBe(0);
    const times = at.ticks('a').map((tick) => tick.at);
    expect(times).toEqual(times.map((_, i) => (times[0] ?? 0) + i * 1_000));
  });

  test('a DAG that is removed fires no more, its run goes on; when it comes back it begins anew', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    const text = `${EVERY_SECOND}catchup_window: 1h\nsteps: [{run: 'echo x >> effects; while test -e hold; do sleep 0.05; done; echo end >> ended'}]\n`;
    const path = at.write('dags/a.yaml', text);
    const daemon = await at.ready();
    await eventually(() => at.effects().length > 0);
    rmSync(path);
    await eventually(() => at.rows('select 1 from cursor').length === 0);
    const gone = Date.now();
    rmSync(join(at.dir, 'dags/hold'));
    await eventually(() => at.states().every((state) => state === 'succeeded'));
    // Two seconds in which it would have fired.
    await eventually(() => Date.now() > gone + 2_000);
    const back = Date.now();
    at.write('dags/a.yaml', text);
    await eventually(() => at.ticks('a').some((tick) => tick.at > back));
    expect(await daemon.drain()).toBe(0);
    expect(at.ticks('a').filter((tick) => tick.at > gone && tick.at < back)).toEqual([]);
  });
});
