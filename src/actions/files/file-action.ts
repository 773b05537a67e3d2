import { isUtf8 } from 'node:buffer';
import { chmod, lstat, mkdir, rm, stat } from 'node:fs/promises';
import { parse } from 'node:path';
import { parseJsonValue } from '../../base/value.ts';
import type { Value } from '../../base/value.ts';
import type {
  FileAction,
  FileDelete,
  FileMkdir,
  FileRead,
  FileStat,
  FileWrite,
} from '../../core/flow-action.ts';
import { SUCCEEDED } from '../action.ts';
import type { ActionEnd, ActionIo } from '../action.ts';
import { ActionFailure, fileFailure, number, resultOf } from '../result.ts';
import { listFiles } from './list.ts';
import { artifacts, isMissing, kindOf, kindOfStat, machine } from './place.ts';
import type { Room } from './place.ts';
import { readBytes } from './read.ts';
import { transfer } from './transfer.ts';
import { checkTarget, modeOf, writeInPlace, writeWhole } from './write.ts';

/** `file.*` and `artifact.*` (LANGUAGE.md §19.1). @throws ActionFailure */
export async function fileAction(action: FileAction, io: ActionIo): Promise<ActionEnd> {
  const room = action.kind.startsWith('artifact.') ? artifacts(io) : machine(io);
  switch (action.kind) {
    case 'file.stat':
      return resultOf(io, await statFile(action, room));
    case 'file.read':
    case 'artifact.read':
      return readFile(action, room, io);
    case 'file.write':
    case 'artifact.write':
      return resultOf(io, await writeFile(action, room, io));
    case 'file.copy':
    case 'file.move': {
      const source = await room.locate(action.source);
      const destination = await room.locate(action.destination);
      const how = { ...action, move: action.kind === 'file.move' };
      const files = await transfer(source, destination, how, io);
      return resultOf(io, { source, destination, files: number(files) });
    }
    case 'file.delete':
      return resultOf(io, await deleteFile(action, room));
    case 'file.mkdir':
      return resultOf(io, await makeDirectory(action, room));
    case 'file.list':
    case 'artifact.list': {
      const files = await listFiles(action, room, io);
      return resultOf(io, { path: room.show(await room.locate(action.path)), files });
    }
  }
}

type Result = Record<string, Value>;

async function statFile({ path, missingOk, followSymlinks }: FileStat, room: Room): Promise<Result> {
  const target = await room.locate(path);
  try {
    const found = await (followSymlinks ? stat(target) : lstat(target));
    return {
      path: target,
      exists: true,
      type: kindOfStat(found),
      size: number(found.size),
      mode: (found.mode & 0o7777).toString(8).padStart(4, '0'),
      modified_at: found.mtime.toISOString(),
    };
  } catch (error) {
    if (missingOk && isMissing(error)) return { path: target, exists: false };
    throw fileFailure(target, error);
  }
}

async function readFile({ path, format, maxBytes }: FileRead, room: Room, io: ActionIo): Promise<ActionEnd> {
  const target = await room.locate(path);
  const bytes = await readBytes(target, ...(maxBytes === null ? [] : [maxBytes]));
  if (format === 'raw') {
    io.out(bytes);
    if (!isUtf8(bytes)) return SUCCEEDED;
    return { ...SUCCEEDED, outputs: { content: { type: 'string', text: bytes.toString('utf8') } } };
  }
  if (!isUtf8(bytes)) throw new ActionFailure(`${JSON.stringify(target)}: is not UTF-8`);
  const content = jsonOf(bytes.toString('utf8'), target);
  return resultOf(io, { path: room.show(target), size: number(bytes.length), content });
}

function jsonOf(text: string, path: string): Value {
  try {
    return parseJsonValue(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ActionFailure(`${JSON.stringify(path)}: is not JSON: ${error.message}`, { cause: error });
  }
}

async function writeFile(action: FileWrite, room: Room, io: ActionIo): Promise<Result> {
  const { content, overwrite, dryRun } = action;
  const mode = modeOf(action.mode);
  const target = await room.locate(action.path);
  await checkTarget(target, action);
  if (!dryRun) {
    if (action.atomic) await writeWhole(target, content, mode, overwrite, io);
    else await writeInPlace(target, content, mode);
  }
  return { path: room.show(target), size: number(Buffer.byteLength(content)), written: !dryRun };
}

async function deleteFile(action: FileDelete, room: Room): Promise<Result> {
  const path = await room.locate(action.path);
  if (path === parse(path).root) throw new ActionFailure('the root of the file system is never deleted');
  const kind = await kindOf(path);
  if (kind === null && !action.missingOk) throw new ActionFailure(`${JSON.stringify(path)}: does not exist`);
  if (kind === 'directory' && !action.recursive) {
    throw new ActionFailure(`${JSON.stringify(path)}: is a directory, recursive would delete it`);
  }
  if (kind === null || action.dryRun) return { path, deleted: false };
  try {
    await rm(path, { recursive: action.recursive, force: true });
  } catch (error) {
    throw fileFailure(path, error);
  }
  return { path, deleted: true };
}

async function makeDirectory(action: FileMkdir, room: Room): Promise<Result> {
  const path = await room.locate(action.path);
  const mode = modeOf(action.mode);
  try {
    const there = await stat(path).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (there?.isDirectory() === true) return { path, created: false };
    if (there !== null) throw new ActionFailure(`${JSON.stringify(path)}: a file is in the way`);
    await mkdir(path, { recursive: action.createDirs, mode: 0o700 });
    await chmod(path, mode);
  } catch (error) {
    throw fileFailure(path, error);
  }
  return { path, created: true };
}
