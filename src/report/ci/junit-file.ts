import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Dag } from '../../core/dag.ts';
import { flowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import type { Reporter } from '../reporter.ts';
import { junitXml } from './junit.ts';
import { atTheEnd } from './results.ts';

/**
 * `--junit FILE`: a report of the attempt for CI systems, written beside the file and then put in its place, so that
 * nobody ever reads half of it. Made with its folder as `umask` says: it is meant for others. What goes wrong in the
 * end is told with `warn` and does not touch the run.
 * @throws FlowError (exit 2) when the file cannot be made there, which is tried at once.
 */
export function junitFile(path: string, dag: Dag, umask: number, warn: (message: string) => void): Reporter {
  const fresh = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  const tryOut = (): void => {
    if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new Error('it is a directory');
    }
    fs.mkdirSync(dirname(path), { recursive: true });
    fs.closeSync(fs.openSync(fresh, 'w', 0o666));
    fs.rmSync(fresh);
  };
  try {
    withUmask(umask, tryOut);
  } catch (error) {
    throw flowError(EXIT.usage, 'E001', `--junit: cannot write ${path}: ${(error as Error).message}`);
  }
  return atTheEnd(dag, (runs) => {
    try {
      const file = withUmask(umask, () => fs.openSync(fresh, 'w', 0o666));
      try {
        for (const piece of junitXml(runs)) fs.writeFileSync(file, piece);
      } finally {
        fs.closeSync(file);
      }
      fs.renameSync(fresh, path);
    } catch (error) {
      fs.rmSync(fresh, { force: true });
      warn(`cannot write the JUnit report ${path}: ${(error as Error).message}`);
    }
  });
}

function withUmask<T>(umask: number, work: () => T): T {
  const own = process.umask(umask);
  try {
    return work();
  } finally {
    process.umask(own);
  }
}
