import type { RunFiles } from '../../src/engine/types.ts';
import type { FlowProcess } from './flow-process.ts';

/** Files in memory, which stay when a flow process dies. Directories need not be made. */
export class Disk {
  readonly #files = new Map<string, Uint8Array>();

  read(path: string): Uint8Array | null {
    return this.#files.get(path) ?? null;
  }

  write(path: string, bytes: Uint8Array | string): void {
    this.#files.set(path, bytesOf(bytes));
  }

  append(path: string, bytes: Uint8Array | string): void {
    const before = this.#files.get(path);
    this.write(path, before === undefined ? bytes : Buffer.concat([before, bytesOf(bytes)]));
  }

  create(path: string, bytes: Uint8Array | string): void {
    if (this.#files.has(path)) throw new Error(`EEXIST: ${path}`);
    this.write(path, bytes);
  }

  remove(path: string): void {
    this.#files.delete(path);
    for (const name of this.#files.keys()) if (name.startsWith(`${path}/`)) this.#files.delete(name);
  }
}

const encoder = new TextEncoder();

function bytesOf(bytes: Uint8Array | string): Uint8Array {
  return typeof bytes === 'string' ? encoder.encode(bytes) : bytes;
}

/** The file system as one flow process sees it: each call is a place where it can die. */
export function runFiles(disk: Disk, flow: FlowProcess): RunFiles {
  return {
    openRun: () => flow.now(() => undefined),
    makeRun: () => flow.now(() => undefined),
    removeRun: () => flow.now(() => undefined),
    makeTry: () => flow.now(() => undefined),
    create: (path, text) => flow.now(() => disk.create(path, text)),
    append: (path, bytes) => flow.now(() => disk.append(path, bytes)),
    read: (path, limit) => flow.now(() => disk.read(path)?.subarray(0, limit + 1) ?? null),
    replace: (path, bytes) => flow.now(() => disk.write(path, bytes)),
    remove: (path) => flow.now(() => disk.remove(path)),
    openForAuthor: () => flow.now(() => null),
    appendForAuthor: (path, bytes) => flow.now(() => disk.append(path, bytes)),
    trimLog: () => null,
    kind: (path) => (disk.read(path) === null ? 'directory' : 'other'),
    size: (path) => disk.read(path)?.length ?? null,
    // Nobody looks at the output.
    tail: () => ({ read: () => null, close: () => undefined }),
  };
}
