import { parseDuration } from '../../base/duration.ts';
import type { ActionIo } from '../action.ts';
import { ActionFailure } from '../result.ts';

/** Lets time pass. @throws ActionFailure at once when the step is stopped */
export function pause(ms: number, { clock, signal }: Pick<ActionIo, 'clock' | 'signal'>): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new ActionFailure('stopped'));
      return;
    }
    const stop = (): void => {
      cancel();
      reject(new ActionFailure('stopped'));
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Milliseconds of an argument. @throws ActionFailure */
export function durationOf(key: string, text: string): number {
  const ms = parseDuration(text.trim());
  if (ms === null) throw new ActionFailure(`${key} must be a duration as 90s, got ${JSON.stringify(text)}`);
  return ms;
}

export function intervalOf(key: string, text: string): number {
  const ms = durationOf(key, text);
  if (ms === 0) throw new ActionFailure(`${key} must be more than 0`);
  return ms;
}
