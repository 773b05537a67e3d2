import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { HELD, NEVER, yard, type Yard } from '../support/scheduler.ts';

const EVERY_SECOND = 'schedule: "* * * * * *"\n';
const effect = (more = ''): string => `${more}steps: [{id: a, run: echo $FLOW_RUN_ID >> effects}]\n`;

const release = (at: Yard): void => rmSync(join(at.dir, 'dags/hold'), { force: true });

async function enqueue(at: Yard, dag: string, run: string, ...more: string[]): Promise<void> {
  const { code, stderr } = await at.flow(['enqueue', dag, '--run-id', run, ...more]);
  if (code !== 0) throw new Error(stderr);
}

/** Runs that are in one of these states, in order of arrival. */
const inState = (at: Yard, state: string): string[] =>
  at.rows(`select id from run where state = '${state}' order by rowid`).map(({ id }) => String(id));

describe.concurrent('queues (§21.1)', () => {
  test('one queue, several DAGs: in order of arrival, and never more than its places', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('flow.config.yaml', 'queues: [{name: narrow, max_concurrency: 1}]\n');
    at.write('dags/a.yaml', effect('queue: narrow\n'));
    at.write('dags/b.yaml', effect());
    for (const [i, dag] of ['a', 'b', 'a', 'b'].entries())
      await enqueue(at, dag, `r-${i}`, ...(dag === 'b' ? ['--queue', 'narrow'] : []));
    const daemon = await at.ready();
    await eventually(() => at.effects().length === 4);
    expect(await daemon.drain()).toBe(0);
    expect(at.effects()).toEqual(['r-0', 'r-1', 'r-2', 'r-3']);
    // Each has ended before the next began.
    const times = at.rows('select started_at as began, finished_at as ended from run order by rowid');
    for (const [i, { began }] of times.slice(1).entries())
      expect(Number(began)).toBeGreaterThanOrEqual(Number(times[i]?.['ended']));
  });

  test('max_active_runs are the places of a private queue, one those of a queue that is not configured', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    at.write('dags/a.yaml', `max_active_runs: 2\nsteps: [{run: '${HELD}'}]\n`);
    at.write('dags/b.yaml', `queue: unknown\nsteps: [{run: '${HELD}'}]\n`);
    for (const run of ['a-1', 'a-2', 'a-3']) await enqueue(at, 'a', run);
    for (const run of ['b-1', 'b-2']) await enqueue(at, 'b', run);
    const daemon = await at.ready();
    await eventually(() => at.effects().length === 3);
    expect([inState(at, 'running'), inState(at, 'queued')]).toEqual([
      ['a-1', 'a-2', 'b-1'],
      ['a-3', 'b-2'],
    ]);
    release(at);
    await eventually(() => inState(at, 'succeeded').length === 5);
    expect(await daemon.drain()).toBe(0);
  });

  test('a run that waits for a person gives its place away, and queues up again for it (§13.4, §18)', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    at.write('flow.config.yaml', 'queues: [{name: one, max_concurrency: 1}]\n');
    at.write(
      'dags/ask.yaml',
      'queue: one\ntype: chain\nsteps: [{id: q, run: "true", approval: {prompt: ok?}}, {run: echo answered >> effects}]\n',
    );
    at.write('dags/held.yaml', `queue: one\nsteps: [{run: '${HELD}'}]\n`);
    const daemon = await at.ready();
    await enqueue(at, 'ask', 'r-ask');
    await enqueue(at, 'held', 'r-held');
    await eventually(() => at.effects().length === 1);
    expect(inState(at, 'waiting')).toEqual(['r-ask']);
    expect((await at.flow(['approve', 'r-ask', 'q'])).code).toBe(0);
    await eventually(() => inState(at, 'queued').length === 1);
    expect(inState(at, 'running')).toEqual(['r-held']);
    release(at);
    await eventually(() => inState(at, 'succeeded').length === 2);
    expect(await daemon.drain()).toBe(0);
    expect(at.effects()).toEqual(['begun', 'done', 'answered']);
  });

  test('an answer while no daemon runs is taken up by the next one', async ({ expect, onTestFinished }) => {
    const at = yard(onTestFinished);
    at.write('dags/ask.yaml', 'steps: [{id: q, action: human.task, with: {prompt: ok?}}]\n');
    expect((await at.flow(['run', 'ask', '--run-id', 'r-1'])).code).toBe(3);
    expect((await at.flow(['complete', 'r-1', 'q'])).code).toBe(0);
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    expect(at.states()).toEqual(['succeeded']);
  });

  test('between two root retries the place is free, and the wait is kept over the death of the daemon', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('flow.config.yaml', 'queues: [{name: one, max_concurrency: 1}]\n');
    at.write(
      'dags/bad.yaml',
      'queue: one\nretry_policy: {limit: 1, interval_sec: 3}\nsteps: [{id: a, run: date +%s%3N >> tries; exit 1}]\n',
    );
    at.write('dags/good.yaml', effect('queue: one\n'));
    const first = await at.ready();
    await enqueue(at, 'bad', 'r-bad');
    await enqueue(at, 'good', 'r-good');
    await eventually(() => at.effects().length === 1);
    expect(inState(at, 'queued')).toEqual(['r-bad']);
    first.kill('SIGKILL');
    await first.ended;
    const next = await at.ready();
    await eventually(() => inState(at, 'failed').length === 1);
    expect(await next.drain()).toBe(0);
    const [one = '', two = '', ...more] = at.read('dags/tries').trim().split('\n');
    expect(more).toEqual([]);
    expect(Number(two) - Number(one)).toBeGreaterThanOrEqual(3_000);
  });
});

describe.concurrent('the runs of a daemon, from outside', () => {
  test('status, logs -f and stop work on them as on any other; stop takes a queued one out', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    at.write('dags/a.yaml', `steps: [{id: a, run: 'echo first; ${HELD}; echo last'}]\n`);
    const daemon = await at.ready();
    await enqueue(at, 'a', 'r-1');
    await enqueue(at, 'a', 'r-2');
    await enqueue(at, 'a', 'r-3');
    await eventually(() => at.effects().length === 1);
    expect((await at.json(['status', 'r-1', '--json'])) as unknown).toMatchObject({
      run: { state: 'running' },
    });
    const busy = await at.flow(['resume', 'r-1']);
    expect([busy.code, busy.stderr]).toEqual([5, expect.stringContaining(String(daemon.pid))]);
    expect((await at.flow(['stop', 'r-2'])).code).toBe(0);
    expect(inState(at, 'aborted')).toEqual(['r-2']);
    const following = at.spawn(['logs', 'r-1', '-f']);
    let text = '';
    following.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await eventually(() => text.includes('first'));
    release(at);
    expect((await following).exitCode).toBe(0);
    expect(text).toContain('last');
    await eventually(() => inState(at, 'succeeded').length === 2);
    expect(await daemon.drain()).toBe(0);
    expect(at.effects()).toEqual(['begun', 'done', 'begun', 'done']);
  });

  test('a daemon that drains takes no tick and no queued run, and says so', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/hold', '');
    at.write('dags/held.yaml', `steps: [{run: '${HELD}'}]\n`);
    at.write('dags/tick.yaml', EVERY_SECOND + effect());
    const daemon = await at.ready(['--drain-timeout', '60s']);
    await enqueue(at, 'held', 'r-1');
    await eventually(() => at.effects().includes('begun') && at.ticks('tick').length > 0);
    daemon.kill('SIGTERM');
    // What it was about to take when the signal came may still come.
    await eventually(async () => {
      const { daemon: shown }: { daemon: { draining: boolean } } = await at.json([
        'status',
        '--daemon',
        '--json',
      ]);
      return shown.draining;
    });
    const last = at.ticks('tick').at(-1)?.at ?? 0;
    await enqueue(at, 'tick', 'r-late');
    await eventually(() => Date.now() > last + 2_500);
    release(at);
    expect(await daemon.ended).toBe(0);
    expect(at.ticks('tick').at(-1)?.at).toBe(last);
    expect([inState(at, 'queued'), inState(at, 'succeeded').includes('r-1')]).toEqual([['r-late'], true]);
    expect((await at.flow(['scheduler', '--once'])).code).toBe(0);
    expect(inState(at, 'queued')).toEqual([]);
  });

  test('L7: suspended, its ticks are neither run nor missed, nor caught up afterwards', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/a.yaml', `${EVERY_SECOND}catchup_window: 1d\noverlap_policy: all\n${effect()}`);
    at.write('dags/never.yaml', NEVER + effect());
    const daemon = await at.ready();
    await eventually(() => at.ticks('a').length > 0);
    expect((await at.flow(['suspend', 'a'])).code).toBe(0);
    const off = Date.now() + 1_000;
    expect((await at.json(['list', '--json'])) as unknown).toMatchObject({
      dags: [{ name: 'a', suspended: true, next_at: null }, { name: 'never' }],
    });
    await eventually(() => Date.now() > off + 2_000);
    expect((await at.flow(['unsuspend', 'a'])).code).toBe(0);
    const on = Date.now();
    await eventually(() => at.ticks('a').some((tick) => tick.at > on));
    expect(await daemon.drain()).toBe(0);
    expect(at.ticks('a').filter((tick) => tick.at > off && tick.at < on - 1_000)).toEqual([]);
  });

  test('its log is one JSON object per line, also when the storage makes it wait (C9)', async ({
    expect,
    onTestFinished,
  }) => {
    const at = yard(onTestFinished);
    at.write('dags/a.yaml', EVERY_SECOND + effect());
    const daemon = await at.ready();
    const unlock = at.lock();
    await eventually(() => daemon.said('which another program holds'));
    unlock();
    const before = at.ticks('a').length;
    await eventually(() => at.ticks('a').length > before);
    expect(await daemon.drain()).toBe(0);
    for (const line of daemon.log())
      expect(Object.keys(line).slice(0, 3)).toEqual(['at', 'level', 'message']);
  });
});
