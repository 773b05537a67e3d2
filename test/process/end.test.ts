import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isProcessAlive } from '../../src/process/identity.ts';
import { processInfo, startTime } from '../../src/process/table.ts';
import { makeTry, pidIn, processes, scratch, sh, until } from './support.ts';

describe('how a try ends (LANGUAGE.md §6.1, RELIABILITY.md §3.4)', () => {
  test.each([0, 1, 2, 75, 124, 126, 127, 255])('exit status %i', async (code) => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh(`exit ${code}`)]));
    expect(await running.ended).toMatchObject({ code, signal: null });
    expect(it.file('exit')).toBe(`${code}\n`);
    expect(it.file('claim')).toBe(`pid ${running.pid} ${startTime(running.pid)}\n`);
  });

  test.each([
    ['SEGV', 139],
    ['TERM', 143],
    ['INT', 130],
    ['KILL', 137],
    ['PIPE', 141],
    ['XCPU', 152],
  ])('death by SIG%s is 128 + n and the name (B13)', async (name, code) => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh(`kill -${name} $$`)]));
    expect(await running.ended).toEqual({ code, signal: `SIG${name}` });
  });

  test('the wrapper killed by somebody: its command ends with it, then the step ends as killed (B1)', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('echo $$ >pid; exec sleep 60')]));
    const pid = await pidIn(join(it.root, 'pid'));
    const start = startTime(pid) ?? '';
    process.kill(running.pid, 'SIGKILL');
    expect(await running.ended).toEqual({ code: 137, signal: 'SIGKILL' });
    expect(readFileSync(join(it.dir, 'exit'), 'utf8')).toBe('\n');
    expect(isProcessAlive({ pid, start })).toBe(false);
  });

  test('a try leads a process group and a session of its own', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('ps -o pgid=,sid= -p $$; exec sleep 60')]));
    expect(processInfo(running.pid)?.group).toBe(running.pid);
    await until('its ids', () => it.stdout().length > 0);
    running.stop({ signal: 'SIGTERM', graceMs: 5_000, kill: false });
    await running.ended;
    const ids = it.stdout().toString().trim().split(/ +/).map(Number);
    expect(ids).toEqual([running.pid, running.pid]);
  });

  test('200 tries that end at once: no end is lost (B10)', async () => {
    const root = scratch();
    const gate = join(root, 'gate');
    execFileSync('mkfifo', [gate]);
    const tries = Array.from({ length: 200 }, (_, i) => makeTry(root, `${i + 1}.1`));
    const all = await Promise.all(
      tries.map((it, i) => processes.start(it.spec([sh(`echo; : <gate; exit ${i % 100}`)]))),
    );
    await until('all wait at the gate', () => tries.every((it) => it.stdout().length > 0));
    const opened = openSync(gate, 'r+');
    const ends = await Promise.all(all.map((running) => running.ended));
    closeSync(opened);
    expect(ends.map((end) => end.code)).toEqual(tries.map((_, i) => i % 100));
    expect(tries.map((it) => it.file('exit'))).toEqual(tries.map((_, i) => `${i % 100}\n`));
  });
});

describe('a list of commands (LANGUAGE.md §6.1)', () => {
  test('runs in order and leaves an exit file per entry', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('echo a'), sh('echo b >&2'), sh('echo c')]));
    expect((await running.ended).code).toBe(0);
    expect([it.stdout().toString(), it.stderr().toString()]).toEqual(['a\nc\n', 'b\n']);
    expect(['exit.1', 'exit.2', 'exit.3', 'exit'].map(it.file)).toEqual(['0\n', '0\n', '0\n', '0\n']);
  });

  test('stops at the first entry that fails', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([sh('echo a'), sh('exit 7'), sh('echo c')]));
    expect((await running.ended).code).toBe(7);
    expect(it.stdout().toString()).toBe('a\n');
    expect(['exit.1', 'exit.2', 'exit'].map(it.file)).toEqual(['0\n', '7\n', '7\n']);
    expect(existsSync(join(it.dir, 'exit.3'))).toBe(false);
    expect(await processes.recover(it.dir)).toMatchObject({
      kind: 'exited',
      entriesDone: 1,
      end: { code: 7 },
    });
  });

  test('firstCommand skips what is done, and the skipped entries count as done', async () => {
    const it = makeTry();
    const spec = it.spec([sh('echo a'), sh('echo b'), sh('echo c')], { firstCommand: 2 });
    await (
      await processes.start(spec)
    ).ended;
    expect(it.stdout().toString()).toBe('c\n');
    expect(await processes.recover(it.dir)).toMatchObject({ kind: 'exited', entriesDone: 3 });
  });

  test('entries that together are longer than one argument may be', async () => {
    const it = makeTry();
    const entries = [0, 1, 2].map((i) => sh(`: ${'x'.repeat(60_000)}; echo ${i}`));
    expect((await (await processes.start(it.spec(entries))).ended).code).toBe(0);
    expect(it.stdout().toString()).toBe('0\n1\n2\n');
  });
});
