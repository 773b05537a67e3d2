import type { TryRecord } from '../core/records.ts';
import type { Journal } from './journal.ts';
import type { TryEnd } from './launch.ts';
import type { Live } from './live.ts';
import type { Finding } from './resolver.ts';
import type { EngineDeps } from './types.ts';

type Stream = 'stdout' | 'stderr';

/** Said while the step runs, whose output cannot be cut without killing it (F2). */
export function passedLimit(stream: Stream, most: number): Finding {
  const message =
    `the log of ${stream} has passed max_log_size (${most} bytes): ` +
    'when the step has ended, only its first and its last half are kept';
  return { code: 'W504', message };
}

/**
 * What is to be said of logs that are larger than `maxLogSize` (RELIABILITY.md F1). Those that did not pass through
 * the pipe process are trimmed once the end of the try is durable: until then somebody may have to read its outputs
 * from them again.
 */
export function largeLogs(
  { files, maxLogSize, clock }: EngineDeps,
  journal: Journal,
  { record, large, measured, step }: Live,
  { piped }: TryEnd,
): Finding[] {
  const found = Object.entries(piped?.leftOut ?? {}).map(([stream, bytes]) => leftOut(stream, bytes));
  if (measured && !large) return found;
  // A log that the pipe process has put together is as large as it may be, and a line more.
  for (const { stream, path } of logsOf(record).filter((one) => piped?.leftOut?.[one.stream] === undefined)) {
    const size = files.size(path) ?? 0;
    if (size <= maxLogSize) continue;
    if (!large) found.push(leftOut(stream, size - 2 * Math.floor(maxLogSize / 2)));
    journal.afterCommit(() => {
      try {
        files.trimLog(path, maxLogSize);
      } catch (error) {
        const message = `the log of ${stream} could not be trimmed: ${(error as Error).message}`;
        journal.emit({ at: clock.wall(), type: 'log.warning', code: 'W504', message, step: step.number });
      }
    });
  }
  return found;
}

function leftOut(stream: string, bytes: number): Finding {
  const message = `the log of ${stream} was larger than max_log_size: ${bytes} bytes in its middle are left out`;
  return { code: 'W504', message };
}

function logsOf({ outLog, errLog }: TryRecord): { stream: Stream; path: string }[] {
  const out = { stream: 'stdout' as const, path: outLog };
  return errLog === outLog ? [out] : [out, { stream: 'stderr', path: errLog }];
}
