import { statSync } from 'node:fs';
import { truncate } from '../base/width.ts';
import type { TryRecord } from '../core/records.ts';
import { printable } from '../term/printable.ts';
import { logBytes, logSize, tailStart } from './log-files.ts';

const LINES = 20;
const WIDEST = 400;
/** One character takes at most four bytes, combining marks aside. */
const MOST_BYTES = LINES * 4 * WIDEST;

export type TryLogs = Pick<TryRecord, 'outLog' | 'errLog'>;

/** The log files of a try, standard output first; merged ones are one file. */
export function logFiles({ outLog, errLog }: TryLogs): string[] {
  return outLog === errLog ? [outLog] : [outLog, errLog];
}

/**
 * The last lines that a step printed in its last try, read from its logs as a block shows them: standard output, then
 * standard error. At most 20 lines of 400 columns; none when the logs are gone.
 */
export function lastLines({ tries }: { readonly tries: readonly TryLogs[] }): string[] {
  const last = tries.at(-1);
  return last === undefined ? [] : logFiles(last).flatMap(endOf).slice(-LINES);
}

function endOf(path: string): string[] {
  const size = logSize(path);
  if (size === 0) return [];
  const from = Math.max(tailStart(path, LINES), size - MOST_BYTES);
  const text = Buffer.concat([...logBytes(path, from, size)]).toString('utf8');
  const lines = text.replace(/\n$/, '').split('\n');
  return lines.map((line) => truncate(printable(line), WIDEST));
}

/** Times of files are no finer than the clock of the kernel; standard error, which is the second, then counts. */
const TICK_MS = 20;
/** Of a line, at most so much is read. */
const LINE_BYTES = 4 * 1024;

/**
 * The last line that a step printed in its last try, of the log that was written last; also one that is not finished,
 * as of a progress bar. Null: none.
 */
export function lastLine({ tries }: { readonly tries: readonly TryLogs[] }): string | null {
  const last = tries.at(-1);
  const logs = (last === undefined ? [] : logFiles(last)).flatMap((path) => {
    const { size = 0, mtimeMs = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
    return size === 0 ? [] : [{ path, size, mtimeMs }];
  });
  const [first, second] = logs;
  const newest =
    second !== undefined && first !== undefined && second.mtimeMs > first.mtimeMs - TICK_MS ? second : first;
  if (newest === undefined) return null;
  const { path, size } = newest;
  const bytes = Buffer.concat([...logBytes(path, Math.max(0, size - LINE_BYTES), size)]);
  const lines = bytes.toString('utf8').split('\n').map(printable);
  return lines.findLast((line) => line.trim() !== '') ?? null;
}
