import * as fs from 'node:fs';
import { dirname } from 'node:path';
import type { FlowHome, RunFolders } from '../base/paths.ts';
import { appendToAuthorFile, tryAuthorFile } from './author-file.ts';
import { trimLog } from './log-trim.ts';
import { createPrivate, makePrivateDirectory, openPrivate } from './private-files.ts';
import type { Tail } from './processes.ts';
import { removeRunFolders } from './remove-run.ts';
import { makeRunFolders, openRunFolders } from './run-folders.ts';
import { openTail } from './tail.ts';

const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_RDONLY, O_NONBLOCK } = fs.constants;

/** The second: a file where a directory was expected on the way. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR']);

/**
 * The files of runs on this machine, `RunFiles` of the engine: directories 0700, files 0600, whatever the
 * umask (J4). `umask` is that of this process, the user's: files that an author names get it.
 */
export function nodeRunFiles(home: FlowHome, umask = 0o077) {
  return {
    openRun: (run: RunFolders): void => openRunFolders(home, run),
    makeRun: (run: RunFolders): void => makeRunFolders(home, run),
    removeRun: (run: RunFolders): void => removeRunFolders(home, run),
    makeTry: (path: string): void => makePrivateDirectory(path, umask),
    create,
    append: appendPrivate,
    read: readBounded,
    replace: replacePrivate,
    trimLog,
    remove,
    openForAuthor: (path: string): string | null => tryAuthorFile(path, umask),
    appendForAuthor: (path: string, bytes: Uint8Array | string): void =>
      appendToAuthorFile(path, bytes, umask),
    kind,
    size,
    tail: (path: string, after = 0): Tail => openTail(path, after),
  };
}

/** Makes the folder as well where somebody has deleted it (E10). */
function create(path: string, content: Uint8Array | string): void {
  try {
    createPrivate(path, content);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makePrivateDirectory(dirname(path));
    createPrivate(path, content);
  }
}

/** Looks first: most of what is removed after a try was never there, and to fail is dear. */
function remove(path: string): void {
  if (fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined)
    fs.rmSync(path, { force: true, recursive: true });
}

/** Whoever reads it meanwhile sees the old content or the new one. */
function replacePrivate(path: string, bytes: Uint8Array): void {
  const fresh = `${path}.new`;
  fs.rmSync(fresh, { force: true });
  const file = openPrivate(fresh);
  try {
    fs.writeFileSync(file, bytes);
  } finally {
    fs.closeSync(file);
  }
  fs.renameSync(fresh, path);
}

/** Makes the file where it is missing, also when somebody has deleted the logs (E10). */
function appendPrivate(path: string, bytes: Uint8Array | string): void {
  const file = openToAppend(path);
  try {
    fs.writeFileSync(file, bytes);
  } finally {
    fs.closeSync(file);
  }
}

function openToAppend(path: string): number {
  try {
    return openOrCreate(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makePrivateDirectory(dirname(path));
    return openOrCreate(path);
  }
}

function openOrCreate(path: string): number {
  const file = fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  const { size, mode } = fs.fstatSync(file);
  // A umask may have taken bits from a new file; what somebody has made of an old one is theirs.
  if (size === 0 && (mode & 0o777) !== 0o600) fs.fchmodSync(file, 0o600);
  return file;
}

/** Only regular files: a step may have put a pipe or a device in its place, which would block or never end. */
function readBounded(path: string, limit: number): Uint8Array | null {
  // Most output files are empty, and need not be opened.
  if (size(path) === 0) return new Uint8Array();
  const file = openIfThere(path);
  if (file === null) return null;
  try {
    const { size } = requireRegular(path, fs.fstatSync(file));
    const bytes = new Uint8Array(Math.min(size, limit + 1));
    let length = 0;
    while (length < bytes.length) {
      const count = fs.readSync(file, bytes, length, bytes.length - length, length);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  } finally {
    fs.closeSync(file);
  }
}

function requireRegular(path: string, stats: fs.Stats): fs.Stats {
  if (!stats.isFile()) throw new Error(`not a regular file: ${path}`);
  return stats;
}

function openIfThere(path: string): number | null {
  try {
    return fs.openSync(path, O_RDONLY | O_NONBLOCK);
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

function size(path: string): number | null {
  const stats = statsOf(path);
  return stats?.isFile() === true ? stats.size : null;
}

function kind(path: string): 'directory' | 'other' | null {
  const stats = statsOf(path);
  if (stats === null) return null;
  return stats.isDirectory() ? 'directory' : 'other';
}

function statsOf(path: string): fs.Stats | null {
  try {
    return fs.statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
