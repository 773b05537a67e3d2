import type { OutputChunk } from '../../core/observer.ts';
import { LineCutter } from '../lines.ts';
import { TailKeeper, textOf } from '../tail-keeper.ts';

const NEWLINE = 0x0a;
const STREAMS = ['stdout', 'stderr'] as const;
/** Of a chunk only so much is looked at: what came before has scrolled by. */
const LOOKED_AT = 8 * 1024;

/** The last lines that steps have printed; a step that prints much costs no more than one that prints little. */
export class LastLines {
  readonly #tails = new TailKeeper();
  readonly #cutters = new Map<string, LineCutter>();

  add(step: number, stream: OutputChunk['stream'], bytes: Uint8Array): void {
    const key = `${step} ${stream}`;
    let cutter = this.#cutters.get(key);
    let fresh = bytes;
    if (cutter === undefined || bytes.length > LOOKED_AT) {
      this.#cutters.set(key, (cutter = new LineCutter()));
      if (bytes.length > LOOKED_AT) fresh = lastPart(bytes);
    }
    cutter.push(fresh, (line) => this.#tails.add(step, line));
  }

  /** A new try begins. */
  forget(step: number): void {
    this.#tails.forget(step);
    for (const stream of STREAMS) this.#cutters.delete(`${step} ${stream}`);
  }

  /** Also one that is not finished, as of a progress bar; null: none. */
  last(step: number): string | null {
    for (const stream of STREAMS) {
      const text = textOf(this.#cutters.get(`${step} ${stream}`)?.unfinished ?? new Uint8Array());
      if (text.trim() !== '') return text;
    }
    return this.#tails.last(step);
  }

  /** Also what has no newline at its end. */
  tail(step: number): string[] {
    for (const stream of STREAMS) {
      this.#cutters.get(`${step} ${stream}`)?.flush((line) => this.#tails.add(step, line));
    }
    return this.#tails.of(step);
  }
}

function lastPart(bytes: Uint8Array): Uint8Array {
  const part = bytes.subarray(bytes.length - LOOKED_AT);
  return part.subarray(part.indexOf(NEWLINE) + 1);
}
