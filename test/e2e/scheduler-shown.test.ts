import { join } from 'node:path';
import { describe, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { HELD, NEVER, yard, type Yard } from '../support/scheduler.ts';

const EVERY_SECOND = 'schedule: "* * * * * *"\n';
const EFFECT = `steps: [{run: 'echo "\${run.scheduled_at}" >> effects'}]\n`;
const QUARTER = 15 * 60_000;

interface History {
  readonly runs: readonly { readonly id: string; readonly trigger: string }[];
  readonly ticks: readonly { readonly dag: string; readonly outcome: string; readonly reason: string }[];
}

const history = (at: Yard): Promise<History> => at.json(['history', '--json']);

describe.concurrent('what a person sees of a daemon', () => {
  test('status --daemon: its facts and what is wrong with files, exit 0; without one exit 1', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/good.yaml', NEVER + EFFECT);
    at.write('dags/bad.yaml', `${NEVER}stesp: []\n`);
    const none = await at.flow(['status', '--daemon', '--json']);
    expect([none.code, JSON.parse(none.stdout)]).toEqual([1, { daemon: null }]);
    const daemon = await at.ready();
    const shown = async (): Promise<string> => (await at.flow(['status', '--daemon'])).stdout;
    await eventually(async () => (await shown()).includes('bad.yaml'));
    const { code, stdout } = await at.flow(['status', '--daemon']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`pid +${daemon.pid}, flow `));
    expect(stdout).toMatch(/folder +dags, 1 scheduled/);
    expect(stdout).toMatch(/✗ dags\/bad\.yaml: E\d+/);
    expect(await daemon.drain()).toBe(0);
    const after = await at.flow(['status', '--daemon']);
    expect([after.code, after.stdout]).toEqual([1, '']);
    expect(after.stderr).toContain('no daemon is running');
  });

  test('list: a broken file is a line with its error, and the others stand beside it', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/good.yaml', `labels: [k=v]\n${EVERY_SECOND}${EFFECT}`);
    at.write('dags/bad.yaml', 'stesp: []\n');
    const { code, stdout, stderr } = await at.flow(['list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/bad .*E\d+/);
    expect(stdout).toMatch(/good +\* \* \* \* \* \*/);
    expect(stderr).toContain('flow scheduler');
    expect((await at.json(['list', '--json', '--label', 'k=v'])) as unknown).toMatchObject({
      dags: [{ name: 'good', suspended: false, problem: null }],
    });
  });

  test('history --json: ticks that were skipped, with the reason, beside the run that was in their way', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    at.write('dags/a.yaml', `${EVERY_SECOND}steps: [{run: '${HELD}'}]\n`);
    const daemon = await at.ready();
    await eventually(() => at.ticks('a').filter(({ outcome }) => outcome === 'skipped').length >= 2);
    const { runs, ticks } = await history(at);
    expect(runs).toMatchObject([{ trigger: 'scheduler' }]);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    for (const tick of ticks) expect(tick).toMatchObject({ dag: 'a', outcome: 'skipped', reason: 'overlap' });
    daemon.kill('SIGKILL');
    await daemon.ended;
    expect((await at.flow(['stop', String(runs[0]?.id)])).code).toBe(0);
  });
});

describe.concurrent('catch-up (§20.6)', () => {
  test('cancel_running: only the newest of the window is offered', async ({ expect, onTestFinished }) => {
    const at = yard(onTestFinished);
    // Minutes that are over, so that no live tick takes the place of the one that is caught up.
    const now = new Date().getUTCMinutes();
    const minutes = Array.from({ length: 10 }, (_, i) => (now + 60 - 3 - i) % 60).join(',');
    at.write(
      'dags/a.yaml',
      `schedule: "TZ=UTC ${minutes} * * * *"\noverlap_policy: cancel_running\ncatchup_window: 10m\n${EFFECT}`,
    );
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    at.change(`update cursor set at = at - ${QUARTER}`);
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    const [newest, ...before] = at.ticks('a').reverse();
    expect(before).toHaveLength(9);
    expect(newest?.outcome).toBe('started');
    expect(new Set(before.map(({ outcome, reason }) => `${outcome} ${reason}`))).toEqual(
      new Set(['missed no_daemon']),
    );
    const caughtUp = at.rows("select scheduled_at as at from run where trigger = 'catchup'");
    expect(caughtUp).toEqual([{ at: newest?.at }]);
  });

  test('stop and restart never are, whatever the window', async ({ expect, onTestFinished }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    const schedule = 'schedule: {start: "0 0 29 2 *", stop: "*/2 * * * *", restart: "1-59/2 * * * *"}';
    at.write('dags/a.yaml', `${schedule}\ncatchup_window: 1d\nsteps: [{run: '${HELD}'}]\n`);
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    // Two hours: only the last minute is live.
    at.change(`update cursor set at = at - 7200000 where entry like 'stop%' or entry like 'restart%'`);
    const mine = at.spawn(['run', join('dags', 'a.yaml'), '--run-id', 'mine']);
    await eventually(() => at.effects().length === 1);
    const daemon = await at.ready();
    const old = (kind: string) =>
      at.ticks('a').filter((tick) => tick.kind === kind && tick.decided - tick.at > 60_000);
    await eventually(() => old('stop').length >= 55 && old('restart').length >= 55);
    for (const kind of ['stop', 'restart'])
      expect(new Set(old(kind).map(({ outcome, reason }) => `${outcome} ${reason}`))).toEqual(
        new Set(['missed no_daemon']),
      );
    expect(at.rows("select id from run where trigger = 'catchup'")).toEqual([]);
    daemon.kill('SIGKILL');
    mine.kill('SIGKILL');
    await Promise.all([daemon.ended, mine]);
  });
});
