import { closeSync, openSync, writeSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { flowError } from '../errors/diagnostic.ts';
import { JsonReporter } from './json.ts';
import type { Reporter } from './reporter.ts';

/**
 * `--events FILE`: the events of the run appended to a file as they come. A file that can no longer be written
 * (disk full) is reported once and does not touch the run.
 * @throws FlowError (exit 2) when the file cannot be opened.
 */
export function eventsFile(path: string, clock: Clock, warn: (message: string) => void): Reporter {
  const fd = open(path);
  let broken = false;
  const json = new JsonReporter(
    {
      busy: false,
      write(data) {
        if (broken) return;
        try {
          writeAll(fd, data);
        } catch (error) {
          broken = true;
          warn(`cannot write events to ${path}: ${(error as Error).message}`);
        }
      },
    },
    clock,
  );
  const reporter: Reporter = {
    busy: false,
    nested: () => reporter,
    event: (entry, snapshot) => json.event(entry, snapshot),
    output: (chunk) => json.output(chunk),
    finish(snapshot) {
      json.finish(snapshot);
      closeSync(fd);
    },
  };
  return reporter;
}

function open(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw flowError(EXIT.usage, 'E001', `--events: cannot open ${path}: ${(error as Error).message}`);
  }
}

function writeAll(fd: number, data: string | Uint8Array): void {
  let bytes = typeof data === 'string' ? Buffer.from(data) : data;
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(fd, bytes));
}
