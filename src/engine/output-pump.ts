import type { Clock } from '../base/clock.ts';
import type { Observer, OutputChunk } from '../core/observer.ts';
import type { Tail } from '../process/processes.ts';
import type { RunFiles } from './types.ts';

const LOOK_EVERY_MS = 50;
const CHUNK_BYTES = 64 * 1024;
/** How much of one file is handed on before the others have their turn. */
const CHUNKS_PER_LOOK = 16;

type Followed = Omit<OutputChunk, 'bytes' | 'stream'>;

/**
 * Hands what running steps print to the observer while it is stored: it reads the growing log files, because the
 * output itself never passes through flow (RELIABILITY.md P3, P11). Memory is bounded by one chunk.
 */
export class OutputPump {
  readonly #clock: Clock;
  readonly #files: RunFiles;
  readonly #observer: Observer;
  readonly #followed = new Map<number, { facts: Followed; tails: [OutputChunk['stream'], Tail][] }>();
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, files: RunFiles, observer: Observer) {
    this.#clock = clock;
    this.#files = files;
    this.#observer = observer;
  }

  /** Begins to follow the log files of a try; equal paths are followed once, as standard output. */
  follow(facts: Followed, out: string, err: string): void {
    const tails: [OutputChunk['stream'], Tail][] = [['stdout', this.#files.tail(out)]];
    if (err !== out) tails.push(['stderr', this.#files.tail(err)]);
    this.#followed.set(facts.step, { facts, tails });
    this.#arm();
  }

  /** Hands on all that is left of a step whose try has ended. */
  finish(step: number): void {
    const followed = this.#followed.get(step);
    if (followed === undefined) return;
    while (this.#look(followed.facts, followed.tails));
    for (const [, tail] of followed.tails) tail.close();
    this.#followed.delete(step);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    for (const step of [...this.#followed.keys()]) this.finish(step);
  }

  #arm(): void {
    this.#cancel ??= this.#clock.after(LOOK_EVERY_MS, () => {
      this.#cancel = null;
      for (const { facts, tails } of this.#followed.values()) this.#look(facts, tails);
      if (this.#followed.size > 0) this.#arm();
    });
  }

  /** True when there may be more. */
  #look(facts: Followed, tails: readonly [OutputChunk['stream'], Tail][]): boolean {
    let more = false;
    for (const [stream, tail] of tails) {
      let left = CHUNKS_PER_LOOK;
      for (; left > 0; left--) {
        const bytes = tail.read(CHUNK_BYTES);
        if (bytes === null) break;
        this.#observer.output({ ...facts, stream, bytes });
      }
      more ||= left === 0;
    }
    return more;
  }
}
