import { truncate } from '../base/width.ts';
import { printable } from '../term/printable.ts';

const LINES = 20;
const WIDEST = 400;

/** Remembers the last lines of steps that run, to show them when one fails. Memory is bounded per step. */
export class TailKeeper {
  readonly #tails = new Map<number, Uint8Array[]>();

  add(step: number, lines: readonly Uint8Array[]): void {
    // One character takes at most four bytes, combining marks aside. Text is made of it only when it is shown.
    const fresh = lines.slice(-LINES).map((line) => line.slice(0, 4 * WIDEST));
    this.#tails.set(step, [...(this.#tails.get(step) ?? []), ...fresh].slice(-LINES));
  }

  forget(step: number): void {
    this.#tails.delete(step);
  }

  of(step: number): string[] {
    const lines = this.#tails.get(step) ?? [];
    return lines.map((line) => truncate(printable(new TextDecoder().decode(line)), WIDEST));
  }
}
