import { read, rmSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import { maskerOf } from '../core/mask.ts';
import type { MaskStream } from '../core/mask.ts';
import { openAuthorFile } from './author-file.ts';
import type { PipeConfig } from './pipe-config.ts';
import { pipeFile, reportText } from './pipe-files.ts';
import { BoundedLog } from './pipe-log.ts';
import { createPrivate } from './private-files.ts';
import { privateTexts } from './try-files.ts';

const CHUNK_BYTES = 64 * 1024;
const readSome = promisify(read);

/** Descriptors as the wrapper hands them over: the ends of the pipes, and the log files. */
const STREAMS = [
  { name: 'stdout', from: 0, log: 1 },
  { name: 'stderr', from: 4, log: 2 },
] as const;

/** Signals of a stop are meant for the command: what it says while it ends still has to be written. */
const DEFERRED = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGPIPE',
] as const;

/**
 * The process that the output of a step passes through (RELIABILITY.md §3.7): masked into the log, as it is into
 * the files of the author. It belongs to no flow, ends when the last writer has closed the pipes, and then leaves
 * a report. A full disk never fails the step (E2): the rest of that file is dropped.
 */
export async function runPipe(config: PipeConfig): Promise<void> {
  for (const signal of DEFERRED) if (signal in constants.signals) process.on(signal, () => undefined);
  for (const path of [pipeFile.out(config.dir), pipeFile.err(config.dir)]) rmSync(path, { force: true });
  const masker = maskerOf(config.secrets);
  const notes: string[] = [];
  const masked: ('stdout' | 'stderr')[] = [];
  const leftOut: Partial<Record<'stdout' | 'stderr', number>> = {};
  const author = authorSinks(config, notes);
  const pumps = STREAMS.slice(0, config.streams).map(async ({ name, from, log }) => {
    const stream = masker?.stream() ?? null;
    const sink = logSink(config, name, log, notes);
    await pump(from, stream, sink, author(name));
    if (stream?.found === true) masked.push(name);
    const bytes = sink.end();
    if (bytes !== null) leftOut[name] = bytes;
  });
  await Promise.all(pumps);
  // The wrapper has ended too. Perhaps no flow is there to do this.
  for (const path of privateTexts(config.dir)) rmSync(path, { force: true, recursive: true });
  leaveReport(config.dir, reportText({ masked, notes, leftOut }));
}

function logSink(
  { dir, logs, maxLogSize }: PipeConfig,
  name: 'stdout' | 'stderr',
  file: number,
  notes: string[],
): Sink {
  const bounded =
    maxLogSize === null ? null : new BoundedLog({ dir, file, path: logs[name], most: maxLogSize });
  return new Sink(file, `the log of ${name}`, notes, bounded);
}

function leaveReport(dir: string, text: string): void {
  try {
    createPrivate(pipeFile.done(dir), text);
  } catch {
    // No room, or the run is gone: whoever waits for it will say that it did not come.
  }
}

/** Both streams may go into one file, which is opened once. */
function authorSinks(config: PipeConfig, notes: string[]): (stream: 'stdout' | 'stderr') => Sink | null {
  const sinks = new Map<string, Sink | null>();
  return (stream) => {
    const path = config[stream];
    if (path === null) return null;
    if (!sinks.has(path)) {
      let sink: Sink | null = null;
      try {
        sink = new Sink(openAuthorFile(path, config.umask), path, notes, null);
      } catch (error) {
        notes.push(`cannot open ${path} (${codeOf(error)})`);
      }
      sinks.set(path, sink);
    }
    return sinks.get(path) ?? null;
  };
}

async function pump(from: number, stream: MaskStream | null, log: Sink, author: Sink | null): Promise<void> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  while (true) {
    const { bytesRead } = await readSome(from, buffer, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) break;
    const bytes = buffer.subarray(0, bytesRead);
    author?.write(bytes);
    log.write(stream === null ? bytes : stream.push(bytes));
  }
  if (stream !== null) log.write(stream.end());
}

/** A file that is written until that fails for the first time, which flow tells of with W502. */
class Sink {
  readonly #file: number;
  readonly #name: string;
  readonly #notes: string[];
  readonly #bounded: BoundedLog | null;
  #written = 0;
  #broken = false;

  constructor(file: number, name: string, notes: string[], bounded: BoundedLog | null) {
    this.#file = file;
    this.#name = name;
    this.#notes = notes;
    this.#bounded = bounded;
  }

  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.#broken) {
      try {
        const count = this.#bounded?.write(bytes, at) ?? writeSync(this.#file, bytes, at);
        at += count;
        this.#written += count;
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') continue;
        this.#broken = true;
        this.#notes.push(`${this.#name} is truncated at byte ${this.#written}: ${codeOf(error)}`);
      }
    }
  }

  /** The bytes that are left out of a log that was too large, else null. */
  end(): number | null {
    try {
      return this.#bounded?.end() ?? null;
    } catch (error) {
      this.#notes.push(`${this.#name} could not be put together: ${codeOf(error)}`);
      return null;
    }
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
