import { USUAL_SIZE, type Sink } from '../term/sink.ts';

export interface StandardSink extends Sink {
  /** Resolves when everything that was written is out, or nobody reads it any more. */
  drained(): Promise<void>;
}

/** Bytes that may wait for a slow reader before no more output is read from the logs. */
const MOST_BUFFERED = 1024 * 1024;

/** What is larger is written as it is: to put it together with others would cost more than a write. */
const SMALL = 8 * 1024;
/** So much of what is small waits for the end of the turn. */
const MOST_WAITING = 64 * 1024;

/**
 * Standard output and standard error as sinks. What is small is written together, once in each turn of the event loop
 * and in the order in which it came, from one to the other as well: a run tells hundreds of lines at once, and a write
 * for each costs more than all that led to it. What a person sees on a terminal is written at once.
 */
export function openStandardSinks(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
): { readonly out: StandardSink; readonly err: StandardSink } {
  let waiting: { readonly stream: NodeJS.WriteStream; readonly parts: (string | Uint8Array)[] } | null = null;
  let size = 0;
  const flush = (): void => {
    if (waiting === null) return;
    const { stream, parts } = waiting;
    waiting = null;
    stream.write(joined(parts));
  };
  const write = (stream: NodeJS.WriteStream, data: string | Uint8Array): void => {
    if (waiting?.stream !== stream || size + data.length > MOST_WAITING) flush();
    if (stream.isTTY || data.length > SMALL) {
      flush();
      stream.write(data);
      return;
    }
    if (waiting === null) {
      waiting = { stream, parts: [] };
      size = 0;
      setImmediate(flush);
    }
    waiting.parts.push(data);
    size += data.length;
  };
  return { out: openSink(stdout, write, flush), err: openSink(stderr, write, flush) };
}

function joined(parts: readonly (string | Uint8Array)[]): string | Uint8Array {
  const texts = parts.filter((part) => typeof part === 'string');
  if (texts.length === parts.length) return texts.join('');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

/**
 * A reader that goes away (`| head -1`) never changes what flow does: what is written afterwards is dropped
 * (RELIABILITY.md A11).
 */
function openSink(
  stream: NodeJS.WriteStream,
  write: (stream: NodeJS.WriteStream, data: string | Uint8Array) => void,
  flush: () => void,
): StandardSink {
  let closed = false;
  let wake: () => void = () => undefined;
  // Every kind of error means that nobody can read what we print; there is nothing to do about it here.
  stream.on('error', () => {
    closed = true;
    wake();
  });
  return {
    isTerminal: stream.isTTY,
    get size() {
      const { columns, rows } = stream.isTTY ? stream : USUAL_SIZE;
      // Some terminals do not tell.
      return { columns: columns || USUAL_SIZE.columns, rows: rows || USUAL_SIZE.rows };
    },
    get closed() {
      return closed;
    },
    get busy() {
      return !closed && stream.writableLength > MOST_BUFFERED;
    },
    write(data) {
      if (!closed) write(stream, data);
    },
    drained: () => {
      flush();
      return new Promise((resolve) => {
        wake = resolve;
        if (closed || stream.writableLength === 0) resolve();
        else stream.write('', () => resolve());
      });
    },
  };
}
