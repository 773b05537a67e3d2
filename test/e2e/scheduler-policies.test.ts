import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { jitterMs } from '../../src/core/jitter.ts';
import { eventually } from '../support/eventually.ts';
import { HELD, NEVER, yard, type Tick, type Yard } from '../support/scheduler.ts';

const EVERY_SECOND = 'schedule: "* * * * * *"\n';
const HOLD = `steps: [{run: '${HELD}'}]\n`;
const EFFECT = `steps: [{run: 'echo "\${run.scheduled_at}" >> effects'}]\n`;

const release = (at: Yard): void => rmSync(join(at.dir, 'dags/hold'), { force: true });
const outcomes = (ticks: readonly Tick[]): string[] =>
  ticks.map(({ outcome, reason }) => `${outcome} ${reason}`);
/** Milliseconds that a tick was decided after its time. */
const late = ({ at, decided }: Tick): number => decided - at;

describe.concurrent('a run of the DAG is not done (§20.7, L3)', () => {
  test('skip: its ticks are rows with the reason, and the next one after its end starts', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    at.write('dags/a.yaml', EVERY_SECOND + HOLD);
    const daemon = await at.ready();
    await eventually(() => at.ticks('a').length >= 3);
    expect(outcomes(at.ticks('a')).slice(0, 3)).toEqual([
      'started null',
      'skipped overlap',
      'skipped overlap',
    ]);
    expect(at.states()).toHaveLength(1);
    release(at);
    await eventually(() => at.states().length > 1);
    expect(await daemon.drain()).toBe(0);
  });

  test('all: ticks queue up and run one after the other, in order', async ({ expect, onTestFinished }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    const step = `steps: [{run: 'while test -e hold; do sleep 0.05; done; echo "\${run.scheduled_at}" >> effects'}]\n`;
    at.write('dags/a.yaml', `${EVERY_SECOND}overlap_policy: all\n${step}`);
    const daemon = await at.ready();
    await eventually(() => at.states().length >= 4);
    expect(at.states().slice(0, 4)).toEqual(['running', 'queued', 'queued', 'queued']);
    release(at);
    await eventually(() => at.effects().length >= 4);
    expect(await daemon.drain()).toBe(0);
    expect(at.effects()).toEqual([...at.effects()].sort());
  });

  test('latest: one tick waits, and each newer one takes its place', async ({ expect, onTestFinished }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    at.write('dags/a.yaml', `${EVERY_SECOND}overlap_policy: latest\n${HOLD}`);
    const daemon = await at.ready();
    const replaced = (): number => at.rows("select 1 from run where reason = 'replaced'").length;
    await eventually(() => replaced() >= 2);
    const ticks = at.ticks('a');
    expect(ticks.at(-1)?.outcome).toBe('started');
    expect(ticks.filter(({ outcome }) => outcome === 'started')).toHaveLength(2);
    expect(new Set(outcomes(ticks))).toEqual(new Set(['started null', 'skipped overlap']));
    release(at);
    await eventually(() => at.effects().filter((line) => line === 'done').length >= 2);
    expect(await daemon.drain()).toBe(0);
  });

  test('a run that waits for a person is not busy, one of flow run is', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    at.write(
      'dags/ask.yaml',
      `${EVERY_SECOND}steps: [{id: q, action: human.task, with: {prompt: "well?"}}]\n`,
    );
    at.write('dags/mine.yaml', EVERY_SECOND + HOLD);
    const mine = at.spawn(['run', 'mine', '--run-id', 'mine-1']);
    await eventually(() => at.effects().length === 1);
    const daemon = await at.ready();
    await eventually(() => at.ticks('ask').length >= 2 && at.ticks('mine').length >= 2);
    expect(new Set(outcomes(at.ticks('ask')))).toEqual(new Set(['started null']));
    expect(new Set(outcomes(at.ticks('mine')))).toEqual(new Set(['skipped overlap']));
    release(at);
    expect((await mine).exitCode).toBe(0);
    expect(await daemon.drain()).toBe(0);
  });

  test('skip_if_successful: a run between two ticks does the work of the second; those of ticks do their own', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/a.yaml', `${EVERY_SECOND}skip_if_successful: true\nsteps: [{run: echo x >> effects}]\n`);
    const daemon = await at.ready();
    const seen = (what: string): Tick[] => at.ticks('a').filter((tick) => outcomes([tick])[0] === what);
    await eventually(() => seen('started null').length >= 3);
    expect(seen('skipped already_succeeded')).toEqual([]);
    const manual = await at.flow(['run', join(at.dir, 'dags/a.yaml')]);
    expect(manual.code).toBe(0);
    await eventually(() => seen('skipped already_succeeded').length === 1);
    // Only that one tick was done already.
    const started = seen('started null').length;
    await eventually(() => seen('started null').length > started);
    expect(await daemon.drain()).toBe(0);
    const [tick] = seen('skipped already_succeeded');
    const [run] = at.rows('select finished_at as at from run where scheduled_at is null');
    expect(tick!.at).toBeGreaterThan(Number(run!['at']));
    expect(seen('skipped already_succeeded')).toHaveLength(1);
  });
});

describe.concurrent('when a tick starts its run', () => {
  test('jitter_sec delays the start by what the name says; the tick stays what it is (§20.5)', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/a.yaml', `${EVERY_SECOND}jitter_sec: 3\noverlap_policy: all\n${EFFECT}`);
    const daemon = await at.ready();
    await eventually(() => at.effects().length >= 2);
    expect(await daemon.drain()).toBe(0);
    const runs = at.rows("select scheduled_at as at, started_at as began from run where state = 'succeeded'");
    for (const { at: tick, began } of runs)
      expect(Number(began) - Number(tick)).toBeGreaterThanOrEqual(jitterMs('a', 3));
    expect(at.effects()).toEqual(runs.map(({ at: tick }) => new Date(Number(tick)).toISOString()));
  });

  test('at: fires once, whoever starts afterwards (§20.1)', async ({ expect, onTestFinished }) => {
    const at = yard(onTestFinished);
    const minute = Math.floor(Date.now() / 60_000) * 60_000;
    const entry = `schedule: [{at: "${new Date(minute).toISOString()}"}]\n`;
    at.write('dags/a.yaml', entry + EFFECT);
    // First seen after its time: nothing. As it would have been seen before: once.
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    expect(at.ticks('a')).toEqual([]);
    at.change(`update cursor set at = ${minute - 1}`);
    const fired = [await at.flow(['scheduler', '--once']), await at.flow(['scheduler', '--once'])];
    expect(fired.map(({ code }) => code)).toEqual([0, 0]);
    const late = (at.ticks('a')[0]?.decided ?? 0) - minute > 60_000;
    expect(outcomes(at.ticks('a'))).toEqual([late ? 'missed no_daemon' : 'started null']);
    expect(at.effects()).toEqual(late ? [] : [new Date(minute).toISOString()]);
  });
});

describe.concurrent('after a time without a daemon (§20.6, L2)', () => {
  const QUARTER = 15 * 60_000;
  /** Ticks of the last quarter of an hour, which no daemon saw. */
  async function afterQuarter(at: Yard, policy: string): Promise<{ old: Tick[]; live: Tick[]; log: string }> {
    const dag = `schedule: "* * * * *"\n${policy}${EFFECT}`;
    at.write('dags/a.yaml', dag);
    at.write('dags/other.yaml', NEVER + EFFECT);
    const first = await at.flow(['scheduler', '--once']);
    if (first.code !== 0) throw new Error(first.stderr);
    at.change(`update cursor set at = at - ${QUARTER}`);
    const { code, stderr } = await at.flow(['scheduler', '--once']);
    if (code !== 0) throw new Error(stderr);
    const ticks = at.ticks('a');
    return {
      old: ticks.filter((tick) => late(tick) > 60_000),
      live: ticks.filter((tick) => late(tick) <= 60_000),
      log: stderr,
    };
  }

  test('without catchup_window they are missed, in one line of the log, and only the last minute runs', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    const { old, live, log } = await afterQuarter(at, '');
    expect(old.length).toBeGreaterThanOrEqual(13);
    expect(new Set(outcomes(old))).toEqual(new Set(['missed no_daemon']));
    expect(new Set(outcomes(live))).toEqual(new Set(['started null']));
    const told = log.split('\n').filter((line) => line.includes('no daemon ran'));
    expect(told).toHaveLength(1);
    expect(at.effects()).toEqual(live.map((tick) => new Date(tick.at).toISOString()));
  });

  test.for([
    ['skip', (ticks: Tick[]) => [ticks[0]]],
    ['all', (ticks: Tick[]) => ticks],
    ['latest', (ticks: Tick[]) => ticks.slice(-1)],
  ] as const)('with it, %s', async ([policy, run], { expect, onTestFinished }) => {
    const at = yard(onTestFinished);
    const { old, live } = await afterQuarter(at, `overlap_policy: ${policy}\ncatchup_window: 10m\n`);
    const now = old[0]?.decided ?? 0;
    const offered = old.filter((tick) => tick.at >= now - 600_000);
    expect(offered.length).toBeGreaterThanOrEqual(9);
    const [missed] = [old.filter((tick) => !offered.includes(tick))];
    expect(new Set(outcomes(missed))).toEqual(new Set(['missed no_daemon']));
    // Of `latest` a live tick takes the place of the one that was caught up.
    const ran = old.concat(live).filter(({ outcome }) => outcome === 'started');
    const all = [...offered, ...live];
    expect(ran).toEqual(policy === 'latest' ? all.slice(-1) : run(all));
    const triggers = new Set(
      at.rows("select trigger from run where state = 'succeeded'").map(({ trigger }) => trigger),
    );
    expect(triggers.has('catchup')).toBe(ran.some((tick) => late(tick) > 60_000));
    expect(at.effects()).toEqual(ran.map((tick) => new Date(tick.at).toISOString()));
  });

  test('more than a thousand: one row stands for the oldest, with their number (§5.3)', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/a.yaml', `schedule: "* * * * *"\n${EFFECT}`);
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    at.change('update cursor set at = at - 86400000');
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    const ticks = at.ticks('a');
    expect(ticks).toHaveLength(1_001);
    expect(ticks[0]?.count).toBeGreaterThan(400);
    // A day of minutes, and one more if a minute has passed meanwhile.
    const all = ticks.reduce((sum, { count }) => sum + count, 0);
    expect([1_440, 1_441]).toContain(all);
  });
});
