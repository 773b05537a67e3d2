import { join } from 'node:path';
import { RUN_ID_PATTERN } from './ids.ts';

/**
 * Every path below `$FLOW_HOME`, built in this one place from a checked run id and numbers only
 * (RELIABILITY.md §3.7, J1): no name that a person chose ever becomes part of a path.
 */
export interface FlowHome {
  readonly root: string;
  readonly database: string;
  readonly locks: string;
  /** `work/<run>`: try directories and scratch. */
  work(run: string): string;
  scratch(run: string): string;
  /** `work/<run>/try/<step>.<n>`, one per try. */
  tryDir(run: string, step: number, n: number): string;
  logs(run: string): string;
  runLog(run: string): string;
  /** The log files of one try; with `merged` both are the same `.log` file. */
  tryLogs(run: string, step: number, n: number, merged: boolean): { out: string; err: string };
  artifacts(run: string): string;
}

export function flowHome(root: string): FlowHome {
  const inRun = (area: string, run: string): string => {
    if (!RUN_ID_PATTERN.test(run)) throw new Error(`not a run id: ${JSON.stringify(run)}`);
    return join(root, area, run);
  };
  const tryName = (step: number, n: number): string => {
    if (!Number.isSafeInteger(step) || !Number.isSafeInteger(n)) throw new Error('step and try are numbers');
    return `${step}.${n}`;
  };
  return {
    root,
    database: join(root, 'flow.db'),
    locks: join(root, 'work', '.locks'),
    work: (run) => inRun('work', run),
    scratch: (run) => join(inRun('work', run), 'scratch'),
    tryDir: (run, step, n) => join(inRun('work', run), 'try', tryName(step, n)),
    logs: (run) => inRun('logs', run),
    runLog: (run) => join(inRun('logs', run), 'run.log'),
    tryLogs(run, step, n, merged) {
      const base = join(inRun('logs', run), tryName(step, n));
      return merged ? { out: `${base}.log`, err: `${base}.log` } : { out: `${base}.out`, err: `${base}.err` };
    },
    artifacts: (run) => inRun('artifacts', run),
  };
}

/** `~` and `~/…` stand for the home directory. */
export function expandTilde(path: string, home: string | undefined): string {
  return home !== undefined && (path === '~' || path.startsWith('~/')) ? home + path.slice(1) : path;
}
