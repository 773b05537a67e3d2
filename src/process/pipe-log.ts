import * as fs from 'node:fs';
import { join } from 'node:path';
import { halfOf, rewriteLog } from './log-trim.ts';
import type { Part } from './log-trim.ts';
import { pipeFile } from './pipe-files.ts';
import { openPrivate } from './private-files.ts';

/**
 * The log of a stream that passes through the pipe process, with a bound on what it takes of the disk (F1): up to
 * `most` bytes go into the log, where they can be followed; what comes then into two files in turn, of which the last
 * `most / 2` bytes can always be read. At the end head and tail are put together.
 */
export class BoundedLog {
  readonly #file: number;
  readonly #path: string;
  readonly #most: number;
  /** The two files, the one that is written last. */
  readonly #rest: [string, string];
  #sizes: [number, number] = [0, 0];
  #open: number | null = null;
  #written = 0;

  /** `file` is the open log itself; another process holds its place on the disk. */
  constructor(at: {
    readonly file: number;
    readonly path: string;
    readonly most: number;
    readonly dir: string;
  }) {
    this.#file = at.file;
    this.#path = at.path;
    this.#most = at.most;
    const name = `rest.${at.file}`;
    this.#rest = [join(pipeFile.dir(at.dir), `${name}.a`), join(pipeFile.dir(at.dir), `${name}.b`)];
  }

  /** How many of the bytes were written; throws as `writeSync` does. */
  write(bytes: Uint8Array, at: number): number {
    const room = this.#most - this.#written;
    const count =
      room > 0
        ? fs.writeSync(this.#file, bytes, at, Math.min(bytes.length - at, room))
        : this.#writeRest(bytes, at);
    this.#written += count;
    return count;
  }

  /** Puts the log together when it was too large; the bytes that are left out of it, else null. */
  end(): number | null {
    if (this.#open !== null) fs.closeSync(this.#open);
    const over = this.#written - this.#most;
    if (over <= 0) return null;
    const half = halfOf(this.#most);
    const leftOut = this.#written - 2 * half;
    rewriteLog(this.#path, { path: this.#path, from: 0, to: half }, leftOut, this.#tail(half));
    for (const path of this.#rest) fs.rmSync(path, { force: true });
    return leftOut;
  }

  /** The last `bytes` of log, older and newer file together. */
  #tail(bytes: number): Part[] {
    const all = [
      { path: this.#path, size: this.#most },
      { path: this.#rest[0], size: this.#sizes[0] },
      { path: this.#rest[1], size: this.#sizes[1] },
    ];
    const parts: Part[] = [];
    let left = bytes;
    for (const { path, size } of all.reverse()) {
      const count = Math.min(left, size);
      if (count > 0) parts.unshift({ path, from: size - count, to: size });
      left -= count;
    }
    return parts;
  }

  #writeRest(bytes: Uint8Array, at: number): number {
    const most = Math.max(1, halfOf(this.#most));
    if (this.#open === null || this.#sizes[1] >= most) this.#turn();
    const room = Math.min(bytes.length - at, most - this.#sizes[1]);
    const count = fs.writeSync(this.#open ?? -1, bytes, at, room);
    this.#sizes[1] += count;
    return count;
  }

  /** What was the newer file is the older one from now on. */
  #turn(): void {
    if (this.#open !== null) fs.closeSync(this.#open);
    this.#open = null;
    this.#rest.reverse();
    this.#sizes = [this.#sizes[1], 0];
    fs.rmSync(this.#rest[1], { force: true });
    this.#open = openPrivate(this.#rest[1]);
  }
}
