import { describe, expect, test } from 'vitest';
import { flowHome } from '../../src/base/paths.ts';

const ROOT = '/home/me/.flow';
const home = flowHome(ROOT);
const below = (path: string): string => `${ROOT}/${path}`;

describe('flowHome (RELIABILITY.md §3.7)', () => {
  test('every path lies below the root', () => {
    expect(home.database).toBe(below('flow.db'));
    expect(home.locks).toBe(below('work/.locks'));
    expect(home.work('r1')).toBe(below('work/r1'));
    expect(home.scratch('r1')).toBe(below('work/r1/scratch'));
    expect(home.tryDir('r1', 3, 2)).toBe(below('work/r1/try/3.2'));
    expect(home.logs('r1')).toBe(below('logs/r1'));
    expect(home.runLog('r1')).toBe(below('logs/r1/run.log'));
    expect(home.artifacts('r1')).toBe(below('artifacts/r1'));
  });

  test('logs of a try are two files, or one', () => {
    const base = below('logs/r1/3.2');
    expect(home.tryLogs('r1', 3, 2, false)).toEqual({ out: `${base}.out`, err: `${base}.err` });
    expect(home.tryLogs('r1', 3, 2, true)).toEqual({ out: `${base}.log`, err: `${base}.log` });
  });

  test.each(['', '..', '../x', 'a/b', '.locks', 'a\0b', 'x'.repeat(65)])(
    '%j is no run id and no path (J1)',
    (run) => {
      for (const area of ['work', 'scratch', 'logs', 'runLog', 'artifacts'] as const) {
        expect(() => home[area](run)).toThrow('not a run id');
      }
      expect(() => home.tryDir(run, 1, 1)).toThrow('not a run id');
      expect(() => home.tryLogs(run, 1, 1, false)).toThrow('not a run id');
    },
  );

  test.each([NaN, 1.5, Infinity])('step and try %d are refused', (n) => {
    expect(() => home.tryDir('r1', n, 1)).toThrow('numbers');
    expect(() => home.tryLogs('r1', 1, n, true)).toThrow('numbers');
  });
});
