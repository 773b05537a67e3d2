import type { Tail } from '../process/processes.ts';

/** What was written is kept until it is shown; with more than this, it is read from its log. */
const MOST_KEPT = 64 * 1024;

/** A log that this process writes: what is to be shown of it need not be read. */
export interface Echo {
  readonly tail: Tail;
  /** `bytes` are in the log now. */
  wrote(bytes: Uint8Array | string): void;
}

/** `openLog`: a tail of the log that begins after so many bytes. */
export function echo(openLog: (after: number) => Tail): Echo {
  let kept: Uint8Array[] = [];
  let size = 0;
  let read = 0;
  let log: Tail | null = null;
  return {
    wrote(bytes) {
      if (log !== null) return;
      const part = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      size += part.length;
      kept.push(part);
      if (size <= MOST_KEPT) return;
      log = openLog(read);
      kept = [];
    },
    tail: {
      read(limit) {
        if (log !== null) return log.read(limit);
        const part = kept.shift();
        if (part === undefined) return null;
        if (part.length > limit) kept.unshift(part.subarray(limit));
        const bytes = part.subarray(0, limit);
        size -= bytes.length;
        read += bytes.length;
        return bytes;
      },
      close: () => log?.close(),
    },
  };
}
