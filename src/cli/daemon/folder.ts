import { accessSync, constants, statSync, watch, type FSWatcher } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FlowError, flowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import { loadDag } from '../../language/load.ts';
import { WatchedFolder } from '../../scheduler/folder.ts';
import type { Context } from '../context.ts';
import { dagFiles } from '../../machine/dag-argument.ts';
import { laidOn, baseOf } from '../../machine/base-file.ts';
import { shownPath } from '../../machine/shown-path.ts';
import { readDagFile, storedFile } from '../../machine/read-dag.ts';

/** A file that was written less than this ago may not be whole yet. */
const SETTLE_MS = 100;

/** The DAG folder on disk. `changed` is told when something in it may be different. */
export function daemonFolder(
  context: Context,
  changed: () => void,
): { readonly folder: WatchedFolder; readonly close: () => void } {
  const { clock, dags, config } = context;
  const soon = (): void => void clock.after(2 * SETTLE_MS, changed);
  const folder = new WatchedFolder({
    list() {
      // A folder that is away for a while is not one without DAGs.
      accessSync(dags, constants.R_OK | constants.X_OK);
      return dagFiles(dags);
    },
    stamp: (path) => stampOf(path, clock.wall()),
    read: (path) => readDagFile(context, { path, shown: path }, {}),
    parse(path, definition) {
      const { dag, diagnostics } = loadDag({
        file: path,
        bytes: new TextEncoder().encode(definition.text),
        unresolved: config.unresolved,
        ...laidOn(baseOf(definition)),
        readFile: (named) => storedFile(definition, named),
      });
      if (dag === null) return Promise.reject(new FlowError(EXIT.usage, diagnostics));
      return Promise.resolve(dag);
    },
    others: (path, { files, base }) => [
      ...Object.keys(files).map((named) => resolve(dirname(path), named)),
      ...(base === null ? [] : [base.file]),
    ],
    again: soon,
  });
  const watcher = watchFolder(dags, soon);
  return { folder, close: () => watcher?.close() };
}

function stampOf(path: string, now: number): { stamp: string; isFresh: boolean } | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  const age = now - stats.mtimeMs;
  return {
    stamp: `${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`,
    isFresh: age >= 0 && age < SETTLE_MS,
  };
}

/** Null where the system cannot watch: the folder is looked at from time to time all the same. */
function watchFolder(path: string, changed: () => void): FSWatcher | null {
  try {
    return watch(path, changed).on('error', changed);
  } catch {
    return null;
  }
}

/** @throws FlowError (exit 2) when there is no such folder. */
export function requireFolder({ dags, cwd }: Context): void {
  if (statSync(dags, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const hint =
    'make it for your DAG files, or name theirs: `--dags .`, FLOW_DAGS, or dags in flow.config.yaml';
  throw flowError(EXIT.usage, 'E002', `there is no DAG folder ${shownPath(dags, cwd)}`, hint);
}
