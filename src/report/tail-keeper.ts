import { truncate } from '../base/width.ts';
import { printable } from '../term/printable.ts';
import { lastLinesOf } from './lines.ts';

const LINES = 20;
const WIDEST = 400;

/** Remembers the last lines of steps that run, to show them when one fails. Memory is bounded per step. */
export class TailKeeper {
  readonly #tails = new Map<number, Uint8Array[]>();

  /** @param block whole lines, of which nothing is kept but copies */
  add(step: number, block: Uint8Array): void {
    // One character takes at most four bytes, combining marks aside. Text is made of it only when it is shown.
    const fresh = lastLinesOf(block, LINES).map((line) => new Uint8Array(line.subarray(0, 4 * WIDEST)));
    const kept = fresh.length === LINES ? [] : (this.#tails.get(step) ?? []);
    this.#tails.set(step, [...kept, ...fresh].slice(-LINES));
  }

  forget(step: number): void {
    this.#tails.delete(step);
  }

  of(step: number): string[] {
    const lines = this.#tails.get(step) ?? [];
    return lines.map((line) => truncate(printable(new TextDecoder().decode(line)), WIDEST));
  }
}
