import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';

/** What the system has none of for the moment, with the line that helps (E12, E13). */
const EXHAUSTED: ReadonlyMap<string, string> = new Map([
  ['EMFILE', 'flow has no file descriptors left, raise the limit with "ulimit -n"'],
  ['ENFILE', 'the system has no file descriptors left'],
  ['EAGAIN', 'no more processes are allowed, raise the limit with "ulimit -u"'],
  ['ENOMEM', 'the system has no memory left'],
]);

const TRY_AGAIN_MS = 100;

/** Why an error will pass when others give something back; null for every other error. */
export function exhaustion(error: unknown): string | null {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const why = EXHAUSTED.get(code);
  return why === undefined ? null : `${why} (${code})`;
}

/** Does `act`, again and again while the system has no descriptors or processes left for it. */
export async function whenPossible<T>(
  clock: Clock,
  act: () => T | Promise<T>,
  patienceMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  const deadline = clock.mono() + patienceMs;
  while (true) {
    try {
      return await act();
    } catch (error) {
      if (exhaustion(error) === null || clock.mono() >= deadline) throw error;
      await sleep(clock, TRY_AGAIN_MS);
    }
  }
}
