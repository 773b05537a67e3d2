import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { RUN_MARKER } from '../../base/paths.ts';
import type { ActionIo } from '../action.ts';
import { inDirectory } from '../place.ts';
import { ActionFailure, fileFailure } from '../result.ts';

/** Where the paths of a file action lie. */
export interface Room {
  /** The absolute path. @throws ActionFailure when it leads out of the room */
  locate(path: string): Promise<string>;
  /** An absolute path as results show it: another action of the same kind takes it as it is. */
  show(path: string): string;
  /** True for what flow itself has put there: it is not listed. */
  hides(path: string): boolean;
  /** True when what a symbolic link leads to may be looked at. */
  allows(realPath: string): Promise<boolean>;
}

/** All files of the machine, for `file.*`. */
export function machine(io: ActionIo): Room {
  return {
    locate: (path) => Promise.resolve(inDirectory(io, path)),
    show: (path) => path,
    hides: () => false,
    allows: () => Promise.resolve(true),
  };
}

/** The artifacts directory of the run, for `artifact.*` (LANGUAGE.md §21.3). */
export function artifacts(io: ActionIo): Room {
  const root = io.env['FLOW_ARTIFACTS_DIR'];
  if (root === undefined || root === '') throw new ActionFailure('artifacts are disabled');
  const inside = async (path: string): Promise<boolean> => isWithin(await realpath(root), path);
  return {
    async locate(path) {
      const outside = new ActionFailure(`${JSON.stringify(path)} must lie inside the artifacts directory`);
      if (path === '') throw new ActionFailure('the path is empty');
      if (path.startsWith('/') || path.split('/').includes('..')) throw outside;
      const target = resolve(root, path);
      try {
        if (!(await inside(await realpath(await nearestExisting(target))))) throw outside;
      } catch (error) {
        throw fileFailure(path, error);
      }
      return target;
    },
    show: (path) => relative(root, path) || '.',
    hides: (path) => path === join(root, RUN_MARKER),
    allows: inside,
  };
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root + sep);
}

/** The path itself or the nearest directory above it that is there; a link counts as what it points to. */
async function nearestExisting(path: string): Promise<string> {
  for (let here = path; ; here = dirname(here)) {
    if ((await kindOf(here)) !== null || here === dirname(here)) return here;
  }
}

export type Kind = 'file' | 'directory' | 'symlink' | 'other';

export function kindOfStat(found: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): Kind {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'directory';
  return found.isSymbolicLink() ? 'symlink' : 'other';
}

/** What lies at a path, a symbolic link as itself; null when there is nothing. */
export async function kindOf(path: string): Promise<Kind | null> {
  try {
    return kindOfStat(await lstat(path));
  } catch (error) {
    if (isMissing(error)) return null;
    throw fileFailure(path, error);
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
