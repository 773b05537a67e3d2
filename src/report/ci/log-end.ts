import { truncate } from '../../base/width.ts';
import type { TryRecord } from '../../core/records.ts';
import { printable } from '../../term/printable.ts';
import { logBytes, logSize, tailStart } from '../log-files.ts';

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
