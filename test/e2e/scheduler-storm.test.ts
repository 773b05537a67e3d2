import { chmodSync, existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { place, type Place } from '../support/flow.ts';
import { random } from '../support/random.ts';

/** `FLOW_TEST_STORM=200 npx vitest run test/e2e/scheduler-storm.test.ts` kills longer. */
const KILLS = Number(process.env['FLOW_TEST_STORM'] ?? 12);

interface Tick {
  readonly dag: string;
  readonly scheduled_at: number;
  readonly outcome: string;
  readonly run: string | null;
  readonly n: number;
}

const daemon = (at: Place, ...flags: string[]): ReturnType<typeof startDaemon> => startDaemon(at, flags);

async function ticks(at: Place): Promise<Tick[]> {
  const sql = `select t.dag, t.scheduled_at, t.outcome, t.run,
    (select count(*) from run as r where r.dag = t.dag and r.scheduled_at = t.scheduled_at) as n
    from tick as t order by t.scheduled_at`;
  return at.json(['sql', sql, '--json']);
}

const lines = (at: Place, name: string): string[] =>
  existsSync(join(at.dir, name)) ? at.read(name).split('\n').filter(Boolean) : [];

describe('kill -9 of the daemon', () => {
  test(`L1, P6: ${KILLS} kills of an every-second schedule: each second has its tick, each run its one effect`, async () => {
    const at = place();
    at.write(
      'dags/second.yaml',
      `schedule: "* * * * * *"
overlap_policy: all
steps:
  - {id: a, env: [{WHEN: "\${run.scheduled_at}"}], run: 'echo "$WHEN" >> ../effects'}
`,
    );
    const chance = random(7);
    for (let i = 0; i < KILLS; i++) {
      const { child } = await daemon(at);
      await new Promise((resolve) => setTimeout(resolve, 20 + chance.below(1_300)));
      child.kill('SIGKILL');
      await child;
    }
    const { child } = await daemon(at);
    const settled = async (): Promise<boolean> => {
      const rows = await ticks(at);
      return rows.length > KILLS && rows.every(({ outcome }) => outcome === 'started');
    };
    await eventually(settled);
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
    // What was still in the queue, and then nothing more: the schedule is gone.
    at.write('none/none.yaml', 'steps: [{run: "true"}]\n');
    await at.flow(['scheduler', '--once', '--dags', 'none']);

    const rows = await ticks(at);
    const times = rows.map(({ scheduled_at }) => scheduled_at);
    const first = times[0] ?? 0;
    expect(times).toEqual(times.map((_, i) => first + i * 1_000));
    expect(rows.filter(({ n, run }) => n !== 1 || run === null)).toEqual([]);
    const effects = lines(at, 'effects');
    expect([...effects].sort()).toEqual(times.map((ms) => new Date(ms).toISOString()));
    const states: unknown = await at.json(['sql', 'select distinct state from run', '--json']);
    expect(states).toEqual([{ state: 'succeeded' }]);
  }, 600_000);

  test('A4: a step that runs goes on, and the next daemon adopts it with its exit status', async () => {
    const at = place();
    at.write(
      'dags/long.yaml',
      "steps:\n  - {id: a, run: 'echo begun >> ../effects; until test -e ../go; do sleep 0.05; done; echo done >> ../effects; exit 7'}\n",
    );
    const first = await daemon(at);
    expect((await at.flow(['enqueue', 'long', '--run-id', 'r-1'])).code).toBe(0);
    await eventually(() => lines(at, 'effects').length === 1);
    first.child.kill('SIGKILL');
    await first.child;
    const second = await daemon(at);
    await eventually(() => second.log().includes('goes on, attempt 2'));
    at.write('go', '');
    await eventually(() => second.log().includes('exit_code'));
    expect(lines(at, 'effects')).toEqual(['begun', 'done']);
    const status: { run: { state: string }; steps: { tries: { exit_code: number }[] }[] } = await at.json([
      ...['status', 'r-1', '--json'],
    ]);
    expect(status).toMatchObject({ run: { state: 'failed' }, steps: [{ tries: [{ exit_code: 7 }] }] });
    second.child.kill('SIGTERM');
    expect((await second.child).exitCode).toBe(0);
  });
});

describe('one daemon per home (C1, §20.5)', () => {
  test('the second exits 5 and names the first; a killed one holds nothing', async () => {
    const at = place();
    at.write('dags/a.yaml', 'steps: [{run: "true"}]\n');
    const first = await daemon(at);
    const { code, stderr } = await at.flow(['scheduler']);
    expect(code).toBe(5);
    // Also the error that it ends with is a line of its log.
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(lines).toMatchObject([{ level: 'error', code: 'E012' }]);
    expect(lines[0]?.['message']).toContain(`another daemon is running: pid ${first.child.pid}, since 20`);
    first.child.kill('SIGKILL');
    await first.child;
    const third = await daemon(at);
    third.child.kill('SIGTERM');
    expect((await third.child).exitCode).toBe(0);
    expect((await at.flow(['status', '--daemon'])).code).toBe(1);
  });

  test('systemd is told when it is ready and when it ends (sd_notify)', async () => {
    const at = place();
    const file = at.write('dags/a.yaml', 'schedule: "@hourly"\nsteps: [{run: "true"}]\n');
    // One that has just been written may not be whole, and is read a little later.
    utimesSync(file, 1, 1);
    const notify = at.write('bin/systemd-notify', `#!/bin/sh\necho "$@" >> '${at.dir}/told'\n`);
    chmodSync(notify, 0o755);
    const PATH = `${join(at.dir, 'bin')}:${process.env['PATH'] ?? ''}`;
    const child = at.spawn(['scheduler'], { env: { PATH, NOTIFY_SOCKET: '/run/none' } });
    onTestFinished(() => void child.kill('SIGKILL'));
    await eventually(() => lines(at, 'told').length === 1);
    expect(lines(at, 'told')).toEqual([`--pid=${child.pid} --ready --status=1 scheduled DAG`]);
    // A step must not speak for the service.
    at.write('dags/env.yaml', "steps: [{run: 'env | grep -c NOTIFY_SOCKET >> ../socket || true'}]\n");
    await at.flow(['enqueue', 'env']);
    await eventually(() => lines(at, 'socket').length === 1);
    expect(lines(at, 'socket')).toEqual(['0']);
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
    expect(lines(at, 'told')[1]).toBe(`--pid=${child.pid} STOPPING=1`);
  });

  test('of 10 that start at once one wins', async () => {
    const at = place();
    at.write('dags/a.yaml', 'steps: [{run: "true"}]\n');
    const all = Array.from({ length: 10 }, () => at.spawn(['scheduler']));
    onTestFinished(() => all.forEach((one) => void one.kill('SIGKILL')));
    let refused = 0;
    for (const one of all) void one.then(({ exitCode }) => (refused += exitCode === 5 ? 1 : 0));
    await eventually(() => refused === 9);
    const winner = all.find(({ exitCode }) => exitCode === null);
    winner?.kill('SIGTERM');
    expect((await winner)?.exitCode).toBe(0);
  });
});

const GATED = `steps:
  - {id: a, run: 'echo a >> ../effects; until test -e ../go; do sleep 0.05; done'}
  - {id: b, depends: a, run: echo b >> ../effects}
`;

describe('signals (CLI.md §6)', () => {
  test('the first drains: exit 0 in time, what was left is adopted by the next daemon and not run twice', async () => {
    const at = place();
    at.write('dags/gated.yaml', GATED);
    at.write('dags/second.yaml', 'schedule: "* * * * * *"\nsteps: [{id: a, run: echo tick >> ../ticks}]\n');
    const old = await daemon(at, '--drain-timeout', '100ms');
    for (const id of ['r-1', 'r-2', 'r-3']) await at.flow(['enqueue', 'gated', '--name', id, '--run-id', id]);
    await eventually(() => lines(at, 'effects').length === 3);
    old.child.kill('SIGTERM');
    expect((await old.child).exitCode).toBe(0);
    expect(old.log()).toContain('3 interrupted');
    const fresh = await daemon(at);
    at.write('go', '');
    await eventually(() => lines(at, 'effects').length === 6);
    const ended = async (): Promise<boolean> => {
      const { runs }: { runs: { id: string; state: string }[] } = await at.json([
        'history',
        '--json',
        '--limit',
        '0',
      ]);
      return runs.filter(({ id, state }) => id.startsWith('r-') && state === 'succeeded').length === 3;
    };
    await eventually(ended);
    fresh.child.kill('SIGTERM');
    expect((await fresh.child).exitCode).toBe(0);
    expect(lines(at, 'effects').sort()).toEqual(['a', 'a', 'a', 'b', 'b', 'b']);
    // Over the change of daemons no second is without its row.
    const times = (await ticks(at)).map(({ scheduled_at }) => scheduled_at);
    expect(times).toEqual(times.map((_, i) => (times[0] ?? 0) + i * 1_000));
  });

  test('the second stops the runs, with 143 or 130; the third leaves at once', async () => {
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const at = place();
      at.write('dags/gated.yaml', GATED);
      const { child, log } = await daemon(at, '--drain-timeout', '60s');
      await at.flow(['enqueue', 'gated', '--run-id', 'r-1']);
      await eventually(() => lines(at, 'effects').length === 1);
      process.kill(child.pid ?? 0, signal);
      await eventually(() => log().includes('draining'));
      process.kill(child.pid ?? 0, signal);
      expect((await child).exitCode).toBe(code);
      const status: { run: { state: string } } = await at.json(['status', 'r-1', '--json']);
      expect(status.run.state).toBe('aborted');
    }
    const at = place();
    const last = '; echo end >> ../effects';
    at.write(
      'dags/gated.yaml',
      GATED.replace('until', 'trap "" TERM; until').replace("done'", `done${last}'`),
    );
    const { child, log } = await daemon(at, '--drain-timeout', '60s');
    await at.flow(['enqueue', 'gated', '--run-id', 'r-1']);
    await eventually(() => lines(at, 'effects').length === 1);
    for (const word of ['draining', 'stopping', 'leaving']) {
      child.kill('SIGTERM');
      await eventually(() => log().includes(word));
    }
    expect((await child).exitCode).toBe(143);
    const status: { run: { state: string } } = await at.json(['status', 'r-1', '--json']);
    expect(status.run.state).toBe('interrupted');
    // Its step goes on, to its end.
    at.write('go', '');
    await eventually(() => lines(at, 'effects').includes('end'));
  });

  test('A12: a paused daemon that wakes up late takes up its ticks, each once', async () => {
    const at = place();
    at.write('dags/second.yaml', 'schedule: "* * * * * *"\noverlap_policy: all\nsteps: [{run: "true"}]\n');
    const { child } = await daemon(at);
    await eventually(async () => (await ticks(at)).length >= 2);
    child.kill('SIGSTOP');
    const before = (await ticks(at)).length;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await ticks(at)).length).toBe(before);
    child.kill('SIGCONT');
    await eventually(async () => (await ticks(at)).length >= before + 3);
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
    const times = (await ticks(at)).map(({ scheduled_at }) => scheduled_at);
    expect(times).toEqual(times.map((_, i) => (times[0] ?? 0) + i * 1_000));
  });
});
