import type { ClientRequest, IncomingMessage } from 'node:http';
import type { ActionIo } from '../action.ts';
import { HttpFailure } from './failure.ts';

/** Node would make an error with a stack for every exchange, which nobody sees. */
const OVER = new HttpFailure('the exchange is over');

/** Everything that ends an exchange from outside: a stop of the step, its whole limit, the limit of a phase. */
export interface Watch {
  /** Made when it is asked for: what is held needs none, and costs less. */
  readonly signal: AbortSignal;
  /** Why it was ended; null while it goes on. */
  ended(): HttpFailure | null;
  /** The exchange ends with `reason` unless the next call, or `close`, comes within `ms`. */
  readonly expectWithin: (ms: number, reason: string) => void;
  /** A request, the last one of the exchange so far, ends with it. */
  holds(request: ClientRequest): void;
  /** No limit is left behind, and no connection whose response was not read to its end. */
  close(): void;
}

/** @param timeoutSec limit of the whole exchange; 0 is none */
export function watchExchange(timeoutSec: number, io: Pick<ActionIo, 'clock' | 'signal'>): Watch {
  const { clock } = io;
  let failure: HttpFailure | null = null;
  let controller: AbortController | null = null;
  let held: ClientRequest | null = null;
  let answer: IncomingMessage | null = null;
  const end = (reason: string): void => {
    failure ??= new HttpFailure(reason);
    controller?.abort(failure);
    held?.destroy(failure);
  };
  const stop = (): void => end('stopped');
  if (io.signal.aborted) stop();
  io.signal.addEventListener('abort', stop, { once: true });
  const cancelWhole =
    timeoutSec > 0
      ? clock.after(timeoutSec * 1_000, () => end(`not complete within its timeout of ${timeoutSec} s`))
      : () => undefined;
  const phase = phaseLimit(clock, end);
  return {
    get signal() {
      controller ??= new AbortController();
      if (failure !== null) controller.abort(failure);
      return controller.signal;
    },
    ended: () => failure,
    expectWithin: phase.expectWithin,
    holds(request) {
      held = request;
      answer = null;
      request.once('response', (message) => (answer = message));
      if (failure !== null) request.destroy(failure);
    },
    close() {
      io.signal.removeEventListener('abort', stop);
      phase.cancel();
      cancelWhole();
      controller?.abort(OVER);
      const isRead = answer?.complete === true && answer.readableLength === 0;
      if (!isRead) held?.destroy(OVER);
    },
  };
}

/** One timer, which is set again only when it has fired: limits are moved on far more often than they are reached. */
function phaseLimit(clock: ActionIo['clock'], end: (reason: string) => void) {
  let limit = { at: 0, reason: '' };
  let timer: { readonly at: number; readonly cancel: () => void } | null = null;
  const arm = (): void => {
    timer?.cancel();
    timer = { at: limit.at, cancel: clock.after(limit.at - clock.mono(), fired) };
  };
  const fired = (): void => {
    timer = null;
    if (clock.mono() >= limit.at) end(limit.reason);
    else arm();
  };
  return {
    expectWithin: (ms: number, reason: string): void => {
      limit = { at: clock.mono() + ms, reason };
      if (timer === null || limit.at < timer.at) arm();
    },
    cancel: (): void => timer?.cancel(),
  };
}
