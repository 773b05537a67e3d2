import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Tail } from './processes.ts';

/** A missing file has no bytes yet, nor has one in a folder that is none; without free descriptors the next look gets them. */
const NOT_NOW = new Set(['ENOENT', 'ENOTDIR', 'EMFILE', 'ENFILE']);

/** Follows a file that another process writes, from its byte `after` on; it need not exist yet. */
export function openTail(path: string, after = 0): Tail {
  let file: number | null = null;
  let offset = after;
  return {
    read(limit) {
      let size: number;
      if (file === null) {
        const opened = openIfThere(path);
        if (opened === null) return null;
        ({ file, size } = opened);
      } else ({ size } = fstatSync(file));
      if (size < offset) offset = 0; // a command truncated its own log
      if (size === offset) return null;
      // Not all of `limit`: most steps print little, and memory that is cleared and collected costs more than a look.
      const bytes = new Uint8Array(Math.min(limit, size - offset));
      const count = readSync(file, bytes, 0, bytes.length, offset);
      offset += count;
      return count === 0 ? null : bytes.subarray(0, count);
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

/** Null while there is nothing to read: most steps print nothing, and to ask costs less than to open, or to fail. */
function openIfThere(path: string): { file: number; size: number } | null {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || (found.isFile() && found.size === 0)) return null;
    return { file: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), size: found.size };
  } catch (error) {
    if (NOT_NOW.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
