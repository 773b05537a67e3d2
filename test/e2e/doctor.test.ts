import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flowHome } from '../../src/base/paths.ts';
import { sqlite } from '../../src/cli/examine.ts';
import { lockProblem } from '../../src/cli/lock-finding.ts';
import { startLockHolder } from '../../src/process/lock-holder.ts';
import { openLocks } from '../../src/store/sqlite/lock.ts';
import type { OwnerLocks } from '../../src/store/store.ts';
import { eventually } from '../support/eventually.ts';
import { BIN, place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

interface Check {
  readonly name: string;
  readonly value: string;
  readonly problem: string | null;
  readonly fix: string | null;
}

async function examined(at: Place): Promise<{ code: number; checks: Check[]; problems: Check[] }> {
  const { code, stdout } = await at.flow(['doctor', '--json']);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  const problems = checks.filter(({ problem }) => problem !== null);
  expect(ok).toBe(problems.length === 0);
  return { code, checks, problems };
}

describe('flow doctor (CLI.md §3)', () => {
  test('names what it stands on, and finds nothing where all is well', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{id: a, run: echo a}]\n');
    await at.flow(['run', 'dag.yaml']);
    const { code, checks, problems } = await examined(at);
    expect([code, problems]).toEqual([0, []]);
    const names = ['flow', 'node', 'home', 'permissions', 'database', 'driver', 'schema', 'integrity'];
    expect(checks.map(({ name }) => name)).toEqual([
      ...names,
      ...['sqlite', 'write-ahead log', 'locks', 'time zone', 'shell', 'proxy'],
    ]);
    expect((await at.flow(['doctor'])).stdout).not.toContain('fix:');
  });

  test('an interrupted run: the run, its living process, and the lock file, each with the line that fixes it', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{id: a, run: "echo a > begun; until test -e go; do sleep 0.05; done"}]\n');
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => existsSync(join(at.dir, 'begun')));
    expect((await examined(at)).problems).toEqual([]);
    child.kill('SIGKILL');
    await child;
    const claim = readFileSync(join(at.home, 'work', 'r-1', 'try', '1.1', 'claim'), 'utf8');
    const { code, problems } = await examined(at);
    expect(code).toBe(1);
    expect(problems).toMatchObject([
      { name: 'run', problem: 'it was interrupted', fix: 'flow resume r-1' },
      { name: 'process', problem: 'its run was interrupted', fix: 'flow resume r-1' },
      {
        name: 'lock files',
        value: '1 without a holder',
        fix: expect.stringMatching(/^rm '.*\.lock'$/) as string,
      },
    ]);
    // The wrapper, then its command.
    expect(problems[1]!.value).toMatch(new RegExp(`^${/^pid \d+/.exec(claim)?.[0] ?? 'none'} \\d+ `));
    at.write('go', '');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect((await examined(at)).problems.map(({ name }) => name)).toEqual(['lock files']);
  });

  test('a process that outlived its run, and folders without a run', async () => {
    const at = place();
    const left = 'sh -c "until test -e go; do sleep 0.05; done" > /dev/null 2>&1 & echo $! > pid';
    at.write('dag.yaml', `steps: [{id: a, run: '${left}'}]\n`);
    await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    mkdirSync(join(at.home, 'logs', 'r-2'), { mode: 0o700 });
    writeFileSync(join(at.home, 'logs', 'r-2', 'run.log'), '', { mode: 0o600 });
    const { problems } = await examined(at);
    expect(problems).toMatchObject([
      { name: 'process', problem: 'its run is not going on (succeeded)' },
      { name: 'folders', value: '1 without a run', fix: `rm -r '${join(at.home, 'logs', 'r-2')}'` },
    ]);
    expect(problems[0]!.fix).toMatch(/^kill \d+/);
    expect(problems[0]!.fix!.split(' ')).toContain(at.read('pid').trim());
    at.write('go', '');
  });

  test('J4: what is open to others', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{id: a, run: echo a}]\n');
    await at.flow(['run', 'dag.yaml']);
    chmodSync(at.home, 0o755);
    const { code, problems } = await examined(at);
    expect(code).toBe(1);
    expect(problems).toMatchObject([{ name: 'permissions', fix: `chmod go-rwx '${at.home}'` }]);
    chmodSync(at.home, 0o700);
    expect((await examined(at)).code).toBe(0);
  });

  describe('locks are tried where they are used (§2.3)', () => {
    const home = (at: Place): string => realpathSync(at.home);
    const holderIn = (at: Place) => () => startLockHolder([process.execPath, BIN], home(at), 'a.lock');
    const locksOf = (at: Place): OwnerLocks => openLocks({ home: flowHome(home(at)) });
    const made = (): Place => {
      const at = place();
      mkdirSync(at.home, { mode: 0o700 });
      return at;
    };

    test('one that another process holds keeps us out, and is free when that is killed; nothing stays', async () => {
      const at = made();
      const locks = locksOf(at);
      expect(await lockProblem(locks, 'a.lock', holderIn(at))).toBeNull();
      locks.release();
      const { checks } = await examined(at);
      expect(checks).toContainEqual({ name: 'locks', value: 'hold', problem: null, fix: null });
      expect(readdirSync(join(at.home, 'work', '.locks'))).toEqual([]);
    });

    test('a file system that lets everybody in', async () => {
      const at = made();
      for (const liar of [{ isFree: () => true }, { isFree: () => false, hold: () => undefined }]) {
        const problem = await lockProblem({ ...locksOf(at), ...liar }, 'a.lock', holderIn(at));
        expect(problem).toContain('a lock that one process holds does not keep another out');
      }
    });

    test('a file system that lets nobody in after a kill', async () => {
      const at = made();
      const problem = await lockProblem({ ...locksOf(at), isFree: () => false }, 'a.lock', holderIn(at));
      expect(problem).toContain('the lock of a process that was killed stays');
    });

    test('a file system that gives no lock at all', async () => {
      const at = made();
      const locks = locksOf(at);
      locks.hold('a.lock');
      expect(await lockProblem(locks, 'a.lock', holderIn(at))).toMatch(
        /^another process cannot take a lock: another live process holds .*a\.lock$/,
      );
      locks.release();
    });

    test('the holder leaves with the one that started it, and takes its file along', async () => {
      const at = made();
      const child = spawn(process.execPath, [BIN, '__lock', home(at), 'a.lock'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      expect(locksOf(at).isFree('a.lock')).toBe(false);
      child.stdin.end();
      expect(await once(child, 'exit')).toEqual([0, null]);
      expect(readdirSync(join(at.home, 'work', '.locks'))).toEqual([]);
    });
  });

  test('I17: the proxies of HTTP steps, without their passwords', async () => {
    const at = place();
    const shown = async (
      env: Record<string, string>,
    ): Promise<{ code: number; proxy: Check | undefined }> => {
      const { code, stdout } = await at.flow(['doctor', '--json'], { env });
      expect(stdout).not.toContain('s3cr3t');
      const { checks } = JSON.parse(stdout) as { checks: Check[] };
      return { code, proxy: checks.find(({ name }) => name === 'proxy') };
    };
    expect(await shown({})).toMatchObject({ code: 0, proxy: { value: 'none' } });
    const both = { http_proxy: 'http://ann:s3cr3t@p:3128', HTTPS_PROXY: 'q', NO_PROXY: 'localhost,.a.org' };
    expect(await shown(both)).toMatchObject({
      code: 0,
      proxy: { value: 'http through p:3128, https through q:80, not for localhost .a.org' },
    });
    expect(await shown({ HTTPS_PROXY: 'socks5://ann:s3cr3t@p:1' })).toMatchObject({
      code: 1,
      proxy: {
        problem: 'HTTPS_PROXY is not the address of a proxy, expected http://HOST:PORT',
        fix: 'export HTTPS_PROXY=http://HOST:PORT',
      },
    });
  });

  test.each([
    ['3.51.2', false],
    ['3.44.0', false],
    ['3.51.3', true],
    ['3.53.2', true],
    ['4.0.0', true],
  ])('SQLite %s is safe for several writers: %s (§2.2)', (version, safe) => {
    for (const driver of ['node:sqlite', 'better-sqlite3']) {
      const { problem, fix } = sqlite(version, driver);
      expect([problem === null, fix === null]).toEqual([safe, safe]);
    }
  });
});
