import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/** One execution of jq. */
export interface JqJob {
  readonly args: readonly string[];
  /** Standard input. */
  readonly input: string;
  /** `$ENV`. */
  readonly env: Readonly<Record<string, string>>;
}

export interface JqEnd {
  /** 0 is success, 3 a filter that does not compile, 5 a run-time error. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the package jq-wasm makes: a program with its own file system. */
interface JqProgram {
  callMain(args: string[]): number;
}
type JqFactory = () => Promise<JqProgram>;
type HostFunction = (...args: number[]) => number;
/** The part of WebAssembly that is used here; the types of Node do not have it. */
interface WebAssemblyApi {
  instantiate(
    binary: Uint8Array,
    imports: Record<string, Record<string, HostFunction>>,
  ): Promise<{ readonly instance: { readonly exports: Readonly<Record<string, object>> } }>;
}

/**
 * Runs jq in a thread of its own: a filter without end neither holds flow up nor outlives a stop.
 * @throws what the thread threw; the reason of `signal` when it is aborted
 */
export function runJq(job: JqJob, signal: AbortSignal): Promise<JqEnd> {
  const jq = createRequire(import.meta.url).resolve('jq-wasm/dist/build/jq.js');
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    const run = ${runProgram.toString()};
    run(require(workerData.jq), workerData.job).then((end) => parentPort.postMessage(end));`;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const options = { eval: true, env: {}, stdout: true, stderr: true, workerData: { jq, job } };
    const worker = new Worker(source, options);
    const stop = (): void => {
      reject(signal.reason as Error);
      void worker.terminate();
    };
    signal.addEventListener('abort', stop, { once: true });
    worker.once('message', (end: JqEnd) => {
      resolve(end);
      void worker.terminate();
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      signal.removeEventListener('abort', stop);
      reject(new Error('jq ended without a result'));
    });
  });
}

/**
 * The body of the thread; it may use nothing from outside itself. The program's own streams copy all data for
 * every byte, and its environment is fixed, so both are replaced where it asks its host for them.
 */
async function runProgram(factory: JqFactory, job: JqJob): Promise<JqEnd> {
  const input = new TextEncoder().encode(job.input);
  const env = Object.entries(job.env).map(([name, value]) => new TextEncoder().encode(`${name}=${value}\0`));
  const written: Record<number, Uint8Array[]> = { 1: [], 2: [] };
  let read = 0;
  let memory: { readonly buffer: ArrayBuffer } = { buffer: new ArrayBuffer(0) };
  const bytes = (): Uint8Array => new Uint8Array(memory.buffer);
  const setInt = (at: number, value: number): void => new DataView(memory.buffer).setUint32(at, value, true);
  /** The pieces of an I/O vector: address and length each. */
  const pieces = (at: number, count: number): [number, number][] => {
    const view = new DataView(memory.buffer);
    return Array.from({ length: count }, (_, i) => [
      view.getUint32(at + 8 * i, true),
      view.getUint32(at + 8 * i + 4, true),
    ]);
  };
  const replace: Record<string, (original: HostFunction) => HostFunction> = {
    _fd_read:
      (original) =>
      (fd = 0, at = 0, count = 0, done = 0) => {
        if (fd !== 0) return original(fd, at, count, done);
        const before = read;
        for (const [address, length] of pieces(at, count)) {
          const part = input.subarray(read, read + length);
          bytes().set(part, address);
          read += part.length;
        }
        setInt(done, read - before);
        return 0;
      },
    _fd_write:
      (original) =>
      (fd = 0, at = 0, count = 0, done = 0) => {
        const into = written[fd];
        if (into === undefined) return original(fd, at, count, done);
        let total = 0;
        for (const [address, length] of pieces(at, count)) {
          into.push(bytes().slice(address, address + length));
          total += length;
        }
        setInt(done, total);
        return 0;
      },
    _environ_sizes_get:
      () =>
      (count = 0, size = 0) => {
        setInt(count, env.length);
        setInt(
          size,
          env.reduce((sum, entry) => sum + entry.length, 0),
        );
        return 0;
      },
    _environ_get:
      () =>
      (pointers = 0, buffer = 0) => {
        let at = buffer;
        env.forEach((entry, i) => {
          setInt(pointers + 4 * i, at);
          bytes().set(entry, at);
          at += entry.length;
        });
        return 0;
      },
  };
  // The names of imports are shortened in the binary, those of the functions behind them are not.
  const { WebAssembly: api } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
  const instantiate = api.instantiate.bind(api);
  const missing = new Set(Object.keys(replace));
  api.instantiate = async (binary, imports) => {
    for (const functions of Object.values(imports)) {
      for (const [key, original] of Object.entries(functions)) {
        const make = replace[original.name];
        if (make === undefined) continue;
        functions[key] = make(original);
        missing.delete(original.name);
      }
    }
    const source = await instantiate(binary, imports);
    for (const exported of Object.values(source.instance.exports)) {
      if ('buffer' in exported) memory = exported as typeof memory;
    }
    return source;
  };
  const program = await factory();
  if (missing.size > 0) throw new Error(`jq-wasm has no ${[...missing].join(', ')}`);
  const code = program.callMain([...job.args]);
  const text = (fd: number): string => {
    const decoder = new TextDecoder();
    const parts = (written[fd] ?? []).map((part) => decoder.decode(part, { stream: true }));
    return parts.join('') + decoder.decode();
  };
  return { code, stdout: text(1), stderr: text(2) };
}
