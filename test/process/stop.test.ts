import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sleep, systemClock } from '../../src/base/clock.ts';
import { isProcessAlive } from '../../src/process/identity.ts';
import { startTime } from '../../src/process/table.ts';
import { systemProcesses } from '../../src/process/system.ts';
import { handClock, makeTry, pidIn, processes, scratch, sh, UMASK, until } from './support.ts';
import type { Try } from './support.ts';

const TERM = { signal: 'SIGTERM', graceMs: 10_000, kill: false } as const;
const IMPATIENT = { ...TERM, graceMs: 100 };
const never = (): void => undefined;

/** A process that the command reported in a file of its directory. */
async function reported(it: Try, name: string): Promise<{ pid: number; start: string }> {
  const pid = await pidIn(join(it.root, name));
  const start = startTime(pid);
  if (start === null) throw new Error(`${name} has ended already`);
  return { pid, start };
}

describe('the stop sequence (LANGUAGE.md §13.7, RELIABILITY.md §3.8)', () => {
  test('the signal reaches the command, and its own exit status counts', async () => {
    const it = makeTry();
    const text = 'trap "echo bye; exit 9" TERM; echo >up; while :; do sleep 0.02; done';
    const running = await processes.start(it.spec([sh(text)]));
    await pidIn(join(it.root, 'up'));
    running.stop(TERM);
    expect(await running.ended).toEqual({ code: 9, signal: null });
    expect(it.stdout().toString()).toBe('bye\n');
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGALRM', 'SIGXCPU'] as const)(
    '%s: the wrapper survives it and reports the death of its command',
    async (signal) => {
      const it = makeTry();
      const running = await processes.start(it.spec([sh('echo $$ >up; exec sleep 60')]));
      await reported(it, 'up');
      running.stop({ ...TERM, signal });
      expect((await running.ended).signal).toBe(signal);
      expect(it.file('exit')).not.toBe('0\n');
    },
  );

  test('what ignores the signal is killed after the grace time (B2)', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('trap "" TERM; echo >up; while :; do sleep 1; done')]));
    await pidIn(join(it.root, 'up'));
    running.stop(IMPATIENT);
    expect(await running.ended).toEqual({ code: 137, signal: 'SIGKILL' });
  });

  test('the signal comes again every 5 s, SIGKILL at the end of the grace time', async () => {
    const it = makeTry();
    const { clock, advance } = handClock();
    const text = 'trap "echo term" TERM; echo >up; while :; do sleep 0.02; done';
    const running = await systemProcesses(clock, UMASK).start(it.spec([sh(text)]));
    await pidIn(join(it.root, 'up'));
    const seen = async (count: number): Promise<unknown> =>
      until(`${count} signals`, () => it.stdout().toString() === 'term\n'.repeat(count));
    running.stop({ ...TERM, graceMs: 12_000 });
    await seen(1);
    advance(4_999);
    advance(1);
    await seen(2);
    advance(5_000);
    await seen(3);
    advance(2_000);
    const ending = running.ended.then((end) => ({ end }));
    let result = null;
    while (result === null) {
      result = (await Promise.race([ending, sleep(systemClock, 10)])) ?? null;
      advance(25);
    }
    expect(result.end).toMatchObject({ code: 137, signal: 'SIGKILL' });
    expect(it.stdout().toString()).toBe('term\n'.repeat(3));
  });

  test('a stop right after the start is heard, although the wrapper survives its signal', async () => {
    // The signal never comes again, and nothing is killed.
    const once = {
      ...systemClock,
      after: (ms: number, act: () => void) => (ms < 5_000 ? systemClock.after(ms, act) : never),
    };
    const own = systemProcesses(once, UMASK);
    const root = scratch();
    for (let n = 1; n <= 20; n++) {
      // The first starts a wrapper, which runs the second.
      await (
        await own.start(makeTry(root, `${n}.1`).spec([sh(':')]))
      ).ended;
      const running = await own.start(makeTry(root, `${n}.2`).spec([sh('exec sleep 60')]));
      running.stop(TERM);
      expect(await running.ended).toEqual({ code: 143, signal: 'SIGTERM' });
    }
  });

  test('a second call with kill ends the grace time at once', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('trap "" TERM; echo >up; while :; do sleep 1; done')]));
    await pidIn(join(it.root, 'up'));
    running.stop({ ...TERM, graceMs: 1e9 });
    running.stop({ ...TERM, graceMs: 1e9 });
    running.stop({ ...TERM, kill: true });
    expect(await running.ended).toMatchObject({ code: 137, signal: 'SIGKILL' });
  });

  test('a grandchild that survives its shell is gone when the step has ended (B3)', async () => {
    const it = makeTry();
    const running = await processes.start(
      it.spec([sh(`sh -c 'trap "" TERM; echo $$ >grandchild; while :; do sleep 1; done' & wait`)]),
    );
    const grandchild = await reported(it, 'grandchild');
    running.stop(IMPATIENT);
    expect(await running.ended).toMatchObject({ code: 143, signal: 'SIGTERM' });
    expect(isProcessAlive(grandchild)).toBe(false);
  });

  test('the rest of the group has the whole grace time', async () => {
    const it = makeTry();
    const slow = `trap "sleep 0.3; echo tidy; exit" TERM; echo $$ >slow; while :; do sleep 0.02; done`;
    const running = await processes.start(it.spec([sh(`(${slow}) & wait`)]));
    await reported(it, 'slow');
    running.stop(TERM);
    await running.ended;
    expect(it.stdout().toString()).toBe('tidy\n');
  });

  test('what escaped by setsid, without parent and group, is found by the marker (B5)', async () => {
    const it = makeTry();
    const running = await processes.start(
      it.spec([sh(`setsid sh -c 'sleep 60 & echo $! >escaped' & exec sleep 60`)]),
    );
    const escaped = await reported(it, 'escaped');
    running.stop(TERM);
    expect(await running.ended).toMatchObject({ signal: 'SIGTERM' });
    expect(isProcessAlive(escaped)).toBe(false);
  });

  test('a stopped process sees the signal (B8)', async () => {
    const it = makeTry();
    const text = 'trap "echo bye; exit 4" TERM; echo $$ >up; kill -STOP $$; sleep 60';
    const running = await processes.start(it.spec([sh(text)]));
    const { pid } = await reported(it, 'up');
    await until('it is stopped', () => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') T '));
    running.stop(TERM);
    expect(await running.ended).toMatchObject({ code: 4, signal: null });
    expect(it.stdout().toString()).toBe('bye\n');
  });

  test('no further entry of a list starts, even if the current one ends well', async () => {
    const it = makeTry();
    const polite = 'trap "exit 0" TERM; echo >up; while :; do sleep 0.02; done';
    const running = await processes.start(it.spec([sh(polite), sh('echo >effect')]));
    await pidIn(join(it.root, 'up'));
    running.stop(TERM);
    expect(await running.ended).toEqual({ code: 143, signal: 'SIGTERM' });
    expect(existsSync(join(it.root, 'effect'))).toBe(false);
    expect(await processes.recover(it.dir)).toMatchObject({ kind: 'exited', entriesDone: 1 });
  });

  test('a list whose last entry ends well in spite of the stop has succeeded', async () => {
    const it = makeTry();
    const polite = 'trap "exit 0" TERM; echo >up; while :; do sleep 0.02; done';
    const running = await processes.start(it.spec([['true'], sh(polite)]));
    await pidIn(join(it.root, 'up'));
    running.stop(TERM);
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
  });

  test('a stop after the end does nothing', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('sleep 60 & echo $! >bg')]));
    await running.ended;
    const background = await reported(it, 'bg');
    running.stop({ ...TERM, kill: true });
    expect(isProcessAlive(background)).toBe(true);
  });
});

describe('what earlier tries left (LANGUAGE.md §13.7, R5)', () => {
  test('background processes of all tries are killed, others live', async () => {
    const [one, two, other] = [makeTry(), makeTry(), makeTry()];
    const left = [];
    for (const it of [one, two, other]) {
      await (
        await processes.start(it.spec([sh('sleep 60 & echo $! >bg')]))
      ).ended;
      left.push(await reported(it, 'bg'));
    }
    expect(await processes.killLeftovers([one.dir, two.dir])).toEqual([]);
    expect(left.map(isProcessAlive)).toEqual([false, false, true]);
  });

  test('a member of the group that dropped the marker goes with those that carry it', async () => {
    const it = makeTry();
    const text = 'env -i sleep 60 & echo $! >bare; sleep 60 & echo $! >marked';
    await (
      await processes.start(it.spec([sh(text)]))
    ).ended;
    const both = [await reported(it, 'bare'), await reported(it, 'marked')];
    expect(await processes.killLeftovers([it.dir])).toEqual([]);
    expect(both.map(isProcessAlive)).toEqual([false, false]);
  });

  test('a try that was never started has nothing to kill', async () => {
    expect(await processes.killLeftovers([makeTry().dir, '/nowhere'])).toEqual([]);
  });
});
