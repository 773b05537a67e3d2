import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { isProcessAlive } from '../../src/process/identity.ts';
import { startTime } from '../../src/process/table.ts';
import { chooseDriver, loadDriver } from '../../src/store/sqlite/driver.ts';
import { eventually } from '../support/eventually.ts';
import { BIN, place } from '../support/flow.ts';
import type { FlowProcess, Place } from '../support/flow.ts';

const HANDLERS = 'handler_on: {abort: {run: echo abort >> effects}, exit: {run: echo exit >> effects}}\n';
const LONG = `${HANDLERS}steps:
  - {id: long, run: echo begun >> effects; exec sleep 600}
  - {id: after, depends: long, run: echo after >> effects}
`;
const STUBBORN = `${HANDLERS}max_clean_up_time_sec: 600
steps:
  - {id: long, run: 'trap "" TERM; echo begun >> effects; while :; do sleep 0.05; done'}
`;

interface Shown {
  readonly run: { readonly state: string; readonly reason: string | null };
  readonly steps: readonly { readonly state: string; readonly children: readonly string[] }[];
}

const status = (at: Place, run = 'r-1'): Promise<Shown> => at.json(['status', run, '--json']);
const effects = (at: Place): string => (existsSync(join(at.dir, 'effects')) ? at.read('effects') : '');

/** A run in a process of its own, which has begun; in a box, because it is a promise. */
async function begun(
  at: Place,
  dag: string,
  args: readonly string[] = [],
  mark = 'begun',
): Promise<{ child: FlowProcess }> {
  at.write('dag.yaml', dag);
  const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1', ...args]);
  await eventually(() => effects(at).includes(mark));
  return { child };
}

async function eventTypes(at: Place, run = 'r-1'): Promise<string[]> {
  const { stdout } = await at.flow(['events', run, '--json']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { type: string }).type);
}

describe('flow stop: a run with a living owner (§13.7, RELIABILITY.md T7)', () => {
  test('its owner ends the steps, runs the handlers and exits 143; the stop returns after that, exit 0', async () => {
    const at = place();
    const { child } = await begun(at, LONG);
    const { code, stdout, stderr } = await at.flow(['stop', 'r-1']);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: '■ aborted: run r-1 of dag, stopped\n',
    });
    expect(effects(at)).toBe('begun\nabort\nexit\n');
    expect((await status(at)).run).toMatchObject({ state: 'aborted', reason: 'stopped' });
    expect((await child).exitCode).toBe(143);
    const types = await eventTypes(at);
    expect(types.slice(types.indexOf('run.stop_requested'))).toContain('run.aborting');
    expect((await at.flow(['events', 'r-1'])).stdout).toContain('run.stop_requested');
  });

  test('--force kills at once and skips the handlers, also after a stop that takes long', async () => {
    const at = place();
    const { child } = await begun(at, STUBBORN);
    const patient = at.spawn(['stop', 'r-1']);
    await eventually(async () => (await status(at)).run.state === 'aborting');
    expect((await at.flow(['stop', 'r-1', '--force'])).code).toBe(0);
    expect((await patient).exitCode).toBe(0);
    expect((await child).exitCode).toBe(143);
    expect(effects(at)).toBe('begun\n');
  });

  test.each([
    ['delay_sec', 'delay_sec: 600\nsteps: [{id: a, run: echo ran >> effects}]\n', 'run.started'],
    [
      'the wait before a root retry',
      'retry_policy: {limit: 1, interval_sec: 600}\nsteps: [{id: a, run: echo ran >> effects; exit 1}]\n',
      'run.finished',
    ],
    [
      'the evaluation of params',
      'params: [{name: p, eval: "`echo begun >> effects; sleep 600`"}]\nsteps: [{id: a, run: echo ran}]\n',
      'run.started',
    ],
    [
      'an open question',
      'steps: [{id: a, action: noop}, {id: b, run: sleep 600}, {id: q, action: human.task, with: {prompt: q}}]\n',
      'step.waiting',
    ],
  ])('it ends %s', async (_name, dag, mark) => {
    const at = place();
    at.write('dag.yaml', dag);
    const running = { child: at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']) };
    await eventually(async () => existsSync(at.home) && (await eventTypes(at)).includes(mark));
    expect((await at.flow(['stop', 'r-1'])).code).toBe(0);
    expect((await running.child).exitCode).toBe(143);
    expect((await status(at)).run).toMatchObject({ state: 'aborted', reason: 'stopped' });
  });

  test('a DAG means every run of it that runs; nothing running is nothing to do', async () => {
    const at = place();
    const { child } = await begun(at, LONG);
    const second = at.spawn(['run', 'dag.yaml', '--run-id', 'r-2']);
    await eventually(() => effects(at) === 'begun\nbegun\n');
    const { code, stderr } = await at.flow(['stop', 'dag.yaml']);
    expect(code).toBe(0);
    expect(stderr.split('\n').sort()).toEqual([
      '',
      '■ aborted: run r-1 of dag, stopped',
      '■ aborted: run r-2 of dag, stopped',
    ]);
    expect([(await child).exitCode, (await second).exitCode]).toEqual([143, 143]);
    const none = await at.flow(['stop', 'dag']);
    expect(none).toEqual({
      code: 0,
      stdout: '',
      stderr: 'nothing to stop: no run of dag is running or interrupted\n',
    });
  });

  test('C5: at the very end it is aborted or succeeded, and message and exit codes agree with the store', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{id: a, run: touch begun; sleep 0.1}]\n');
    for (const run of ['c-1', 'c-2', 'c-3', 'c-4']) {
      const child = at.spawn(['run', 'dag.yaml', '--run-id', run]);
      await eventually(async () => existsSync(at.home) && (await at.flow(['status', run])).code === 0);
      const { code, stderr } = await at.flow(['stop', run]);
      const { state } = (await status(at, run)).run;
      expect([code, ['aborted', 'succeeded'].includes(state)]).toEqual([0, true]);
      expect(stderr).toContain(state);
      expect((await child).exitCode).toBe(state === 'aborted' ? 143 : 0);
    }
  });
});

const FAMILY = `handler_on: {abort: {run: echo parent >> effects}}
max_clean_up_time_sec: 600
steps: [{id: kid, action: dag.run, with: {dag: child}}]
---
name: child
max_clean_up_time_sec: 600
handler_on: {abort: {run: echo child >> effects}}
steps: [{id: long, run: 'trap "" USR1; echo begun >> effects; exec sleep 600'}]
`;

describe('flow stop: runs with child runs (§17)', () => {
  test('that of the parent reaches the child, whose handlers run first', async () => {
    const at = place();
    const { child } = await begun(at, FAMILY);
    expect((await at.flow(['stop', 'r-1'])).code).toBe(0);
    expect((await child).exitCode).toBe(143);
    expect(effects(at)).toBe('begun\nchild\nparent\n');
  });

  test('--force kills the steps of the child and leaves the run ended, not interrupted', async () => {
    const at = place();
    const { child } = await begun(
      at,
      FAMILY.replace('exec sleep 600', 'while :; do sleep 0.05; done').replaceAll('USR1', 'TERM'),
    );
    child.kill('SIGTERM');
    await eventually(async () => (await status(at)).run.state === 'aborting');
    expect((await at.flow(['stop', 'r-1', '--force'])).code).toBe(0);
    expect((await child).exitCode).toBe(143);
    expect(effects(at)).toBe('begun\n');
    expect((await status(at)).run).toMatchObject({ state: 'aborted', reason: 'sigterm' });
  });

  test('that of a child alone stops that child, and its parent with it', async () => {
    const at = place();
    const { child } = await begun(at, FAMILY);
    const [kid = ''] = (await status(at)).steps[0]?.children ?? [];
    expect((await at.flow(['stop', kid])).code).toBe(0);
    expect((await status(at, kid)).run).toMatchObject({ state: 'aborted', reason: 'stopped' });
    expect((await child).exitCode).toBe(143);
    expect(await eventTypes(at)).not.toContain('run.stop_requested');
  });

  test('a child that waits for a person ends with its parent', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      'steps: [{id: kid, action: dag.run, with: {dag: child}}]\n---\nname: child\nsteps: [{id: a, run: "true", approval: {prompt: ok?}}]\n',
    );
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(3);
    const [kid = ''] = (await status(at)).steps[0]?.children ?? [];
    expect((await at.flow(['stop', 'r-1'])).code).toBe(0);
    expect((await status(at)).run.state).toBe('aborted');
    expect((await status(at)).steps[0]?.state).toBe('aborted');
    expect((await status(at, kid)).run.state).toBe('aborted');
  });
});

describe('flow stop: runs without an owner (§15.4)', () => {
  test('a waiting run: its abort and exit handlers run here, and nobody can answer any more', async () => {
    const at = place();
    at.write('dag.yaml', `${HANDLERS}steps: [{id: ask, action: human.task, with: {prompt: well?}}]\n`);
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(3);
    expect((await at.flow(['stop', 'r-1'])).code).toBe(0);
    expect(effects(at)).toBe('abort\nexit\n');
    expect((await status(at)).run).toMatchObject({ state: 'aborted', reason: 'stopped' });
    expect((await at.flow(['complete', 'r-1', 'ask'])).code).toBe(1);
    expect((await at.flow(['resume', 'r-1'])).code).toBe(3);
  });

  test.each([
    ['', 'begun\nabort\nexit\n'],
    ['--force', 'begun\n'],
  ])('an interrupted run: what still lives is ended, then the handlers run %s', async (force, expected) => {
    const at = place();
    const { child } = await begun(
      at,
      LONG.replace(
        'echo begun >> effects; exec sleep 600',
        'sleep 600 & echo $! > pid; echo begun >> effects; wait',
      ),
    );
    const pid = Number(at.read('pid'));
    const step = { pid, start: startTime(pid) ?? '' };
    child.kill('SIGKILL');
    await child;
    expect(isProcessAlive(step)).toBe(true);
    const { code, stderr } = await at.flow(['stop', 'dag', ...(force === '' ? [] : [force])]);
    expect([code, stderr]).toEqual([0, '■ aborted: run r-1 of dag, stopped\n']);
    expect(isProcessAlive(step)).toBe(false);
    expect(effects(at)).toBe(expected);
    expect((await status(at)).run).toMatchObject({ state: 'aborted', reason: 'stopped' });
  });

  test('an owner that dies while it is asked: the stop is finished here', async () => {
    const at = place();
    const { child } = await begun(at, STUBBORN.replace('sec: 600', 'sec: 0.2'));
    child.kill('SIGSTOP');
    const stopping = { process: at.spawn(['stop', 'r-1']) };
    await eventually(async () => (await eventTypes(at)).includes('run.stop_requested'));
    child.kill('SIGKILL');
    expect((await stopping.process).exitCode).toBe(0);
    expect(effects(at)).toBe('begun\nabort\nexit\n');
  });

  test('a request that a dead owner never saw does not stop who resumes the run', async () => {
    const at = place();
    const { child } = await begun(
      at,
      LONG.replace('exec sleep 600', 'until test -e go; do sleep 0.02; done'),
    );
    child.kill('SIGSTOP');
    const stopping = { process: at.spawn(['stop', 'r-1']) };
    await eventually(async () => (await eventTypes(at)).includes('run.stop_requested'));
    stopping.process.kill('SIGKILL');
    await stopping.process;
    child.kill('SIGKILL');
    await child;
    at.write('go', '');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(effects(at)).toBe('begun\nafter\nexit\n');
  });
});

describe('flow enqueue, dequeue and stop of a queued run (§21.1)', () => {
  const DAG = 'params: [{who: you}]\nsteps: [{id: a, run: echo "hi $who" >> effects}]\n';

  test('a queued run keeps its params, and resume starts it', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    const made = await at.flow([
      'enqueue',
      'dag.yaml',
      'who=Ada',
      '--run-id',
      'r-1',
      '--label',
      'k=v',
      '--queue',
      'nightly',
    ]);
    expect([made.code, made.stdout]).toEqual([0, 'r-1\n']);
    expect(made.stderr).toContain('flow resume r-1');
    expect((await status(at)).run.state).toBe('queued');
    const [created] = (await at.flow(['events', 'r-1', '--json'])).stdout.split('\n');
    expect(JSON.parse(created ?? '')).toMatchObject({ queue: 'nightly', labels: { k: 'v' } });
    expect((await at.flow(['enqueue', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(2);
    expect((await at.flow(['enqueue', 'dag.yaml', 'nobody=x'])).code).toBe(2);
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(effects(at)).toBe('hi Ada\n');
  });

  test.each([
    ['dequeue', 'dequeued'],
    ['stop', 'stopped'],
  ])('%s: aborted, and it may still be resumed', async (verb, reason) => {
    const at = place();
    at.write('dag.yaml', DAG);
    await at.flow(['enqueue', 'dag.yaml', '--run-id', 'r-1']);
    expect((await at.flow([verb, 'r-1'])).code).toBe(0);
    expect((await status(at)).run).toMatchObject({ state: 'aborted', reason });
    expect((await status(at)).steps[0]?.state).toBe('aborted');
    const again = await at.flow(['dequeue', 'r-1']);
    expect([again.code, again.stderr]).toEqual([
      1,
      'error[E010] run r-1 of dag is not queued, it is aborted\n',
    ]);
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(effects(at)).toBe('hi you\n');
  });

  test('of two at once one takes it back', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    await at.flow(['enqueue', 'dag.yaml', '--run-id', 'r-1']);
    const both = await Promise.all([at.flow(['dequeue', 'dag']), at.flow(['dequeue', 'r-1'])]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect((await eventTypes(at)).filter((type) => type === 'run.finished')).toHaveLength(1);
  });
});

/** What a step leaves running, with its pid in the file `left`; every one is gone after a stop. */
const LEFT: readonly (readonly [string, string])[] = [
  ['B2 a child that ignores SIGTERM', `trap "" TERM; echo $$ > left; touch up; while :; do sleep 0.05; done`],
  [
    'B3 a grandchild in the group',
    `sh -c 'trap "" TERM; echo $$ > left; touch up; while :; do sleep 0.05; done' & wait`,
  ],
  ['B5 escaped by setsid', `setsid sh -c 'echo $$ > left; touch up; exec sleep 600' & exec sleep 600`],
  [
    'B5 escaped by a double fork',
    `(setsid sh -c '(trap "" TERM; echo $$ > left; sleep 600 & echo $! > left; touch up) &' &); exec sleep 600`,
  ],
  ['B8 a stopped child', `echo $$ > left; touch up; kill -STOP $$; sleep 600`],
];

describe('nothing that flow started outlives a stop (P7, §3.8)', () => {
  test.each(LEFT)('%s', async (_name, script) => {
    const at = place();
    at.write('step.sh', script);
    at.write('dag.yaml', 'max_clean_up_time_sec: 0.3\nsteps: [{id: a, run: sh step.sh}]\n');
    const running = { child: at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']) };
    await eventually(() => existsSync(join(at.dir, 'up')));
    const pid = Number(readFileSync(join(at.dir, 'left'), 'utf8'));
    const left = { pid, start: startTime(pid) ?? '' };
    const { code, stderr } = await at.flow(['stop', 'r-1']);
    expect([code, stderr]).toEqual([0, '■ aborted: run r-1 of dag, stopped\n']);
    expect(isProcessAlive(left)).toBe(false);
    expect((await running.child).exitCode).toBe(143);
  });

  test('B4 a background process of an earlier step, and of a child run that succeeded, which hold their output', async () => {
    const at = place();
    const { child } = await begun(
      at,
      `type: chain
steps:
  - {id: early, run: 'sleep 600 & echo $! > one'}
  - {id: kid, action: dag.run, with: {dag: child}}
  - {id: long, run: echo begun >> effects; exec sleep 600}
---
name: child
steps: [{id: a, run: 'sleep 600 & echo $! > two'}]
`,
    );
    const left = ['one', 'two'].map((name) => {
      const pid = Number(at.read(name));
      return { pid, start: startTime(pid) ?? '' };
    });
    expect(left.map(isProcessAlive)).toEqual([true, true]);
    expect((await at.flow(['stop', 'r-1'])).code).toBe(0);
    expect(left.map(isProcessAlive)).toEqual([false, false]);
    expect((await child).exitCode).toBe(143);
  });
});

describe('signals to flow run (CLI.md §6)', () => {
  test('A9: the third leaves at once, whatever it waits for: the run is interrupted, and a stop ends it', async () => {
    const at = place();
    const { child } = await begun(at, STUBBORN);
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    child.kill('SIGINT');
    await eventually(async () => (await status(at)).run.state === 'aborting');
    // The end of the run cannot be recorded now.
    const db = loadDriver(chooseDriver())(join(at.home, 'flow.db'), 'write');
    db.exec('begin immediate');
    child.kill('SIGINT');
    await eventually(() => said.includes('Ctrl-C again leaves at once'));
    child.kill('SIGINT');
    expect((await child).exitCode).toBe(130);
    db.exec('rollback');
    db.close();
    expect((await status(at)).run.state).toBe('interrupted');
    const { code, stderr } = await at.flow(['stop', 'r-1']);
    expect([code, stderr]).toEqual([0, '■ aborted: run r-1 of dag, stopped with Ctrl-C\n']);
    expect((await status(at)).run).toMatchObject({ state: 'aborted', reason: 'sigint' });
  });

  test('A10: a closed terminal is a stop', async () => {
    const at = place();
    at.write('dag.yaml', LONG);
    const command = `${process.execPath} ${BIN} run dag.yaml --run-id r-1`;
    const terminal = execa('script', ['-qec', command, '/dev/null'], {
      ...{ cwd: at.dir, reject: false, stdin: 'ignore', env: { FLOW_HOME: at.home, SHELL: '/bin/sh' } },
    });
    await eventually(() => effects(at).includes('begun'));
    terminal.kill('SIGKILL');
    await terminal;
    await eventually(async () => (await status(at)).run.state === 'aborted');
    expect((await status(at)).run.reason).toBe('sighup');
    expect(effects(at)).toBe('begun\nabort\nexit\n');
  });
});

describe('what cannot be killed (B15)', () => {
  const NOBODY = 65_534;

  /** A program that runs the rest of its arguments as root, which nobody may signal; null when there is none. */
  function rootRunner(at: Place): string | null {
    if (process.getuid?.() !== 0) return null;
    const runner = join(at.dir, 'as-root');
    const made = spawnSync('sh', ['-c', `cp "$(command -v setpriv)" '${runner}' && chmod 4755 '${runner}'`]);
    const probe = ['--reuid', String(NOBODY), '--clear-groups', runner, '--reuid', '0', 'id', '-ru'];
    const said = spawnSync('setpriv', probe, { encoding: 'utf8' }).stdout;
    return made.status === 0 && said === '0\n' ? runner : null;
  }

  test('its pid is named, and the step has not ended while it lives', async ({ skip }) => {
    const at = place();
    execFileSync('chown', [`${NOBODY}:${NOBODY}`, at.dir]);
    const runner = rootRunner(at) ?? skip('no process that another user may not kill');
    const stubborn =
      'echo $$ > pid; trap "" TERM; until test -e go || ! test -e stubborn.sh; do sleep 0.05; done';
    at.write('stubborn.sh', stubborn);
    const dag = `max_clean_up_time_sec: 0\nsteps: [{id: a, run: '${runner} --reuid 0 sh stubborn.sh'}]\n`;
    at.write('dag.yaml', dag);
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1'], { uid: NOBODY });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually(() => existsSync(join(at.dir, 'pid')) && at.read('pid') !== '');
    const pid = at.read('pid').trim();
    child.kill('SIGINT');
    await eventually(() => said.includes('[W503]'));
    expect(said).toMatch(
      new RegExp(`\\[W503\\].*cannot be killed: pid (\\d+, )*${pid}\\b.*the step ends when it does`),
    );
    const shown = await at.flow(['status', 'r-1', '--json'], { uid: NOBODY });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      run: { state: 'aborting' },
      steps: [{ state: 'running' }],
    });
    at.write('go', '');
    expect((await child).exitCode).toBe(130);
    const after = await at.flow(['status', 'r-1', '--json'], { uid: NOBODY });
    expect(JSON.parse(after.stdout)).toMatchObject({
      run: { state: 'aborted' },
      steps: [{ state: 'aborted' }],
    });
  });
});
