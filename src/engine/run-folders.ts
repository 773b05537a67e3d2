import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { expandTilde } from '../base/paths.ts';
import type { Dag } from '../core/dag.ts';
import type { RunRequest } from './types.ts';

/** What a run of its own, which no other run started, is recorded with besides what the caller gives. */
export function ownRun(
  dag: Dag,
  file: string,
): Pick<RunRequest, 'document' | 'parent' | 'root' | 'queue' | 'logDir' | 'artifactsDir'> {
  return { document: 0, parent: null, root: null, queue: null, ...runFolders(dag, file) };
}

/** Folders that a DAG names for its logs and artifacts, absolute (LANGUAGE.md §21.2, §21.3). */
export function runFolders(dag: Dag, file: string): Pick<RunRequest, 'logDir' | 'artifactsDir'> {
  const at = (path: string | null): string | null =>
    path === null ? null : resolve(dirname(file), path.startsWith('~') ? expandTilde(path, homedir()) : path);
  return {
    logDir: at(dag.logDir),
    artifactsDir: dag.artifacts.enabled ? at(dag.artifacts.dir) : false,
  };
}
