import {
  copyFile,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { FileTransfer } from '../../core/flow-action.ts';
import type { ActionIo } from '../action.ts';
import { ActionFailure, fileFailure } from '../result.ts';
import { kindOf, kindOfStat } from './place.ts';
import type { Kind } from './place.ts';
import { appear, checkTarget, partOf, prepareParent } from './write.ts';

export interface Transfer extends FileTransfer {
  readonly move: boolean;
}

/** One thing to copy, in the order of the tree. */
interface Entry {
  readonly kind: Kind;
  readonly from: string;
  readonly to: string;
}

/**
 * Copies or moves a file, a link or a tree; existing directories are merged. Everything is checked before the
 * first change. The number of files. @throws ActionFailure
 */
export async function transfer(source: string, target: string, how: Transfer, io: ActionIo): Promise<number> {
  const kind = await kindThere(source, how.followSymlinks);
  if (kind === 'directory' && !how.recursive) {
    throw new ActionFailure(`${JSON.stringify(source)}: is a directory, recursive would take it`);
  }
  await refuseItself(source, target);
  const there = await kindOf(target);
  if (kind !== 'directory') await checkTarget(target, how);
  else if (there !== null && there !== 'directory') {
    throw new ActionFailure(`${JSON.stringify(target)}: is not a directory`);
  } else if (there !== null && !how.overwrite) {
    throw new ActionFailure(`${JSON.stringify(target)}: exists already`);
  } else await prepareParent(target, how.createDirs, how.dryRun);
  const entries = await collect(source, target, kind, how.followSymlinks);
  const files = entries.filter((entry) => entry.kind !== 'directory').length;
  for (const { to, kind: wanted } of entries) await checkMerge(to, wanted);
  if (how.dryRun) return files;
  if (how.move && (there === null || kind !== 'directory') && (await renamed(source, target))) return files;
  if (kind === 'directory' && there === null) await copyTree(source, target, entries, io);
  else for (const entry of entries) await copyEntry(entry, how.overwrite, io);
  if (how.move) await remove(source);
  return files;
}

async function kindThere(path: string, follow: boolean): Promise<Kind> {
  const kind = await kindOf(path);
  if (kind === null) throw new ActionFailure(`${JSON.stringify(path)}: does not exist`);
  if (kind !== 'symlink' || !follow) return kind;
  try {
    return kindOfStat(await stat(path));
  } catch (error) {
    throw fileFailure(path, error);
  }
}

/** A tree copied into itself would never end, a file copied over itself would be lost. */
async function refuseItself(source: string, target: string): Promise<void> {
  const real = async (path: string): Promise<string> => realpath(path).catch(() => path);
  const [from, to] = [await real(source), await real(target)];
  if (from === to) throw new ActionFailure('source and destination are the same');
  if (to.startsWith(from + sep)) throw new ActionFailure('the destination lies inside the source');
}

/** What lies below `from`, directories before what is in them. @throws ActionFailure for devices and pipes */
async function collect(from: string, to: string, kind: Kind, follow: boolean): Promise<Entry[]> {
  if (kind === 'other') throw new ActionFailure(`${JSON.stringify(from)}: is no file, directory or link`);
  const entries: Entry[] = [{ kind, from, to }];
  if (kind !== 'directory') return entries;
  const names = await readdir(from).catch((error: unknown) => Promise.reject(fileFailure(from, error)));
  for (const name of names.sort()) {
    const inner = join(from, name);
    entries.push(...(await collect(inner, join(to, name), await kindThere(inner, follow), follow)));
  }
  return entries;
}

/** Within a merge a directory never replaces a file, nor a file a directory. */
async function checkMerge(to: string, wanted: Kind): Promise<void> {
  const there = await kindOf(to);
  if (there === null || (there === 'directory') === (wanted === 'directory')) return;
  throw new ActionFailure(`${JSON.stringify(to)}: is ${there === 'directory' ? 'a' : 'not a'} directory`);
}

/** False when source and target lie on different file systems. */
async function renamed(source: string, target: string): Promise<boolean> {
  try {
    await rename(source, target);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EXDEV') return false;
    throw fileFailure(target, error);
  }
}

/** A new tree appears as a whole or not at all. */
async function copyTree(
  source: string,
  target: string,
  entries: readonly Entry[],
  io: ActionIo,
): Promise<void> {
  const part = partOf(target, io);
  try {
    await rm(part, { recursive: true, force: true });
    for (const entry of entries) {
      await copyEntry({ ...entry, to: part + entry.to.slice(target.length) }, false, io);
    }
    await rename(part, target);
  } catch (error) {
    throw fileFailure(source, error);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

async function copyEntry(entry: Entry, overwrite: boolean, io: ActionIo): Promise<void> {
  const { kind, from, to } = entry;
  if (io.signal.aborted) throw new ActionFailure('stopped');
  try {
    if (kind === 'directory') {
      await mkdir(to, { recursive: true, mode: 0o700 });
      return;
    }
    const part = partOf(to, io);
    try {
      await rm(part, { force: true });
      if (kind === 'symlink') await symlink(await readlink(from), part);
      else await copyContent(from, part);
      await appear(part, to, overwrite);
    } finally {
      await rm(part, { force: true });
    }
  } catch (error) {
    throw fileFailure(to, error);
  }
}

/** Content and permissions, on the disk. */
async function copyContent(from: string, part: string): Promise<void> {
  await copyFile(from, part);
  const handle = await open(part, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function remove(source: string): Promise<void> {
  try {
    await rm(source, { recursive: true });
  } catch (error) {
    throw fileFailure(source, error);
  }
}
