import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { PipeSpec } from '../../src/process/processes.ts';
import { systemProcesses } from '../../src/process/system.ts';
import { makeTry, pidIn, sh, UMASK, until } from './support.ts';

const processes = systemProcesses(systemClock, UMASK, [process.execPath, resolve('bin/flow.js')]);
const SECRET = 'hunter22-hunter22';
const masked: PipeSpec = { mask: true, stdout: null, stderr: null };
const secrets = [SECRET];

describe('output that passes through a process of ours (RELIABILITY.md §3.7)', () => {
  test('H6: masked on both streams, also cut in two; the exit status is the command’s', async () => {
    const it = makeTry();
    const text = `printf hunter2; sleep 0.05; echo 2-hunter22; echo "e $S" >&2; exit 3`;
    const spec = it.spec([sh(text)], { vars: { S: SECRET }, pipe: masked, secrets });
    const end = await (await processes.start(spec)).ended;
    expect(end).toMatchObject({ code: 3, piped: { masked: ['stdout', 'stderr'], notes: [] } });
    expect(it.stdout().toString()).toBe('***\n');
    expect(it.stderr().toString()).toBe('e ***\n');
    expect(existsSync(join(it.dir, 'pipe', 'out'))).toBe(false);
  });

  test('F6: other bytes stay as they are; F10: one log for both streams keeps their order', async () => {
    const it = makeTry();
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
    writeFileSync(join(it.root, 'bytes'), bytes);
    const spec = it.spec([sh('echo a; echo b >&2; echo c; cat bytes')], { pipe: masked, secrets });
    await (
      await processes.start({ ...spec, err: spec.out })
    ).ended;
    expect(it.stdout().equals(Buffer.concat([Buffer.from('a\nb\nc\n'), bytes]))).toBe(true);
  });

  test('§11.7: files of the author get it as it is, appended, with the umask of the user', async () => {
    const it = makeTry();
    const file = join(it.root, 'sub', 'out.txt');
    const pipe = { mask: true, stdout: file, stderr: file };
    for (const n of [1, 2]) {
      const one = n === 1 ? it : makeTry(it.root, '1.2');
      const spec = one.spec([sh('echo "$S"; sleep 0.1; echo err >&2')], {
        vars: { S: SECRET },
        pipe,
        secrets,
      });
      await (
        await processes.start(spec)
      ).ended;
      expect(one.stdout().toString()).toBe('***\n');
    }
    expect(readFileSync(file, 'utf8')).toBe(`${SECRET}\nerr\n${SECRET}\nerr\n`);
  });

  test('nothing of it shows to the command: no variable, no descriptor; /dev/stderr can be opened', async () => {
    const it = makeTry();
    const text = 'env | grep -c FLOW_PIPE; ls /dev/fd | tr "\\n" " "; echo x > /dev/stderr';
    const spec = it.spec([sh(text)], { vars: { NODE_OPTIONS: '--bad' }, pipe: masked, secrets });
    await (
      await processes.start(spec)
    ).ended;
    expect(it.stdout().toString()).toMatch(/^0\n0 1 2 /);
    expect(it.stdout().toString()).not.toMatch(/ [4-9] /);
    expect(it.stderr().toString()).toBe('x\n');
  });

  test('H7: a secret in the words of a command is in no argument of the wrapper', async () => {
    const it = makeTry();
    const text = `tr '\\0' ' ' < /proc/$PPID/cmdline; : ${SECRET}`;
    const spec = it.spec([sh(text)], { secrets });
    await (
      await processes.start(spec)
    ).ended;
    expect(it.stdout().toString()).toBe('/bin/sh ');
  });

  test('B4, F11: what a step leaves running keeps its pipe, and is not waited for longer than 5 s', async () => {
    const it = makeTry();
    const text = `echo now; (sleep 7; echo "later $S") & echo $! > pid`;
    const spec = it.spec([sh(text)], { vars: { S: SECRET }, pipe: masked, secrets });
    const { code, piped } = await (await processes.start(spec)).ended;
    expect({ code, notes: piped?.notes.length }).toEqual({ code: 0, notes: 1 });
    expect(it.stdout().toString()).toBe('now\n');
    await pidIn(join(it.root, 'pid'));
    await until('the later output', () => it.stdout().toString() === 'now\nlater ***\n');
  });

  test('what a command says while it is being stopped is still written', async () => {
    const it = makeTry();
    const text = `trap 'echo "bye $S"; exit 0' TERM; echo up > up; while :; do sleep 0.05; done`;
    const spec = it.spec([sh(text)], { vars: { S: SECRET }, pipe: masked, secrets });
    const running = await processes.start(spec);
    await until(
      'the pipe is open',
      () => existsSync(join(it.root, 'up')) && !existsSync(join(it.dir, 'pipe', 'out')),
    );
    running.stop({ signal: 'SIGTERM', graceMs: 10_000, kill: false });
    await running.ended;
    expect(it.stdout().toString()).toBe('bye ***\n');
  });

  test('a command that is done before its pipe process is up loses nothing, a list neither', async () => {
    const it = makeTry();
    const spec = it.spec([sh('echo one'), sh('echo two'), sh('exit 4')], { pipe: masked, secrets });
    const end = await (await processes.start(spec)).ended;
    expect(end.code).toBe(4);
    expect(it.stdout().toString()).toBe('one\ntwo\n');
  });

  test.runIf(existsSync('/dev/full'))(
    'E2: a full disk drops the rest and does not fail the step',
    async () => {
      const it = makeTry();
      const spec = it.spec([sh('echo hello; echo there')], { pipe: { ...masked, stdout: '/dev/full' } });
      const end = await (await processes.start(spec)).ended;
      expect(end).toMatchObject({ code: 0, piped: { notes: ['/dev/full is truncated at byte 0: ENOSPC'] } });
      expect(it.stdout().toString()).toBe('hello\nthere\n');
    },
  );
});

describe.skipIf(process.platform !== 'linux')('a pipe process that does not get on', () => {
  test('F3: the command waits for it, nothing is lost', async () => {
    const it = makeTry();
    const size = 5_000_000;
    const text = `echo $$ > pid; until [ -e go ]; do sleep 0.02; done; exec head -c ${size} /dev/zero`;
    const running = await processes.start(
      it.spec([sh(text)], { vars: { S: SECRET }, pipe: masked, secrets }),
    );
    const pid = await pidIn(join(it.root, 'pid'));
    const reader = pipeProcessOf(it.dir);
    process.kill(reader, 'SIGSTOP');
    writeFileSync(join(it.root, 'go'), '');
    // `head` has nothing to sleep for but a pipe that is full.
    await until('the writer to sleep', () => /\(head\) S/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
    expect([readFileSync(join(it.dir, 'exit'), 'utf8'), it.stdout().length]).toEqual(['\n', 0]);
    process.kill(reader, 'SIGCONT');
    expect(await running.ended).toMatchObject({ code: 0, piped: { notes: [] } });
    expect(it.stdout().length).toBe(size);
  });
});

/** The pid of the pipe process of a try; it has said so by its environment. */
function pipeProcessOf(dir: string): number {
  const found = readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return (
        words.includes('__pipe') &&
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes(join(dir, 'outputs'))
      );
    } catch {
      return false;
    }
  });
  expect(found).toHaveLength(1);
  return Number(found[0]);
}
