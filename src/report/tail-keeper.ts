import { truncate } from '../base/width.ts';
import { printable } from '../term/printable.ts';

const LINES = 20;
const WIDEST = 400;

/** Remembers the last lines of steps that run, to show them when one fails. Memory is bounded per step. */
export class TailKeeper {
  readonly #tails = new Map<number, Uint8Array[]>();

  add(step: number, line: Uint8Array): void {
    let tail = this.#tails.get(step);
    if (tail === undefined) this.#tails.set(step, (tail = []));
    // One character takes at most four bytes, combining marks aside. Text is made of it only when it is shown.
    tail.push(line.slice(0, 4 * WIDEST));
    if (tail.length > LINES) tail.shift();
  }

  forget(step: number): void {
    this.#tails.delete(step);
  }

  of(step: number): string[] {
    const lines = this.#tails.get(step) ?? [];
    return lines.map((line) => truncate(printable(new TextDecoder().decode(line)), WIDEST));
  }
}
