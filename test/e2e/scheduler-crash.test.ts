import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { random } from '../support/random.ts';
import { HELD, yard, type Yard } from '../support/scheduler.ts';

/** FLOW_TEST_STORM=2000 npx vitest run test/e2e/scheduler-crash.test.ts goes on for longer. */
const KILLS = Number(process.env['FLOW_TEST_STORM'] ?? 15);
const SEED = Number(process.env['FLOW_TEST_SEED'] ?? 20_261_126);
/** A kill comes up to so long after the start, so that it also hits the start itself. */
const LONGEST_MS = 900;

const EVERY_SECOND = `schedule: "* * * * * *"
overlap_policy: all
steps: [{id: a, run: 'echo "\${run.scheduled_at}" >> effects'}]
`;

const lines = (at: Yard, name: string): number =>
  existsSync(join(at.dir, 'dags', name)) ? at.read(`dags/${name}`).split('\n').length - 1 : 0;

const isOver = (at: Yard): boolean =>
  at.rows("select 1 from run where state in ('queued', 'running', 'aborting')").length === 0;

/** Every second from the first tick to the last one has one row; each has a run, which has left one line. */
function expectNothingLost(at: Yard, dag: string, effects: readonly string[]): void {
  const ticks = at.ticks(dag);
  const [first, last] = [ticks[0]?.at ?? 0, ticks.at(-1)?.at ?? 0];
  const seconds = Array.from({ length: (last - first) / 1_000 + 1 }, (_, i) => first + i * 1_000);
  expect(ticks.map((tick) => tick.at)).toEqual(seconds);
  expect(ticks.filter(({ outcome }) => outcome !== 'started')).toEqual([]);
  expect(new Set(ticks.map(({ run }) => run)).size).toBe(ticks.length);
  expect([...effects].sort()).toEqual(seconds.map((second) => new Date(second).toISOString()));
}

test(
  `L1, P6: ${KILLS} kills of the daemon at random moments: every second has one tick, one run and one effect`,
  async ({ onTestFinished }) => {
    const at = yard(onTestFinished);
    at.write('dags/tick.yaml', EVERY_SECOND);
    const chance = random(SEED);
    const first = await at.ready();
    await eventually(() => at.effects().length > 0);
    first.kill('SIGKILL');
    for (let kill = 0; kill < KILLS; kill++) {
      const daemon = at.daemon();
      await pause(chance.below(LONGEST_MS));
      daemon.kill('SIGKILL');
      await daemon.ended;
    }
    const [{ n: before } = { n: 0 }] = at.rows('select count(*) as n from tick');
    const last = await at.ready();
    await eventually(() => at.ticks('tick').length > Number(before) + 1);
    expect(await last.drain()).toBe(0);
    // Who has died three times in a row is left to a person (R7).
    for (const { id } of at.rows("select id from run where state <> 'succeeded'"))
      expect((await at.flow(['resume', String(id)])).code).toBe(0);
    expect(isOver(at)).toBe(true);
    expect(new Set(at.states())).toEqual(new Set(['succeeded']));
    expectNothingLost(at, 'tick', at.effects());
  },
  60_000 + KILLS * 3_000,
);

test('an upgrade under load: the next daemon adopts what the first one left, and no tick is lost', async ({
  onTestFinished,
}) => {
  const at = yard(onTestFinished);
  at.write('dags/tick.yaml', EVERY_SECOND);
  const long = Array.from(
    { length: 4 },
    (_, i) => `  - {id: s${i}, run: 'echo s${i} >> long; sleep 2; echo s${i} >> ended'}`,
  );
  at.write(
    'dags/long.yaml',
    `steps:\n${long.join('\n')}\n  - {id: then, depends: [s0, s1, s2, s3], run: echo then >> ended}\n`,
  );
  const old = await at.ready(['--drain-timeout', '100ms']);
  expect((await at.flow(['enqueue', 'long', '--run-id', 'long-1'])).code).toBe(0);
  await eventually(() => lines(at, 'long') === 4 && at.effects().length > 1);
  expect(await old.drain()).toBe(0);
  expect(old.said('1 interrupted, the next daemon takes them up')).toBe(true);
  const next = await at.ready();
  await eventually(
    () => at.rows("select 1 from run where id = 'long-1' and state = 'succeeded'").length === 1,
  );
  await eventually(() => isOver(at));
  expect(await next.drain()).toBe(0);
  expect(at.read('dags/long').split('\n').sort()).toEqual(['', 's0', 's1', 's2', 's3']);
  expect(at.read('dags/ended').split('\n').sort()).toEqual(['', 's0', 's1', 's2', 's3', 'then']);
  expect(at.read('dags/ended').endsWith('then\n')).toBe(true);
  expectNothingLost(at, 'tick', at.effects());
});

test('a run that a daemon was told to stop before it died is stopped by the next one, with its handlers (§22.6)', async ({
  onTestFinished,
}) => {
  const at = yard(onTestFinished);
  at.write('dags/hold', '');
  const handlers = 'handler_on: {abort: {run: echo abort >> effects}, exit: {run: echo exit >> effects}}';
  at.write(
    'dags/held.yaml',
    `${handlers}\ntype: chain\nsteps: [{id: a, run: '${HELD}'}, {id: b, run: echo b >> effects}]\n`,
  );
  const first = await at.ready();
  expect((await at.flow(['enqueue', 'held', '--run-id', 'r-1'])).code).toBe(0);
  await eventually(() => at.effects().length === 1);
  // It is asked while it cannot hear, and dies before it can.
  first.kill('SIGSTOP');
  const stop = at.spawn(['stop', 'r-1']);
  await eventually(() => at.rows("select 1 from event where type = 'run.stop_requested'").length === 1);
  first.kill('SIGKILL');
  await first.ended;
  const next = await at.ready();
  expect((await stop).exitCode).toBe(0);
  await eventually(() => at.states()[0] === 'aborted');
  expect(at.effects()).toEqual(['begun', 'abort', 'exit']);
  expect(await next.drain()).toBe(0);
});

test('R12: child runs are taken up through their parent, the step of the child is adopted with its status', async ({
  onTestFinished,
}) => {
  const at = yard(onTestFinished);
  at.write('dags/hold', '');
  at.write('dags/child.yaml', `steps: [{id: a, run: '${HELD}; exit 7'}]\n`);
  at.write(
    'dags/parent.yaml',
    'type: chain\nsteps: [{id: sub, action: dag.run, with: {dag: child}, continue_on: failed}, {id: then, run: echo then >> effects}]\n',
  );
  const first = await at.ready();
  expect((await at.flow(['enqueue', 'parent', '--run-id', 'r-1'])).code).toBe(0);
  await eventually(() => at.effects().length === 1);
  first.kill('SIGKILL');
  await first.ended;
  const next = await at.ready();
  expect(next.log().filter(({ message }) => message.startsWith('resuming run'))).toHaveLength(1);
  rmSync(join(at.dir, 'dags/hold'));
  await eventually(() => at.states()[0] === 'partially_succeeded');
  expect(at.effects()).toEqual(['begun', 'done', 'then']);
  expect(at.rows('select state, exit_code from step_try where exit_code > 1')).toEqual([
    { state: 'failed', exit_code: 7 },
  ]);
  expect(at.states()).toEqual(['partially_succeeded', 'failed']);
});
