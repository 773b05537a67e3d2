import type { ActionIo } from '../action.ts';
import { HttpFailure } from './failure.ts';

/** Node would make an error with a stack for every exchange, which nobody sees. */
const OVER = new HttpFailure('the exchange is over');

/** Everything that ends an exchange from outside: a stop of the step, its whole limit, the limit of a phase. */
export interface Watch {
  readonly signal: AbortSignal;
  /** Why it was ended; null while it goes on. */
  ended(): HttpFailure | null;
  /** The exchange ends with `reason` unless the next call, or `close`, comes within `ms`. */
  expectWithin(ms: number, reason: string): void;
  /** No limit is left behind, and no connection whose response was not read to its end. */
  close(): void;
}

/** @param timeoutSec limit of the whole exchange; 0 is none */
export function watchExchange(timeoutSec: number, io: Pick<ActionIo, 'clock' | 'signal'>): Watch {
  const controller = new AbortController();
  let failure: HttpFailure | null = null;
  const end = (reason: string): void => {
    failure ??= new HttpFailure(reason);
    controller.abort(failure);
  };
  const stop = (): void => end('stopped');
  if (io.signal.aborted) stop();
  io.signal.addEventListener('abort', stop, { once: true });
  const nothing = (): void => undefined;
  let cancelPhase = nothing;
  const cancelWhole =
    timeoutSec > 0
      ? io.clock.after(timeoutSec * 1_000, () => end(`not complete within its timeout of ${timeoutSec} s`))
      : nothing;
  return {
    signal: controller.signal,
    ended: () => failure,
    expectWithin(ms, reason) {
      cancelPhase();
      cancelPhase = io.clock.after(ms, () => end(reason));
    },
    close() {
      io.signal.removeEventListener('abort', stop);
      cancelPhase();
      cancelWhole();
      controller.abort(OVER);
    },
  };
}
