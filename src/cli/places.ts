import { readFileSync } from 'node:fs';
import { laidOn, readBaseFile } from '../machine/base-file.ts';
import { readBeside } from '../machine/read-dag.ts';
import type { Context } from './context.ts';
import { lookUpDag, stem } from '../machine/dag-argument.ts';
import type { RunPlaces } from './run-argument.ts';

/** Where RUN arguments look besides the store. */
export function runPlaces(context: Context): RunPlaces {
  return { dagNames: (argument) => dagNames(context, argument) };
}

/**
 * The names that a DAG argument may stand for: the name in the file it finds, and the argument itself, since runs
 * outlive their file.
 */
export async function dagNames(context: Context, argument: string): Promise<string[]> {
  const file = lookUpDag(argument, context);
  if (file === null) return [argument];
  return [...new Set([await nameIn(context, file.path), argument])];
}

async function nameIn(context: Context, path: string): Promise<string> {
  const { loadDag } = await import('../language/load.ts');
  try {
    const { dag } = loadDag({
      ...{ file: path, bytes: readFileSync(path), ...laidOn(readBaseFile(context)) },
      readFile: (named) => readBeside(path, named),
    });
    return dag?.name ?? stem(path);
  } catch {
    // A directory, a pipe, or closed to us: its runs are found by the name of the file.
    return stem(path);
  }
}
