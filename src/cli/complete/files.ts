import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expandTilde } from '../../base/paths.ts';
import type { Context } from '../context.ts';
import { dagFiles, stem, type DagPlaces } from '../../machine/dag-argument.ts';
import { shownPath } from '../../machine/shown-path.ts';
import type { Candidate } from './candidate.ts';

/** What a DAG argument may be: a name of the DAG folder, or a file. */
export function dagCandidates(context: Pick<Context, keyof DagPlaces>, typed: string): Candidate[] {
  const names = dagFiles(context.dags).map((path) => ({
    value: stem(path),
    description: shownPath(path, context.cwd),
  }));
  const files = entries(context, typed, (name) => /\.ya?ml$/.test(name) && name !== 'flow.config.yaml');
  // With nothing typed yet, names are what is wanted; every folder that lies around would only hide them.
  const isFolder = ({ value }: Candidate): boolean => value.endsWith('/');
  const hide = typed === '' && names.length > 0;
  return [...names, ...(hide ? files.filter((one) => !isFolder(one)) : files)];
}

/** The folders, and the files that are wanted, beside what is typed of a path; folders end with `/`. */
export function entries(
  { cwd, userHome }: Pick<DagPlaces, 'cwd' | 'userHome'>,
  typed: string,
  isWanted: (name: string) => boolean,
): Candidate[] {
  const before = typed.slice(0, typed.lastIndexOf('/') + 1);
  const folder = resolve(cwd, expandTilde(before, userHome));
  const hidden = typed.startsWith('.', before.length);
  return namesIn(folder).flatMap((name) => {
    if (name.startsWith('.') && !hidden) return [];
    const isFolder = statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (!isFolder && !isWanted(name)) return [];
    return [{ value: `${before}${name}${isFolder ? '/' : ''}`, description: '' }];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // Not there, or closed to us: nothing to offer.
    return [];
  }
}
