import { createHash } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseMode } from '../../base/octal.ts';
import type { FileWrite } from '../../core/flow-action.ts';
import type { ActionIo } from '../action.ts';
import { ActionFailure, fileFailure } from '../result.ts';
import { kindOf } from './place.ts';

export function modeOf(text: string): number {
  const mode = parseMode(text);
  if (mode === null)
    throw new ActionFailure(`the mode must be octal digits as 0644, got ${JSON.stringify(text)}`);
  return mode;
}

/** Where a new file or directory may be put; also checks what lies there now. @throws ActionFailure */
export async function checkTarget(
  target: string,
  { overwrite, createDirs, dryRun }: Pick<FileWrite, 'overwrite' | 'createDirs' | 'dryRun'>,
): Promise<void> {
  const there = await kindOf(target);
  if (there === 'directory') throw new ActionFailure(`${JSON.stringify(target)}: is a directory`);
  if (there !== null && !overwrite) throw new ActionFailure(`${JSON.stringify(target)}: exists already`);
  await prepareParent(target, createDirs, dryRun);
}

/** The parent directory is there, or is made. @throws ActionFailure */
export async function prepareParent(target: string, create: boolean, dryRun: boolean): Promise<void> {
  const parent = dirname(target);
  try {
    if (create && !dryRun) await mkdir(parent, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileFailure(parent, error);
  }
  if ((await kindOf(parent)) === null && !create) {
    throw new ActionFailure(`${JSON.stringify(parent)}: does not exist, create_dirs would make it`);
  }
}

/** A name beside a target that a try after a crash finds again. */
export function partOf(target: string, io: Pick<ActionIo, 'idempotencyKey'>): string {
  const mark = createHash('sha256').update(io.idempotencyKey).digest('hex').slice(0, 16);
  return join(dirname(target), `.${basename(target).slice(0, 100)}.${mark}.part`);
}

/** Writes a file so that it appears only when it is complete. @throws ActionFailure */
export async function writeWhole(
  target: string,
  content: string | Uint8Array,
  mode: number,
  overwrite: boolean,
  io: Pick<ActionIo, 'idempotencyKey'>,
): Promise<void> {
  const part = partOf(target, io);
  try {
    await rm(part, { force: true });
    await writeNew(part, content, mode);
    await appear(part, target, overwrite);
  } catch (error) {
    throw fileFailure(target, error);
  } finally {
    await rm(part, { force: true });
  }
}

/** Gives a complete file its name; without `overwrite` never over another one, also not over a newer one. */
export async function appear(part: string, target: string, overwrite: boolean): Promise<void> {
  if (overwrite) await rename(part, target);
  else await link(part, target);
}

/** Creates a file of exactly this mode, whatever the umask, and brings it to the disk. */
async function writeNew(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `atomic: false`: writes into the file itself, as special files and watchers of an inode need it. */
export async function writeInPlace(target: string, content: string, mode: number): Promise<void> {
  const before = await kindOf(target);
  try {
    if (before === null) await writeNew(target, content, mode);
    else {
      const handle = await open(target, 'r+');
      try {
        await handle.truncate();
        await handle.writeFile(content);
        await handle.chmod(mode);
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
  } catch (error) {
    if (before === null) await rm(target, { force: true });
    throw fileFailure(target, error);
  }
}
