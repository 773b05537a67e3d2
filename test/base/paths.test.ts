import { describe, expect, test } from 'vitest';
import { flowHome, runPaths } from '../../src/base/paths.ts';
import type { RunFolders } from '../../src/base/paths.ts';

const ROOT = '/home/me/.flow';
const home = flowHome(ROOT);
const run = (id: string, more: Partial<RunFolders> = {}): RunFolders => ({
  ...{ id, logDir: null, artifactsDir: null },
  ...more,
});
const below = (path: string): string => `${ROOT}/${path}`;

describe('flowHome (RELIABILITY.md §3.7)', () => {
  test('every path lies below the root', () => {
    expect(home.database).toBe(below('flow.db'));
    expect(home.locks).toBe(below('work/.locks'));
    expect(home.work('r1')).toBe(below('work/r1'));
    expect(home.scratch('r1')).toBe(below('work/r1/scratch'));
    expect(home.tryDir('r1', 3, 2)).toBe(below('work/r1/try/3.2'));
    const paths = runPaths(home, run('r1'));
    expect(paths.logs).toBe(below('logs/r1'));
    expect(paths.runLog).toBe(below('logs/r1/run.log'));
    expect(paths.artifacts).toBe(below('artifacts/r1'));
  });

  test('but logs and artifacts lie where the DAG says (§21.2, §21.3)', () => {
    const paths = runPaths(home, run('r1', { logDir: '/var/log/etl', artifactsDir: '/srv/out' }));
    expect(paths.runLog).toBe('/var/log/etl/r1/run.log');
    expect(paths.tryLogs(1, 1, true).out).toBe('/var/log/etl/r1/1.1.log');
    expect(paths.artifacts).toBe('/srv/out/r1');
    expect(runPaths(home, run('r1', { artifactsDir: false })).artifacts).toBeNull();
  });

  test('logs of a try are two files, or one', () => {
    const base = below('logs/r1/3.2');
    const paths = runPaths(home, run('r1'));
    expect(paths.tryLogs(3, 2, false)).toEqual({ out: `${base}.out`, err: `${base}.err` });
    expect(paths.tryLogs(3, 2, true)).toEqual({ out: `${base}.log`, err: `${base}.log` });
  });

  test.each(['', '..', '../x', 'a/b', '.locks', 'a\0b', 'x'.repeat(65)])(
    '%j is no run id and no path (J1)',
    (id) => {
      for (const area of ['work', 'scratch'] as const) {
        expect(() => home[area](id)).toThrow('not a run id');
      }
      expect(() => home.tryDir(id, 1, 1)).toThrow('not a run id');
      expect(() => runPaths(home, run(id, { logDir: '/l', artifactsDir: '/a' }))).toThrow('not a run id');
    },
  );

  test.each([NaN, 1.5, Infinity])('step and try %d are refused', (n) => {
    expect(() => home.tryDir('r1', n, 1)).toThrow('numbers');
    expect(() => runPaths(home, run('r1')).tryLogs(1, n, true)).toThrow('numbers');
  });
});
