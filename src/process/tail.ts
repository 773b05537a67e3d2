import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Tail } from './processes.ts';

/** A missing file has no bytes yet; without free descriptors the next look gets them. */
const NOT_NOW = new Set(['ENOENT', 'EMFILE', 'ENFILE']);

/** Follows a file that another process writes; it need not exist yet. */
export function openTail(path: string): Tail {
  let file: number | null = null;
  let offset = 0;
  return {
    read(limit) {
      file ??= openIfThere(path);
      if (file === null) return null;
      const bytes = new Uint8Array(limit);
      let count = readSync(file, bytes, 0, limit, offset);
      if (count === 0 && fstatSync(file).size < offset) {
        offset = 0; // a command truncated its own log
        count = readSync(file, bytes, 0, limit, offset);
      }
      offset += count;
      return count === 0 ? null : bytes.subarray(0, count);
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (NOT_NOW.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
