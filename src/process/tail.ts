import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs';
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
      const { size } = fstatSync(file);
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

function openIfThere(path: string): number | null {
  // An action inside flow makes a log when it prints; to fail costs far more than to ask.
  if (!existsSync(path)) return null;
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (NOT_NOW.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
