/**
 * The only source of time. Durations and limits are measured with `mono`; instants that are stored or shown
 * come from `wall`, which may jump in both directions. Tests and the simulator pass their own.
 */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  wall(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  mono(): number;
  /** Calls `wake` once after `ms`; the returned function cancels it. */
  after(ms: number, wake: () => void): () => void;
}

/** `setTimeout` treats anything longer as 1 ms, so longer waits are made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  wall: () => Date.now(),
  mono: () => performance.now(),
  after(ms, wake) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      const slice = Math.min(left, LONGEST_TIMER_MS);
      timer = setTimeout(() => {
        if (left > slice) arm(left - slice);
        else wake();
      }, slice);
    };
    arm(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
