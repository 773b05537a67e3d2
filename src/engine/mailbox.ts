import type { EventOf } from '../core/events.ts';
import type { Checked } from './conditions.ts';
import type { TryEnd } from './launch.ts';
import type { Follow } from './repeat.ts';
import type { Finding } from './resolver.ts';

/** What the engine waits for. */
export type Happening =
  | { readonly kind: 'ended'; readonly step: number; readonly end: TryEnd }
  /** The wait before a retry is over. */
  | { readonly kind: 'due'; readonly step: number }
  /** The preconditions of a step are judged. */
  | ({ readonly kind: 'checked'; readonly step: number } & Checked)
  /** It is known what follows the end of a repetition. */
  | {
      readonly kind: 'judged';
      readonly step: number;
      readonly follow: Follow;
      readonly warnings: readonly Finding[];
    }
  /** People have answered. */
  | { readonly kind: 'answered'; readonly answers: readonly EventOf<'task.completed'>[] }
  /** There may be something to start. */
  | { readonly kind: 'woken' }
  /** What comes before the steps is done. */
  | { readonly kind: 'prepared' }
  | { readonly kind: 'timed_out'; readonly step: number; readonly try: number }
  | { readonly kind: 'run_timed_out' }
  | { readonly kind: 'stop'; readonly reason: string; readonly kill: boolean }
  /** This process leaves the run to another; `left` is called once that is recorded. */
  | { readonly kind: 'leave'; readonly left: () => void }
  /** A bug: an action threw. */
  | { readonly kind: 'fault'; readonly error: unknown };

/** Happenings in the order in which they came; whoever drives the attempt takes all that are there at once. */
export class Mailbox {
  #items: Happening[] = [];
  #wake: (() => void) | null = null;

  post(item: Happening): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** Everything that has come up to now. */
  takeNow(): Happening[] {
    return this.#items.splice(0);
  }

  /** Everything that has come; waits for the first. */
  async take(): Promise<Happening[]> {
    if (this.#items.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
    const items = this.#items;
    this.#items = [];
    return items;
  }
}
