import { chmodSync, existsSync, rmSync, truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseDriver, loadDriver } from '../../src/store/sqlite/driver.ts';
import { startDaemon } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { place, type Place } from '../support/flow.ts';

const lines = (at: Place, name: string): string[] =>
  existsSync(join(at.dir, name)) ? at.read(name).split('\n').filter(Boolean) : [];

async function sql<T>(at: Place, query: string): Promise<T[]> {
  return at.json(['sql', query, '--json']);
}

async function stateOf(at: Place, run: string): Promise<string> {
  const { run: found }: { run: { state: string } } = await at.json(['status', run, '--json']);
  return found.state;
}

interface DaemonStatus {
  readonly daemon: { scheduled: number; problems: { file: string; message: string; keeps_older: boolean }[] };
}

const status = (at: Place): Promise<DaemonStatus> => at.json(['status', '--daemon', '--json']);
const EVERY_SECOND = 'schedule: "* * * * * *"\n';
const GATE = `'echo $FLOW_RUN_ID >> ../begun; until test -e ../go; do sleep 0.05; done'`;

describe.concurrent('runs of the daemon', () => {
  test('a queue has its places, and runs come in order of arrival (§21.1)', async ({ onTestFinished }) => {
    const at = place(onTestFinished);
    at.write('flow.config.yaml', 'queues: [{name: two, max_concurrency: 2}]\n');
    at.write('dags/gated.yaml', `queue: two\nsteps: [{run: ${GATE}}]\n`);
    const daemon = await startDaemon(at, [], {}, onTestFinished);
    for (const id of ['r-1', 'r-2', 'r-3']) {
      expect((await at.flow(['enqueue', 'gated', '--run-id', id])).stderr).toContain('for the daemon');
    }
    await eventually(() => lines(at, 'begun').length === 2);
    expect(lines(at, 'begun').sort()).toEqual(['r-1', 'r-2']);
    expect(await stateOf(at, 'r-3')).toBe('queued');
    // From another process: a run of the daemon is a run like any other.
    expect((await at.flow(['stop', 'r-1'])).code).toBe(0);
    expect(await stateOf(at, 'r-1')).toBe('aborted');
    await eventually(() => lines(at, 'begun').length === 3);
    at.write('go', '');
    await eventually(async () => (await stateOf(at, 'r-3')) === 'succeeded');
    expect(await daemon.drain()).toBe(0);
  });

  test('--max-runs holds over all queues; a run that was taken back does not start', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    for (const name of ['a', 'b']) at.write(`dags/${name}.yaml`, `steps: [{run: ${GATE}}]\n`);
    const daemon = await startDaemon(at, ['--max-runs', '1'], {}, onTestFinished);
    await at.flow(['enqueue', 'a', '--run-id', 'r-a']);
    await eventually(() => lines(at, 'begun').length === 1);
    await at.flow(['enqueue', 'b', '--run-id', 'r-b']);
    await at.flow(['enqueue', 'b', '--run-id', 'r-c']);
    expect((await at.flow(['dequeue', 'r-b'])).code).toBe(0);
    at.write('go', '');
    await eventually(async () => (await stateOf(at, 'r-c')) === 'succeeded');
    expect(lines(at, 'begun')).toEqual(['r-a', 'r-c']);
    expect(await daemon.drain()).toBe(0);
  });

  test('a root retry goes through the queue, as often as its policy says (§13.4)', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    at.write(
      'dags/bad.yaml',
      'retry_policy: {limit: 2, interval_sec: 0}\nsteps: [{run: echo x >> ../tries; exit 1}]\n',
    );
    const daemon = await startDaemon(at, [], {}, onTestFinished);
    await at.flow(['enqueue', 'bad', '--run-id', 'r-1']);
    await eventually(async () => (await stateOf(at, 'r-1')) === 'failed');
    expect(lines(at, 'tries')).toHaveLength(3);
    const { stdout } = await at.flow(['events', 'r-1', '--json']);
    expect(stdout.match(/"type":"run\.queued"/g)).toHaveLength(2);
    expect(await daemon.drain()).toBe(0);
  });

  test('an answer without --resume is taken up by the daemon (§18, RELIABILITY.md §3.2)', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    at.write(
      'dags/ask.yaml',
      'steps: [{id: a, run: echo a, approval: {prompt: "go on?"}}, {run: echo b >> ../done, depends: a}]\n',
    );
    const daemon = await startDaemon(at, [], {}, onTestFinished);
    await at.flow(['enqueue', 'ask', '--run-id', 'r-1']);
    await eventually(async () => (await stateOf(at, 'r-1')) === 'waiting');
    expect((await at.flow(['approve', 'r-1', 'a'])).code).toBe(0);
    await eventually(async () => (await stateOf(at, 'r-1')) === 'succeeded');
    expect(lines(at, 'done')).toEqual(['b']);
    expect(await daemon.drain()).toBe(0);
  });

  test('R6: what a person ran and lost stays with the person; resume_interrupted: false leaves all', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    at.write('dags/gated.yaml', `steps: [{run: ${GATE}}]\n`);
    const mine = at.spawn(['run', 'gated', '--run-id', 'r-mine']);
    await eventually(() => lines(at, 'begun').length === 1);
    mine.kill('SIGKILL');
    await mine;
    const first = await startDaemon(at, [], {}, onTestFinished);
    await at.flow(['enqueue', 'gated', '--run-id', 'r-its']);
    await eventually(() => lines(at, 'begun').length === 2);
    first.child.kill('SIGKILL');
    await first.child;
    const env = { FLOW_RESUME_INTERRUPTED: 'false' };
    const second = await startDaemon(at, [], { env }, onTestFinished);
    expect([await stateOf(at, 'r-mine'), await stateOf(at, 'r-its')]).toEqual(['interrupted', 'interrupted']);
    expect(await second.drain()).toBe(0);
    const third = await startDaemon(at, [], {}, onTestFinished);
    at.write('go', '');
    await eventually(async () => (await stateOf(at, 'r-its')) === 'succeeded');
    expect(await stateOf(at, 'r-mine')).toBe('interrupted');
    expect(await third.drain()).toBe(0);
  });

  test('A15: a step that kills the daemon is taken up three times, then left to a person, and named', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    // Its own wrapper dies as well, so that nothing can be adopted.
    const kill = `'echo x >> ../kills; kill -9 $(sed "s/.*\\"pid\\":\\([0-9]*\\).*/\\1/" ../home/work/.locks/daemon.json); kill -9 0'`;
    at.write('dags/killer.yaml', `steps: [{id: bad, run: ${kill}}]\n`);
    await at.flow(['enqueue', 'killer', '--run-id', 'r-1']);
    for (let i = 1; i <= 4; i++) {
      const daemon = await startDaemon(at, [], {}, onTestFinished);
      await daemon.child;
      expect(lines(at, 'kills')).toHaveLength(i);
    }
    const last = await startDaemon(at, [], {}, onTestFinished);
    expect(last.log()).toContain('stays interrupted: flow died 3 times while bad ran');
    expect(await stateOf(at, 'r-1')).toBe('interrupted');
    expect(await last.drain()).toBe(0);
    expect(lines(at, 'kills')).toHaveLength(4);
  });

  test('R7: restarts in good order are no deaths, so a long step outlives any number of them', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    at.write('dags/long.yaml', `steps: [{run: ${GATE}}]\n`);
    await at.flow(['enqueue', 'long', '--run-id', 'r-1']);
    for (let i = 1; i <= 5; i++) {
      const daemon = await startDaemon(at, ['--drain-timeout', '0s'], {}, onTestFinished);
      await eventually(
        async () => (await stateOf(at, 'r-1')) === 'running' && lines(at, 'begun').length === 1,
      );
      expect(await daemon.drain()).toBe(0);
      expect(await stateOf(at, 'r-1')).toBe('interrupted');
    }
    const last = await startDaemon(at, [], {}, onTestFinished);
    at.write('go', '');
    await eventually(async () => (await stateOf(at, 'r-1')) === 'succeeded');
    expect(await last.drain()).toBe(0);
    expect(lines(at, 'begun')).toHaveLength(1);
    const { stdout } = await at.flow(['events', 'r-1']);
    expect(stdout.match(/run\.left/g)).toHaveLength(5);
  });

  test('a step sees its tick and what started it, and of the environment what is passed on (§7.2, §8.3)', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    at.write('flow.config.yaml', 'env_passthrough: [PATH, MY_*]\n');
    at.write(
      'dags/see.yaml',
      `${EVERY_SECOND}steps: [{env: [{A: "\${trigger.type}"}, {T: "\${run.scheduled_at}"}], run: 'echo "$A $T $MY_X-$OTHER" >> ../seen'}]\n`,
    );
    const daemon = await startDaemon(at, [], { env: { MY_X: 'x', OTHER: 'y' } }, onTestFinished);
    await eventually(() => lines(at, 'seen').length >= 1);
    expect(await daemon.drain()).toBe(0);
    expect(lines(at, 'seen')[0]).toMatch(/^scheduler \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z x-$/);
    const logged = daemon
      .log()
      .trim()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line) as object));
    for (const keys of logged) expect(keys.slice(0, 3)).toEqual(['at', 'level', 'message']);
  });
});

describe.concurrent('ticks', () => {
  test('cancel_running stops what runs, then starts; stop only stops (§20.1, §20.7)', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    at.write(
      'dags/c.yaml',
      `schedule: "*/2 * * * * *"\noverlap_policy: cancel_running\nsteps: [{run: ${GATE}}]\n`,
    );
    at.write(
      'dags/s.yaml',
      'schedule: {start: "* * * * * *", stop: "*/3 * * * * *"}\nsteps: [{run: sleep 60}]\n',
    );
    const daemon = await startDaemon(at, [], {}, onTestFinished);
    const reasons = (dag: string): Promise<{ reason: string }[]> =>
      sql(at, `select distinct reason from run where dag = '${dag}' and state = 'aborted'`);
    await eventually(async () => lines(at, 'begun').length >= 3 && (await reasons('s')).length > 0);
    expect(await reasons('c')).toEqual([{ reason: 'schedule' }]);
    expect(await reasons('s')).toEqual([{ reason: 'schedule' }]);
    daemon.signal('SIGTERM');
    await eventually(() => daemon.log().includes('draining'));
    expect(await daemon.drain()).toBe(143);
    const busy = await sql(at, "select 1 from run where dag = 'c' and state in ('running', 'aborting')");
    expect(busy).toEqual([]);
  });

  test('what no daemon took up is missed and shown; a suspended schedule has no ticks (§20.6, L7)', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    at.write('dags/m.yaml', 'schedule: "* * * * *"\nsteps: [{run: "true"}]\n');
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    const db = loadDriver(chooseDriver())(join(at.home, 'flow.db'), 'write');
    db.exec('update cursor set at = at - 600000');
    db.close();
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    const { ticks }: { ticks: { dag: string; outcome: string; reason: string }[] } = await at.json([
      'history',
      '--json',
    ]);
    expect(ticks.length).toBeGreaterThanOrEqual(8);
    expect(new Set(ticks.map(({ dag, outcome, reason }) => `${dag} ${outcome} ${reason}`))).toEqual(
      new Set(['m missed no_daemon']),
    );
    expect((await at.flow(['history', 'm'])).stdout).toMatch(/m +! missed .* \d+ ticks: no daemon ran/);
    expect((await at.flow(['suspend', 'm'])).stderr).toContain('the schedule of m is suspended');
    expect((await at.flow(['list'])).stdout).toMatch(/m +\* \* \* \* \* +suspended/);
    expect((await at.flow(['unsuspend', 'm'])).stderr).toContain('the schedule of m is on');
    const { dags }: { dags: { name: string; suspended: boolean; next_at: string | null }[] } = await at.json([
      'list',
      '--json',
    ]);
    expect(dags.map(({ name, suspended, next_at }) => [name, suspended, next_at === null])).toEqual([
      ['m', false, false],
    ]);
  });
});

describe.concurrent('restarts', () => {
  test('restart stops what runs, waits after its end, and starts a new run (§20.1)', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    const schedule = 'schedule: {start: "* * * * * *", restart: "*/4 * * * * *"}';
    at.write('dags/r.yaml', `${schedule}\nrestart_wait_sec: 1\nsteps: [{run: sleep 60}]\n`);
    const daemon = await startDaemon(at, [], {}, onTestFinished);
    const pairs = (): Promise<{ wait: number; reason: string }[]> =>
      sql(
        at,
        `select r.started_at - o.finished_at as wait, o.reason from tick as t join run as r on r.id = t.run
        join run as o on o.finished_at <= r.started_at
        where t.kind = 'restart' and r.started_at is not null order by r.rowid, o.finished_at desc limit 1`,
      );
    await eventually(async () => (await pairs()).length === 1);
    const [pair] = await pairs();
    expect(pair?.reason).toBe('schedule');
    expect(pair?.wait).toBeGreaterThanOrEqual(1_000);
    daemon.signal('SIGTERM');
    await eventually(() => daemon.log().includes('draining'));
    expect(await daemon.drain()).toBe(143);
  });
});

describe.concurrent('the folder', () => {
  test('G15: files come, change and go while it runs; one that is half written keeps its last version', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    at.write('dags/a.yaml', `${EVERY_SECOND}steps: [{run: echo one >> ../a}]\n`);
    const daemon = await startDaemon(at, [], {}, onTestFinished);
    await eventually(() => lines(at, 'a').includes('one'));
    at.write('dags/b.yaml', `${EVERY_SECOND}steps: [{run: echo b >> ../b}]\n`);
    await eventually(() => lines(at, 'b').length > 0);
    const path = at.write('dags/a.yaml', `${EVERY_SECOND}steps: [{run: echo two >> ../a}]\n`);
    await eventually(() => lines(at, 'a').includes('two'));
    truncateSync(path);
    await eventually(async () => (await status(at)).daemon.problems.length === 1);
    expect((await status(at)).daemon.problems).toMatchObject([{ file: path, keeps_older: true }]);
    const before = lines(at, 'a').length;
    await eventually(() => lines(at, 'a').length > before);
    expect(lines(at, 'a').at(-1)).toBe('two');
    at.write('dags/a.yaml', `${EVERY_SECOND}steps: [{run: echo three >> ../a}]\n`);
    await eventually(() => lines(at, 'a').includes('three'));
    rmSync(join(at.dir, 'dags/b.yaml'));
    await eventually(async () => (await status(at)).daemon.scheduled === 1);
    expect((await status(at)).daemon.problems).toEqual([]);
    expect(await daemon.drain()).toBe(0);
  });

  test('L5: one broken file among 100 touches no other; two of one name are both named (E805)', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    for (let i = 0; i < 100; i++)
      at.write(`dags/n${i}.yaml`, 'schedule: "0 0 1 1 *"\nsteps: [{run: "true"}]\n');
    at.write('dags/broken.yaml', 'schedule: "* * * * *"\nstesp: []\n');
    at.write('dags/twin.yaml', 'name: n1\nsteps: [{run: "true"}]\n');
    at.write('dags/go.yaml', `${EVERY_SECOND}steps: [{run: echo x >> ../went}]\n`);
    const daemon = await startDaemon(at, [], {}, onTestFinished);
    await eventually(() => lines(at, 'went').length > 0);
    await eventually(async () => (await status(at)).daemon.problems.length === 3);
    const { scheduled, problems } = (await status(at)).daemon;
    expect(scheduled).toBe(100);
    expect(problems.filter(({ message }) => message.startsWith('E805')).length).toBe(2);
    expect(daemon.log()).toContain('broken.yaml');
    expect(await daemon.drain()).toBe(0);
    expect((await at.flow(['status', '--daemon'])).code).toBe(1);
  });

  test('a file that broke before the daemon began, and a param without a value: missed, with the error (§20.6)', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    at.write('dags/f.yaml', `${EVERY_SECOND}steps: [{run: "true"}]\n`);
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    at.write('dags/f.yaml', `${EVERY_SECOND}stesp: []\n`);
    at.write('dags/p.yaml', `${EVERY_SECOND}params: [{name: who, required: true}]\nsteps: [{run: "true"}]\n`);
    const daemon = await startDaemon(at, [], {}, onTestFinished);
    const reasons = (): Promise<{ dag: string; reason: string }[]> =>
      // A tick may fall into the first pass, which runs it.
      sql(at, "select distinct dag, reason from tick where outcome = 'missed' order by dag");
    await eventually(async () => (await reasons()).length === 2);
    expect(await reasons()).toEqual([
      { dag: 'f', reason: 'invalid_file' },
      { dag: 'p', reason: 'missing_params' },
    ]);
    expect(await daemon.drain()).toBe(0);
  });

  test('--once waits for a file that has just been written', async ({ onTestFinished }) => {
    const at = place(onTestFinished);
    const file = at.write('dags/f.yaml', `${EVERY_SECOND}steps: [{run: "true"}]\n`);
    const writing = setInterval(() => utimesSync(file, new Date(), new Date()), 20);
    onTestFinished(() => clearInterval(writing));
    // Longer than a start takes, and less than is waited for.
    setTimeout(() => clearInterval(writing), 700);
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    expect(await sql(at, 'select dag from cursor')).toEqual([{ dag: 'f' }]);
  });

  test('J5: a home that others may write to is refused; so is a folder that is not there', async ({
    onTestFinished,
  }) => {
    const at = place(onTestFinished);
    const none = await at.flow(['scheduler']);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('E002')]);
    at.write('dags/a.yaml', 'steps: [{run: "true"}]\n');
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    chmodSync(at.home, 0o770);
    const { code, stderr } = await at.flow(['scheduler']);
    expect([code, stderr]).toEqual([70, expect.stringContaining('S019')]);
  });
});
