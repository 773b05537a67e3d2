import * as fs from 'node:fs';
import { openPrivate } from './private-files.ts';

const CHUNK_BYTES = 64 * 1024;

/** A part of a file, `to` excluded. */
export interface Part {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** What is kept of a log with more than `most` bytes: so many at its beginning, and as many at its end (F1). */
export function halfOf(most: number): number {
  return Math.floor(most / 2);
}

/**
 * Keeps the first and the last half of `most` bytes of a log that its step has written (F1); the bytes left out, or
 * null when it is not larger. Readers that have it open go on with the whole of it.
 */
export function trimLog(path: string, most: number): number | null {
  const size = fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= most) return null;
  const half = halfOf(most);
  const leftOut = size - 2 * half;
  const whole = openToRead(path);
  try {
    rewriteLog(path, { path, from: 0, to: half }, leftOut, [{ path, from: size - half, to: size }]);
  } finally {
    // The system frees the bytes left out when the last one closes them, a gigabyte in a quarter of a second: a thread
    // does it, while flow goes on.
    fs.close(whole, () => undefined);
  }
  return leftOut;
}

function openToRead(path: string): number {
  return fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
}

/** Puts head, a line that says what is missing, and tail in the place of a log, at once: written beside, renamed. */
export function rewriteLog(path: string, head: Part, leftOut: number, tail: readonly Part[]): void {
  const fresh = `${path}.new`;
  fs.rmSync(fresh, { force: true });
  const file = openPrivate(fresh);
  try {
    const last = copy(head, file);
    const newline = last === null || last === 0x0a ? '' : '\n';
    writeAll(file, Buffer.from(`${newline}[flow: ${leftOut} bytes left out here, see max_log_size]\n`));
    for (const part of tail) copy(part, file);
  } catch (error) {
    fs.rmSync(fresh, { force: true });
    throw error;
  } finally {
    fs.closeSync(file);
  }
  fs.renameSync(fresh, path);
}

/** The last byte copied, null when there was none. */
function copy({ path, from, to }: Part, file: number): number | null {
  const source = openToRead(path);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let last: number | null = null;
  try {
    for (let at = from; at < to;) {
      const count = fs.readSync(source, buffer, 0, Math.min(CHUNK_BYTES, to - at), at);
      if (count === 0) break;
      writeAll(file, buffer.subarray(0, count));
      last = buffer[count - 1] ?? null;
      at += count;
    }
  } finally {
    fs.closeSync(source);
  }
  return last;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(file, bytes, at);
}
