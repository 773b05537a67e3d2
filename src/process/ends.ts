import type { Clock } from '../base/clock.ts';

/** No end waits longer for others, whatever they promise. */
const LONGEST_WAIT_MS = 10;
/** How much the last try weighs against those before, in what is remembered of how long tries take. */
const WEIGHT = 1 / 8;
/** Fewer than this many that will end soon, for each that has, are not waited for. */
const ENOUGH = 1 / 4;

/**
 * Passes on together what wrappers tell at about the same time, so that one commit records it. Tries that began lately
 * will end soon if those before them did. While there are enough of them, an end waits for theirs, for half of the time
 * that a try takes at most. A try beside longer ones does not wait, nor does one of less than two milliseconds.
 */
export class Ends {
  readonly #clock: Clock;
  /** When each running try began, by its wrapper. */
  readonly #began = new Map<object, number>();
  #heard: (() => void)[] = [];
  /** A moving average of how long tries take, in ms; null before the first has ended. */
  #usual: number | null = null;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  began(wrapper: object): void {
    this.#began.set(wrapper, this.#clock.mono());
  }

  /** The wrapper itself has ended, and will tell nothing. */
  forget(wrapper: object): void {
    this.#began.delete(wrapper);
  }

  /** `tell` is called in a later turn of the event loop, together with others. */
  ended(wrapper: object, tell: () => void): void {
    const now = this.#clock.mono();
    const took = now - (this.#began.get(wrapper) ?? now);
    this.#began.delete(wrapper);
    this.#usual = this.#usual === null ? took : this.#usual + (took - this.#usual) * WEIGHT;
    if (this.#heard.push(tell) === 1) setImmediate(() => this.#waitOrPassOn());
    else if (this.#cancel !== null && !this.#moreWillEnd()) this.#passOn();
  }

  /** All that was heard in this turn of the loop is there. */
  #waitOrPassOn(): void {
    const most = Math.min(LONGEST_WAIT_MS, Math.floor((this.#usual ?? 0) / 2));
    if (most >= 1 && this.#moreWillEnd()) this.#cancel = this.#clock.after(most, () => this.#passOn());
    else this.#passOn();
  }

  #moreWillEnd(): boolean {
    const lately = this.#clock.mono() - 2 * (this.#usual ?? 0);
    let young = 0;
    for (const at of this.#began.values()) if (at >= lately) young += 1;
    return young > this.#heard.length * ENOUGH;
  }

  #passOn(): void {
    this.#cancel?.();
    this.#cancel = null;
    for (const tell of this.#heard.splice(0)) tell();
  }
}
