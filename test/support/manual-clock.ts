import type { Clock } from '../../src/base/clock.ts';

/** A clock that moves only when told; timers that become due are called in order. */
export function manualClock(start = 1_700_000_000_000): Clock & {
  advance(ms: number): void;
  readonly timers: number;
} {
  let now = 0;
  let timers: { due: number; wake: () => void }[] = [];
  return {
    wall: () => start + now,
    mono: () => now,
    after(ms, wake) {
      const timer = { due: now + ms, wake };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    get timers() {
      return timers.length;
    },
    advance(ms) {
      now += ms;
      const due = timers.filter((timer) => timer.due <= now).sort((a, b) => a.due - b.due);
      timers = timers.filter((timer) => timer.due > now);
      for (const timer of due) timer.wake();
    },
  };
}
