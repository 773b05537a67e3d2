import { join } from 'node:path';
import { RUN_ID_PATTERN } from './ids.ts';

/**
 * Every path below `$FLOW_HOME`, built in this one place from a checked run id and numbers only
 * (RELIABILITY.md §3.7, J1): no name that a person chose ever becomes part of a path. Logs and artifacts, which may
 * lie elsewhere, are in `RunPaths`.
 */
export interface FlowHome {
  readonly root: string;
  readonly database: string;
  readonly locks: string;
  /** `work/<run>`: try directories and scratch. */
  work(run: string): string;
  scratch(run: string): string;
  /** `work/<run>/try`: the directories of tries. */
  tries(run: string): string;
  /** `work/<run>/try/<step>.<n>`, one per try. */
  tryDir(run: string, step: number, n: number): string;
}

/** What a run records about where its files are (`RunRecord`). */
export interface RunFolders {
  readonly id: string;
  /** Absolute; null: below flow's home (LANGUAGE.md §21.2). */
  readonly logDir: string | null;
  /** Absolute; null: below flow's home; false: none (LANGUAGE.md §21.3). */
  readonly artifactsDir: string | null | false;
}

/** Where the logs and artifacts of one run are: in flow's home, or in the folders that its DAG names. */
export interface RunPaths {
  readonly logs: string;
  readonly runLog: string;
  /** The log files of one try; with `merged` both are the same `.log` file. */
  tryLogs(step: number, n: number, merged: boolean): { out: string; err: string };
  /** Null: artifacts are disabled. */
  readonly artifacts: string | null;
}

/** In a run's own directory outside flow's home: flow made it and may delete it (J2). It holds the run id. */
export const RUN_MARKER = '.flow-run';

export function flowHome(root: string): FlowHome {
  const runs = join(root, 'work');
  // Each try asks for its folder several times, and `join` looks at every character of it.
  const work = (run: string): string => `${runs}/${checkedRun(run)}`;
  const tries = (run: string): string => `${work(run)}/try`;
  return {
    root,
    database: join(root, 'flow.db'),
    locks: `${runs}/.locks`,
    work,
    scratch: (run) => `${work(run)}/scratch`,
    tries,
    tryDir: (run, step, n) => `${tries(run)}/${tryName(step, n)}`,
  };
}

export function runPaths({ root }: Pick<FlowHome, 'root'>, run: RunFolders): RunPaths {
  const id = checkedRun(run.id);
  const logs = join(run.logDir ?? join(root, 'logs'), id);
  const artifacts = run.artifactsDir === false ? null : join(run.artifactsDir ?? join(root, 'artifacts'), id);
  return {
    logs,
    runLog: join(logs, 'run.log'),
    tryLogs(step, n, merged) {
      const base = `${logs}/${tryName(step, n)}`;
      return merged ? { out: `${base}.log`, err: `${base}.log` } : { out: `${base}.out`, err: `${base}.err` };
    },
    artifacts,
  };
}

function checkedRun(run: string): string {
  if (!RUN_ID_PATTERN.test(run)) throw new Error(`not a run id: ${JSON.stringify(run)}`);
  return run;
}

function tryName(step: number, n: number): string {
  if (!Number.isSafeInteger(step) || !Number.isSafeInteger(n)) throw new Error('step and try are numbers');
  return `${step}.${n}`;
}

/** `~` and `~/…` stand for the home directory. */
export function expandTilde(path: string, home: string | undefined): string {
  return home !== undefined && (path === '~' || path.startsWith('~/')) ? home + path.slice(1) : path;
}
