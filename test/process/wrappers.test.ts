import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Ends } from '../../src/process/ends.ts';
import { isProcessAlive } from '../../src/process/identity.ts';
import { Newcomers } from '../../src/process/newcomers.ts';
import type { ProcessSpec, RunningProcess } from '../../src/process/processes.ts';
import { processInfo, startTime } from '../../src/process/table.ts';
import { WrapperShell } from '../../src/process/wrapper-shell.ts';
import { manualClock } from '../support/manual-clock.ts';
import { makeTry, pidIn, processes, scratch, sh, until } from './support.ts';
import type { Try } from './support.ts';

/** Tries of one run, in the order of their numbers. */
function triesOfRun(): () => Try {
  const root = scratch();
  let n = 0;
  onTestFinished(() => processes.release(dirname(makeTry(root, 'last').dir)));
  return () => makeTry(root, `${++n}.1`);
}

async function ended(spec: ProcessSpec): Promise<RunningProcess> {
  const running = await processes.start(spec);
  await running.ended;
  return running;
}

const linux = process.platform === 'linux';

describe.skipIf(!linux)('a wrapper runs one try after another (docs/decisions/0015)', () => {
  test('of the same run, and nothing of the first shows in the second', async () => {
    const next = triesOfRun();
    const [one, two] = [next(), next()];
    const text = 'env -0 | sort -z; pwd; umask';
    const first = await ended(one.spec([sh(text)], { vars: { ONLY: '1', BOTH: 'a' }, cwd: '/' }));
    const second = await ended(two.spec([sh(text)], { vars: { BOTH: "b\n'" } }));
    expect(second.pid).toBe(first.pid);
    expect(two.file('claim')).toBe(one.file('claim'));
    const said = `\0${two.stdout().toString()}`;
    expect(said).toContain(`\0BOTH=b\n'\0`);
    expect(said).toContain(`\0FLOW_OUTPUT_FILE=${two.dir}/outputs\0`);
    expect(said).not.toContain('ONLY');
    expect(said.endsWith(`\0${two.root}\n0022\n`)).toBe(true);
  });

  test('another run has wrappers of its own, and those of a run end when it is released', async () => {
    const [one, other] = [triesOfRun()(), triesOfRun()()];
    const first = await ended(one.spec([sh(':')]));
    expect((await ended(other.spec([sh(':')]))).pid).not.toBe(first.pid);
    processes.release(dirname(one.dir));
    await until('it has ended', () => processInfo(first.pid) === null);
  });

  test.each([
    ['a list', (it: Try) => it.spec([sh(':'), sh(':')])],
    ['an entry that goes on', (it: Try) => it.spec([sh(':'), sh(':')], { firstCommand: 1 })],
    ['what it leaves in its group', (it: Try) => it.spec([sh('sleep 60 & echo $! > left')])],
    ['a shell that cannot change', (it: Try) => it.spec([sh(':')], { vars: { 'odd.name': '1' } })],
  ])('not after %s', async (_, specOf) => {
    const next = triesOfRun();
    const first = await ended(specOf(next()));
    expect((await ended(next().spec([sh(':')]))).pid).not.toBe(first.pid);
  });

  test('what a try left running goes on when the next one is stopped (LANGUAGE.md §6.1)', async () => {
    const next = triesOfRun();
    const it = next();
    await ended(it.spec([sh('sleep 60 & echo $! > left')]));
    const pid = await pidIn(join(it.root, 'left'));
    const left = { pid, start: startTime(pid) ?? '' };
    const running = await processes.start(next().spec([sh('echo > up; exec sleep 60')]));
    await pidIn(join(it.root, 'up'));
    running.stop({ signal: 'SIGTERM', graceMs: 5_000, kill: false });
    expect(await running.ended).toMatchObject({ signal: 'SIGTERM' });
    expect(isProcessAlive(left)).toBe(true);
  });

  test('leftovers of an ended try are looked for without the try that its wrapper runs now', async () => {
    const next = triesOfRun();
    const [one, two] = [next(), next()];
    // It has left the group when it says who it is.
    const away = `setsid sh -c 'echo $$ > left; exec sleep 60' & until [ -s left ]; do sleep 0.01; done`;
    const first = await ended(one.spec([sh(away)]));
    const pid = await pidIn(join(one.root, 'left'));
    const left = { pid, start: startTime(pid) ?? '' };
    const running = await processes.start(
      two.spec([sh('echo > up; until [ -e go ]; do sleep 0.02; done; exit 4')]),
    );
    expect(running.pid).toBe(first.pid);
    await pidIn(join(two.root, 'up'));
    expect(await processes.killLeftovers([one.dir])).toEqual([]);
    expect(isProcessAlive(left)).toBe(false);
    writeFileSync(join(two.root, 'go'), '');
    expect(await running.ended).toEqual({ code: 4, signal: null });
  });

  test('a wrapper that was killed before it claimed the try is replaced', async () => {
    const next = triesOfRun();
    const [one, two] = [next(), next()];
    const first = await ended(one.spec([sh(':')]));
    // Nobody has told this process yet when the next try begins.
    process.kill(first.pid, 'SIGKILL');
    const running = await processes.start(two.spec([sh('echo >> effect; exit 3')]));
    expect(await running.ended).toEqual({ code: 3, signal: null });
    expect(running.pid).not.toBe(first.pid);
    expect(readFileSync(join(two.root, 'effect'), 'utf8')).toBe('\n');
  });

  test('the logs that it had made are made once more', async () => {
    const next = triesOfRun();
    const [one, two] = [next(), next()];
    const first = await ended(one.spec([sh(':')]));
    process.kill(first.pid, 'SIGKILL');
    const spec = two.spec([sh('echo text')]);
    writeFileSync(spec.out, '');
    expect(await (await processes.start(spec)).ended).toEqual({ code: 0, signal: null });
    expect(two.stdout().toString()).toBe('text\n');
  });

  test('a try that is stopped before its wrapper was replaced never runs', async () => {
    const next = triesOfRun();
    const [one, two] = [next(), next()];
    const first = await ended(one.spec([sh(':')]));
    process.kill(first.pid, 'SIGKILL');
    const running = await processes.start(two.spec([sh('echo >> effect')]));
    running.stop({ signal: 'SIGTERM', graceMs: 1_000, kill: false });
    expect(await running.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(existsSync(join(two.root, 'effect'))).toBe(false);
  });
});

describe.skipIf(!linux)('whether something else lives in a group', () => {
  /** A leader that starts what it is told to, and ends with its input. */
  function leader(newcomers: Newcomers): { pid: number; say: (line: string) => void } {
    newcomers.begin();
    const shell = spawn('/bin/sh', [], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    const pid = shell.pid ?? 0;
    newcomers.watch(pid);
    onTestFinished(() => void process.kill(-pid, 'SIGKILL'));
    return { pid, say: (line) => void shell.stdin.write(`${line}\n`) };
  }

  test('a child does as long as it lives, one that left the group does not', async () => {
    const newcomers = new Newcomers();
    const root = scratch();
    const { pid, say } = leader(newcomers);
    expect(newcomers.mayHoldOthers(pid)).toBe(false);
    say(`setsid sleep 60 & sleep 61 & echo $! > '${root}/pid'`);
    const child = await pidIn(join(root, 'pid'));
    expect(newcomers.mayHoldOthers(pid)).toBe(true);
    process.kill(child, 'SIGKILL');
    await until('it is gone', () => processInfo(child) === null);
    await until('setsid has run', () => !newcomers.mayHoldOthers(pid));
  });

  test('also one that came through a chain of parents that are gone', async () => {
    const newcomers = new Newcomers();
    const root = scratch();
    const { pid, say } = leader(newcomers);
    say(`((sleep 60 & echo $! > '${root}/pid') &)`);
    await pidIn(join(root, 'pid'));
    expect(newcomers.mayHoldOthers(pid)).toBe(true);
  });

  test('also one among very many that came since the last look', async () => {
    const newcomers = new Newcomers();
    const root = scratch();
    const { pid, say } = leader(newcomers);
    say(`sleep 60 & i=0; while [ $i -lt 1100 ]; do (:); i=$((i + 1)); done; echo $! > '${root}/pid'`);
    await pidIn(join(root, 'pid'));
    expect(newcomers.mayHoldOthers(pid)).toBe(true);
  });
});

test('what a wrapper has told counts, although it ends while that waits to be passed on', async () => {
  const clock = manualClock();
  const ends = new Ends(clock);
  const [before, beside] = [{}, {}];
  ends.began(before);
  clock.advance(8);
  await new Promise<void>((told) => ends.ended(before, told));
  // On this clock its end never comes, and nothing stops waiting for it.
  ends.began(beside);
  const shell = await WrapperShell.start({ PATH: '/bin' }, ends);
  expect(await shell.run('echo "ended 7"; exit 3\n')).toEqual({ code: 7, signal: null, told: true });
  expect(shell.dead).toBe(true);
});
