import { sleep, type Clock } from '../../base/clock.ts';
import { isBusy, storageError } from './errors.ts';

/** How long one statement waits for a lock: it blocks the event loop, so it is short (RELIABILITY.md §2.3). */
export const BUSY_TIMEOUT_MS = 250;
/** How long contention is waited out between statements. */
export const PATIENCE_MS = 10_000;
/** When people are told what is being waited for. */
export const TELL_AFTER_MS = 2_000;

/** The pause before try `n` (from 1): doubling from 10 ms to 500 ms, half of it by chance. */
export function pauseMs(n: number): number {
  return Math.min(500, 10 * 2 ** Math.min(n - 1, 10)) * (0.5 + Math.random() / 2);
}

export interface Waiting {
  readonly clock: Clock;
  readonly path: string;
  /** Told once per stall, after two seconds of waiting. */
  readonly onWaiting: (message: string) => void;
}

/** What people are told while flow waits. */
export function waitingMessage(path: string): string {
  return `still waiting for the database ${path}, which another program holds`;
}

/** Runs synchronous work again while it meets contention. @throws FlowError (exit 70) after ten seconds. */
export async function whileBusy<T>(waiting: Waiting, work: () => T): Promise<T> {
  const start = waiting.clock.mono();
  let told = false;
  for (let n = 1; ; n++) {
    try {
      return work();
    } catch (error) {
      const waited = waiting.clock.mono() - start;
      if (!isBusy(error) || waited >= PATIENCE_MS) throw storageError(error, waiting.path);
      if (!told && waited >= TELL_AFTER_MS) {
        told = true;
        waiting.onWaiting(waitingMessage(waiting.path));
      }
    }
    await sleep(waiting.clock, pauseMs(n));
  }
}
