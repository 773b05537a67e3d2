import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { LineCutter } from './lines.ts';
import { printable } from '../term/printable.ts';
import type { Sink } from '../term/sink.ts';

const CHUNK = 64 * 1024;

/** Bytes of a log file; 0 when it is not there. */
export function logSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** False also of a step inside flow that printed nothing: it has no log. */
export function logIsThere(path: string): boolean {
  return existsSync(path);
}

/** The bytes of a log file from `from` to `to`, by default to its end as it is when that is reached, in pieces. */
export function* logBytes(path: string, from: number, to = Number.POSITIVE_INFINITY): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    for (let at = from; at < to;) {
      const bytes = new Uint8Array(Math.min(CHUNK, to - at));
      const read = readSync(file, bytes, 0, bytes.length, at);
      if (read === 0) return;
      at += read;
      yield bytes.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}

/** Where the last `lines` lines of a file begin, found from its end. */
export function tailStart(path: string, lines: number): number {
  const size = logSize(path);
  if (lines === 0 || size === 0) return size;
  const file = openSync(path, 'r');
  try {
    let left = lines;
    for (let end = size; end > 0; end -= CHUNK) {
      const start = Math.max(0, end - CHUNK);
      const bytes = new Uint8Array(end - start);
      readSync(file, bytes, 0, bytes.length, start);
      // The newline that ends the file ends its last line; it begins none.
      let before = end === size ? bytes.length - 1 : bytes.length;
      while (before > 0) {
        const newline = bytes.lastIndexOf(0x0a, before - 1);
        if (newline < 0) break;
        left -= 1;
        if (left === 0) return start + newline + 1;
        before = newline;
      }
    }
    return 0;
  } finally {
    closeSync(file);
  }
}

/** Writes bytes as they are, or on a terminal without what would move its cursor (RELIABILITY.md F7). */
export function rawWriter(out: Sink): { write(bytes: Uint8Array): void; end(): void } {
  if (!out.isTerminal) return { write: (bytes) => out.write(bytes), end: () => undefined };
  const lines = new LineCutter();
  const show = (line: Uint8Array): void => out.write(`${printable(new TextDecoder().decode(line))}\n`);
  return { write: (bytes) => lines.push(bytes, show), end: () => lines.flush(show) };
}
