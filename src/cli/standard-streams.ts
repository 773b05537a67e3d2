import { USUAL_SIZE, type Sink } from '../term/sink.ts';

export interface StandardSink extends Sink {
  /** Resolves when everything that was written is out, or nobody reads it any more. */
  drained(): Promise<void>;
}

/** Bytes that may wait for a slow reader before no more output is read from the logs. */
const MOST_BUFFERED = 1024 * 1024;

/**
 * Standard output or error as a sink. A reader that goes away (`| head -1`) never changes what flow does: what is
 * written afterwards is dropped (RELIABILITY.md A11).
 */
export function openSink(stream: NodeJS.WriteStream): StandardSink {
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
      if (!closed) stream.write(data);
    },
    drained: () =>
      new Promise((resolve) => {
        wake = resolve;
        if (closed || stream.writableLength === 0) resolve();
        else stream.write('', () => resolve());
      }),
  };
}
