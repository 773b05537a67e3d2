import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compileRegexp } from '../../base/regexp.ts';
import type { Value } from '../../base/value.ts';
import type { FileList } from '../../core/flow-action.ts';
import type { ActionIo } from '../action.ts';
import { ActionFailure, fileFailure, number } from '../result.ts';
import { isMissing, kindOfStat } from './place.ts';
import type { Room } from './place.ts';

/** The entries of a directory, sorted by path, as `{path, type, size}`. @throws ActionFailure */
export async function listFiles(action: FileList, room: Room, io: ActionIo): Promise<Value[]> {
  const root = await room.locate(action.path);
  const matches = matcher(action.pattern);
  const found: { path: string; type: string; size: number }[] = [];
  const visit = async (directory: string, below: string, seen: readonly string[]): Promise<void> => {
    if (io.signal.aborted) throw new ActionFailure('stopped');
    const names = await readdir(directory).catch((error: unknown) => {
      throw fileFailure(directory, error);
    });
    for (const name of names) {
      const path = join(directory, name);
      if (room.hides(path)) continue;
      const relative = below === '' ? name : `${below}/${name}`;
      const info = await describe(path, action.followSymlinks, room);
      if (info === null) continue;
      const { type, size } = info;
      if ((type !== 'directory' || action.includeDirs) && matches(name, relative)) {
        found.push({ path: room.show(path), type, size });
      }
      if (type !== 'directory' || !action.recursive) continue;
      const real = await realpath(path);
      // A link to a directory above would never end.
      if (!seen.includes(real)) await visit(path, relative, [...seen, real]);
    }
  };
  try {
    const real = await realpath(root);
    if (!(await stat(root)).isDirectory())
      throw new ActionFailure(`${JSON.stringify(root)}: is not a directory`);
    await visit(root, '', [real]);
  } catch (error) {
    throw fileFailure(root, error);
  }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  return found.map(
    ({ path, type, size }) =>
      new Map<string, Value>([
        ['path', path],
        ['type', type],
        ['size', number(size)],
      ]),
  );
}

/** Null when it vanished meanwhile. A link that leads nowhere, or out of the room, is listed as a link. */
async function describe(
  path: string,
  follow: boolean,
  room: Room,
): Promise<{ type: string; size: number } | null> {
  try {
    const link = await lstat(path);
    if (!link.isSymbolicLink() || !follow) return { type: kindOfStat(link), size: link.size };
    try {
      if (!(await room.allows(await realpath(path)))) return { type: 'symlink', size: link.size };
      const target = await stat(path);
      return { type: kindOfStat(target), size: target.size };
    } catch (error) {
      if (isMissing(error)) return { type: 'symlink', size: link.size };
      throw error;
    }
  } catch (error) {
    if (isMissing(error)) return null;
    throw fileFailure(path, error);
  }
}

/** `*` and `?` stop at a slash, `**` does not; a glob without a slash is for the name alone. */
function matcher(pattern: string | null): (name: string, path: string) => boolean {
  if (pattern === null) return () => true;
  const compiled = compileRegexp(`^${globRegexp(pattern)}$`);
  if ('error' in compiled) {
    throw new ActionFailure(`pattern ${JSON.stringify(pattern)} is no glob: ${compiled.error}`);
  }
  return pattern.includes('/') ? (_name, path) => compiled.test(path) : (name) => compiled.test(name);
}

function globRegexp(glob: string): string {
  const pieces = glob.matchAll(/\*\*\/|\*+|\?|\[!?\]?[^\]]*\]|\\?[\s\S]/g);
  return [...pieces]
    .map(([piece]) => {
      if (piece === '**/') return '(?:[^/]*/)*';
      if (piece.startsWith('*')) return piece.length > 1 ? '(?s:.*)' : '[^/]*';
      if (piece === '?') return '[^/]';
      if (piece.length > 2 && piece.startsWith('[')) {
        const inverse = piece[1] === '!';
        return `[${inverse ? '^' : ''}${piece.slice(inverse ? 2 : 1, -1).replace(/[\\[\]^]/g, '\\$&')}]`;
      }
      const char = piece.length > 1 && piece.startsWith('\\') ? piece.slice(1) : piece;
      return char.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    })
    .join('');
}
