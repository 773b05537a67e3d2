import type { Clock } from '../base/clock.ts';
import { NumberHeap } from '../core/heap.ts';
import type { Mailbox } from './mailbox.ts';

/** Steps that wait for their `due_at`, and those whose time has come. */
export class Due {
  readonly #clock: Clock;
  readonly #mailbox: Mailbox;
  /** With what cancels the wait. */
  readonly #waits = new Map<number, () => void>();
  readonly #due = new NumberHeap();

  constructor(clock: Clock, mailbox: Mailbox) {
    this.#clock = clock;
    this.#mailbox = mailbox;
  }

  get isEmpty(): boolean {
    return this.#waits.size === 0 && this.#due.size === 0;
  }

  wait(step: number, ms: number): void {
    const wake = (): void => this.#mailbox.post({ kind: 'due', step });
    this.#waits.set(step, this.#clock.after(ms, wake));
  }

  /** The wait of a step is over, or it needs none. */
  push(step: number): void {
    this.#waits.delete(step);
    this.#due.push(step);
  }

  take(): number | null {
    return this.#due.pop();
  }

  cancelWaits(): void {
    for (const cancel of this.#waits.values()) cancel();
    this.#waits.clear();
  }
}
