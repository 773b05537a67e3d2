import { execFileSync, spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { currentOwner, isOwnerAlive, isProcessAlive } from '../../src/process/identity.ts';
import { listProcesses, parsePs, processInfo, startedWith, startTime } from '../../src/process/table.ts';
import { pidIn, scratch, until } from './support.ts';

describe('identity of a process (RELIABILITY.md §3.6)', () => {
  test('this process is alive as an owner; with another start time or boot id it is not (B7, A16)', () => {
    const owner = currentOwner('abc.lock');
    expect(owner).toMatchObject({ host: hostname(), pid: process.pid, lock: 'abc.lock' });
    expect(isOwnerAlive(owner)).toBe(true);
    expect(isOwnerAlive({ ...owner, host: 'renamed' })).toBe(true);
    expect(isOwnerAlive({ ...owner, start: '1' })).toBe(false);
    expect(isOwnerAlive({ ...owner, boot: 'another' })).toBe(false);
  });

  test('a zombie is dead, although signals reach it (B6)', async () => {
    const root = scratch();
    // The shell becomes a program that never waits for the child the shell had.
    const parent = spawn(
      'sh',
      ['-c', 'sh -c "until [ -e go ]; do sleep 0.02; done" & echo $! >pid; exec sleep 60'],
      { cwd: root },
    );
    const pid = await pidIn(join(root, 'pid'));
    const start = startTime(pid) ?? '';
    expect(isProcessAlive({ pid, start })).toBe(true);
    execFileSync('touch', [join(root, 'go')]);
    await until('it is dead', () => processInfo(pid) === null);
    expect(process.kill(pid, 0)).toBe(true);
    expect(startTime(pid)).toBe(start);
    expect(isProcessAlive({ pid, start })).toBe(false);
    expect(listProcesses().map((info) => info.pid)).not.toContain(pid);
    parent.kill('SIGKILL');
  });

  test('a name with spaces and parentheses does not shift the fields', async () => {
    const root = scratch();
    execFileSync('cp', [
      execFileSync('sh', ['-c', 'command -v sleep'], { encoding: 'utf8' }).trim(),
      join(root, 'a) S 1 (b'),
    ]);
    const child = spawn(join(root, 'a) S 1 (b'), ['60'], { detached: true, env: { KEY: 'a=b' } });
    const pid = child.pid ?? 0;
    await until('it runs', () => startedWith(pid, 'KEY')?.length === 1);
    expect(processInfo(pid)).toEqual({ pid, group: pid, start: startTime(pid) });
    expect(startedWith(pid, 'KEY')).toEqual(['a=b']);
    expect(startedWith(pid, 'EY')).toEqual([]);
    child.kill('SIGKILL');
  });

  test('the table of ps is read without its dead', () => {
    const table = [
      '    1     1 Ss   Mon Nov 23 06:25:53 2026',
      '  421   420 Z+   Mon Nov 23 06:25:54 2026    ',
      '70000 69999 R    Sun Nov  1 16:05:04 2026',
      '',
    ].join('\n');
    expect(parsePs(table)).toEqual([
      { pid: 1, group: 1, start: 'Mon Nov 23 06:25:53 2026' },
      { pid: 70000, group: 69999, start: 'Sun Nov  1 16:05:04 2026' },
    ]);
  });
});
