import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { sleep, systemClock } from '../../src/base/clock.ts';
import { processInfo, startTime } from '../../src/process/table.ts';
import { fence } from '../../src/process/try-files.ts';
import { tryText, WRAPPER_SETUP } from '../../src/process/wrapper.ts';
import { environmentChange, wrapperEnvironment } from '../../src/process/wrapper-environment.ts';
import { makeTry, pidIn, processes, sh, UMASK, until } from './support.ts';
import type { Try } from './support.ts';

/** Lets a wrapper run a try by itself, as after an owner that died right then; returns the exit code it tells. */
async function lateWrapper(it: Try, texts: string | string[], shell = ['/bin/sh']): Promise<number | null> {
  const spec = it.spec([texts].flat().map(sh));
  const [program = '', ...args] = shell;
  const env = wrapperEnvironment(spec.env, it.dir);
  const change = environmentChange(env, spec.env);
  if (change === null) throw new Error('odd environment');
  const child = spawn(program, args, { cwd: '/', env, detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  const wrapper = { pid: child.pid ?? 0, start: startTime(child.pid ?? 0) ?? '' };
  child.stdin.end(WRAPPER_SETUP + tryText(spec, { wrapper, change, umask: UMASK, pipe: null }));
  const said = (await child.stdout.toArray()).join('');
  return Number(/^(?:ended|unclaimed) (\d+)\n$/.exec(said)?.[1]);
}

describe('recovery of a try (RELIABILITY.md §3.7, R5)', () => {
  test('nothing was started: fenced, and a late wrapper runs nothing (A2)', async () => {
    const it = makeTry();
    expect(await processes.recover(it.dir)).toEqual({ kind: 'never_started', entriesDone: 0 });
    expect(it.file('claim')).toBe('fenced\n');
    expect(await lateWrapper(it, 'echo >effect')).toBe(75);
    expect([existsSync(join(it.root, 'effect')), existsSync(join(it.dir, 'exit'))]).toEqual([false, false]);
    expect(await processes.recover(it.dir)).toEqual({ kind: 'never_started', entriesDone: 0 });
  });

  test('the owner died before it made the directory (§3.9)', async () => {
    const it = makeTry();
    rmSync(it.dir, { recursive: true });
    expect(await processes.recover(it.dir)).toMatchObject({ kind: 'never_started' });
    expect(await lateWrapper(it, 'echo >effect')).toBe(75);
  });

  test('a second recovery reads the fence of the first, also one that died while fencing (A7)', async () => {
    const it = makeTry();
    expect(fence(it.dir)).toBe(true);
    expect(fence(it.dir)).toBe(false);
    expect(await processes.recover(it.dir)).toMatchObject({ kind: 'never_started' });
    const torn = makeTry();
    writeFileSync(join(torn.dir, 'claim'), 'fen');
    expect(await processes.recover(torn.dir)).toMatchObject({ kind: 'never_started' });
    expect(await lateWrapper(torn, 'echo >effect')).toBe(75);
    expect(existsSync(join(torn.root, 'effect'))).toBe(false);
  });

  test('an empty claim whose maker lives is waited for', async () => {
    const it = makeTry();
    const env = wrapperEnvironment(it.spec([]).env, it.dir);
    writeFileSync(join(it.dir, 'claim'), '');
    const maker = spawn('sleep', ['60'], { env, detached: true, stdio: 'ignore' });
    const recovered = processes.recover(it.dir);
    await sleep(systemClock, 100);
    appendFileSync(join(it.dir, 'claim'), `pid ${maker.pid ?? 0} ${startTime(maker.pid ?? 0)}\n`);
    const found = await recovered;
    expect(found).toMatchObject({ kind: 'alive', process: { pid: maker.pid } });
  });

  test('an ended try is adopted from its exit file, as often as one asks (A5)', async () => {
    const it = makeTry();
    await (
      await processes.start(it.spec([sh('exit 3')]))
    ).ended;
    const adopted = { kind: 'exited', end: { code: 3, signal: null }, entriesDone: 0 };
    expect(await processes.recover(it.dir)).toEqual(adopted);
    expect(await processes.recover(it.dir)).toEqual(adopted);
  });

  test('a killed wrapper leaves a lost try', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('exit 0'), sh('kill -KILL $PPID; exec sleep 60')]));
    await running.ended;
    expect(await processes.recover(it.dir)).toEqual({ kind: 'lost', entriesDone: 1 });
  });

  test('an exit file that is not complete does not count', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh(':')]));
    await running.ended;
    processes.release(dirname(it.dir));
    await until('its wrapper has ended', () => processInfo(running.pid) === null);
    for (const torn of ['', '0', '0x\n', '-1\n', 'exit\n', '1234\n']) {
      writeFileSync(join(it.dir, 'exit'), torn);
      expect(await processes.recover(it.dir)).toMatchObject({ kind: 'lost' });
    }
  });

  test.each(['pid x 1\n', 'pid 0 1\n', 'pid -1 1\n', '\n', 'pid 1\n', 'pid 1 1\n'])(
    'a claim that names no process of this try is never signalled nor adopted: %j (B7)',
    async (claim) => {
      const it = makeTry();
      writeFileSync(join(it.dir, 'claim'), claim);
      expect(await processes.recover(it.dir)).toEqual({ kind: 'lost', entriesDone: 0 });
      expect(await processes.killLeftovers([it.dir])).toEqual([]);
    },
  );

  test('a living process with the pid but another start is another one (B7, A16)', async () => {
    const it = makeTry();
    const stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    writeFileSync(join(it.dir, 'claim'), `pid ${stranger.pid ?? 0} 12\n`);
    expect(await processes.recover(it.dir)).toMatchObject({ kind: 'lost' });
    expect(await processes.killLeftovers([it.dir])).toEqual([]);
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null]);
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
  });
});

describe('an adopted process', () => {
  test('is waited for, and ends with its exit file', async () => {
    const it = makeTry();
    const running = await processes.start(
      it.spec([sh('echo >up; until [ -e go ]; do sleep 0.02; done; exit 5')]),
    );
    await pidIn(join(it.root, 'up'));
    const [first, second] = [await processes.recover(it.dir), await processes.recover(it.dir)];
    if (first.kind !== 'alive' || second.kind !== 'alive') throw new Error(`${first.kind}, ${second.kind}`);
    expect(first.process.pid).toBe(running.pid);
    writeFileSync(join(it.root, 'go'), '');
    const end = { code: 5, signal: null };
    expect([await first.process.ended, await second.process.ended]).toEqual([end, end]);
  });

  test('is stopped like one of our own', async () => {
    const it = makeTry();
    await processes.start(
      it.spec([sh(`setsid sleep 60 & trap "" TERM; echo >up; while :; do sleep 1; done`)]),
    );
    await pidIn(join(it.root, 'up'));
    const found = await processes.recover(it.dir);
    if (found.kind !== 'alive') throw new Error(found.kind);
    found.process.stop({ signal: 'SIGTERM', graceMs: 100, kill: false });
    expect(await found.process.ended).toEqual({ code: 137, signal: 'SIGKILL' });
    expect(await processes.killLeftovers([it.dir])).toEqual([]);
  });

  test('that dies without an exit file is lost, and nothing of it lives on', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('echo $$ >up; exec sleep 60')]));
    const command = await pidIn(join(it.root, 'up'));
    const found = await processes.recover(it.dir);
    if (found.kind !== 'alive') throw new Error(found.kind);
    process.kill(running.pid, 'SIGKILL');
    expect(await found.process.ended).toEqual({ code: -1, signal: null, lost: true });
    await until('the command is gone', () => !existsSync(`/proc/${command}/exe`));
  });
});

describe('a wrapper and recoveries that meet (A2, A3, A6)', () => {
  test('whoever is first, all agree, and the command runs once or never', async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const it = makeTry();
      const wrapper = lateWrapper(it, 'echo >>effect');
      if (i % 3 === 1) await sleep(systemClock, i / 20);
      if (i % 3 === 2) while (!existsSync(join(it.dir, 'claim'))) await setImmediate();
      const found = await Promise.all([processes.recover(it.dir), processes.recover(it.dir)]);
      const code = await wrapper;
      const again = await processes.recover(it.dir);
      const ran = existsSync(join(it.root, 'effect'));
      seen.add(again.kind);
      expect({ code, again: again.kind }).toEqual(
        ran ? { code: 0, again: 'exited' } : { code: 75, again: 'never_started' },
      );
      expect(found.map(({ kind }) => kind === 'never_started')).toEqual([!ran, !ran]);
      expect(found.map(({ kind }) => kind)).not.toContain('lost');
      if (ran) expect(readFileSync(join(it.root, 'effect'), 'utf8')).toBe('\n');
    }
    expect(seen).toEqual(new Set(['never_started', 'exited']));
  });
});

const SHELLS = [['dash'], ['bash', '--posix'], ['busybox', 'ash'], ['ksh'], ['mksh']].filter(
  ([program = '']) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0,
);

describe('the text of the wrapper', () => {
  test.each(SHELLS.map((shell) => [shell]))('%j runs it: once, silently, through signals', async (shell) => {
    const it = makeTry();
    expect(await lateWrapper(it, 'echo >>effect; echo err >&2; kill -TERM $PPID; kill -SEGV $$', shell)).toBe(
      139,
    );
    expect(it.file('exit')).toBe('139\n');
    expect(it.stderr().toString()).toBe('err\n');
    expect(await lateWrapper(it, 'echo >>effect', shell)).toBe(71);
    rmSync(it.spec([]).out);
    rmSync(it.spec([]).err);
    expect(await lateWrapper(it, 'echo >>effect', shell)).toBe(75);
    expect(readFileSync(join(it.root, 'effect'), 'utf8')).toBe('\n');
  });

  test.each(SHELLS.map((shell) => [shell]))('%j runs nothing after a stop', async (shell) => {
    const it = makeTry();
    writeFileSync(join(it.dir, 'stop'), '');
    expect(await lateWrapper(it, 'echo >effect', shell)).toBe(143);
    expect(it.file('exit')).toBe('143\n');
    expect(existsSync(join(it.root, 'effect'))).toBe(false);
    const list = makeTry();
    writeFileSync(join(list.dir, 'stop'), '');
    expect(await lateWrapper(list, ['echo >effect', ':'], shell)).toBe(143);
    expect([existsSync(join(list.root, 'effect')), list.file('exit')]).toEqual([false, '143\n']);
  });
});
