import { setImmediate as turn } from 'node:timers/promises';
import { random } from '../support/random.ts';
import type { Random } from '../support/random.ts';

interface Timer {
  readonly due: number;
  readonly seq: number;
  wake: (() => void) | null;
}

/** What can go wrong in a simulation itself: time that passes although nothing ends (RELIABILITY.md P9). */
export class Hang extends Error {}

/** Virtual time, shared by all that is simulated: nothing happens but what stands in this queue. */
export class VirtualTime {
  readonly random: Random;
  #now = 0;
  #seq = 0;
  #queue: Timer[] = [];
  /** Wall clocks may be set while the monotonic one goes on. */
  wallOffset = 1_700_000_000_000;
  /** Grows with everything that a flow process does, so that it can be seen when all of them stand still. */
  activity = 0;
  /** Writes that the real store has accepted and not yet committed. */
  inFlight = 0;

  constructor(seed: number) {
    this.random = random(seed);
  }

  get now(): number {
    return this.#now;
  }

  wall(): number {
    return Math.floor(this.wallOffset + this.#now);
  }

  after(ms: number, wake: () => void): () => void {
    const timer: Timer = { due: this.#now + Math.max(0, ms), seq: this.#seq++, wake };
    this.#push(timer);
    return () => (timer.wake = null);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets time pass until `done`. @throws Hang when nothing is left to happen, or when it takes too long */
  async runUntil(
    done: () => boolean,
    limits: { readonly ms: number; readonly events: number },
  ): Promise<void> {
    await this.#settle();
    for (let events = 0; !done(); events++) {
      const timer = this.#pop();
      if (timer === null) throw new Hang('nothing is left to happen');
      if (timer.due > limits.ms || events > limits.events) throw new Hang(`not done at ${this.#now} ms`);
      if (timer.wake === null) continue;
      this.#now = timer.due;
      timer.wake();
      await this.#settle();
    }
  }

  /** Until every flow process waits for time to pass. */
  async #settle(): Promise<void> {
    for (let still = 0; still < 2;) {
      const before = this.activity;
      await turn();
      still = this.activity === before && this.inFlight === 0 ? still + 1 : 0;
    }
  }

  #push(timer: Timer): void {
    const queue = this.#queue;
    let at = queue.length;
    queue.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, queue[parent]!)) break;
      queue[at] = queue[parent]!;
      at = parent;
    }
    queue[at] = timer;
  }

  #pop(): Timer | null {
    const queue = this.#queue;
    const top = queue[0];
    const last = queue.pop();
    if (top === undefined || last === undefined) return null;
    if (queue.length === 0) return top;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= queue.length) break;
      const child = left + 1 < queue.length && before(queue[left + 1]!, queue[left]!) ? left + 1 : left;
      if (!before(queue[child]!, last)) break;
      queue[at] = queue[child]!;
      at = child;
    }
    queue[at] = last;
    return top;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.due < b.due || (a.due === b.due && a.seq < b.seq);
}
