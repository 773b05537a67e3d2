import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';
import type { JournalEvent } from '../core/events.ts';
import type { Observer, OutputChunk } from '../core/observer.ts';
import type { Snapshot } from '../core/records.ts';
import type { Tail } from '../process/processes.ts';
import type { RunFiles } from './types.ts';

const LOOK_EVERY_MS = 50;
const CATCH_UP_MS = 5;
const CHUNK_BYTES = 64 * 1024;
/** How much of one file is handed on before the others have their turn. */
const CHUNKS_PER_LOOK = 16;
/** How long the end of a try waits for a reader that stands still: showing must not hold up recording. */
const PATIENCE_MS = 1_000;

type Followed = Omit<OutputChunk, 'bytes' | 'stream'>;

interface Followable {
  readonly stream: OutputChunk['stream'];
  readonly path: string;
  readonly tail: Tail;
  /** Bytes until `onLarge` is called. */
  room: number;
}

/** Of standard output and standard error. */
export interface Tails {
  readonly out: Tail;
  readonly err: Tail;
}

/** Tells of a log that grows beyond a size. */
export interface SizeWatch {
  readonly most: number;
  onLarge(stream: OutputChunk['stream']): void;
}

interface Flow {
  readonly facts: Followed;
  readonly tails: readonly Followable[];
  readonly size: SizeWatch | null;
  /** Chunks. */
  handedOn: number;
}

/**
 * Hands what running steps print to the observer while it is stored: it reads the growing log files, because the
 * output itself never passes through flow (RELIABILITY.md P3, P11). Memory is bounded: a chunk at a time, and
 * none while the observer's reader is behind.
 */
export class OutputPump {
  readonly #clock: Clock;
  readonly #files: RunFiles;
  readonly #observer: Observer;
  readonly #running = new Map<number, Flow>();
  /** Of tries that have ended, for a reader that was too slow. */
  readonly #trailing = new Set<Flow>();
  /** Events that wait until the output that came before them is shown. */
  readonly #held: (() => void)[] = [];
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, files: RunFiles, observer: Observer) {
    this.#clock = clock;
    this.#files = files;
    this.#observer = observer;
  }

  /**
   * Begins to follow the log files of a try; equal paths are followed once, as standard output. `given`: what shows
   * them, where they need not be read.
   */
  follow(facts: Followed, out: string, err: string, size: SizeWatch | null = null, given?: Tails): void {
    const room = size?.most ?? Number.POSITIVE_INFINITY;
    const tail = given ?? { out: this.#files.tail(out), err: this.#files.tail(err) };
    const tails: Followable[] = [{ stream: 'stdout', path: out, tail: tail.out, room }];
    if (err !== out) tails.push({ stream: 'stderr', path: err, tail: tail.err, room });
    this.#running.set(facts.step, { facts, tails, size, handedOn: 0 });
    this.#arm();
  }

  /** Tells the observer of an event, after the output of tries that had ended before it. */
  event(entry: JournalEvent, snapshot: Snapshot): void {
    if (this.#trailing.size === 0) this.#observer.event(entry, snapshot);
    else this.#held.push(() => this.#observer.event(entry, snapshot));
  }

  /**
   * Hands on what is left of a step whose try has ended; resolves early when the reader stands still. True when all of
   * it was looked at, so that `onLarge` was called if there is too much.
   */
  async finish(step: number): Promise<boolean> {
    const flow = this.#running.get(step);
    if (flow === undefined) return false;
    this.#running.delete(step);
    this.#trailing.add(flow);
    let movedAt = this.#clock.mono();
    let before = flow.handedOn;
    while (!this.#drain(flow)) {
      const now = this.#clock.mono();
      if (flow.handedOn > before) [before, movedAt] = [flow.handedOn, now];
      else if (now - movedAt >= PATIENCE_MS) return false;
      await this.#pause();
    }
    return true;
  }

  /** Hands on everything that is left, however slow the reader is. */
  async close(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    for (const flow of [...this.#trailing, ...this.#running.values()]) {
      while (!this.#drain(flow)) await this.#pause();
    }
    this.#running.clear();
  }

  #arm(): void {
    this.#cancel ??= this.#clock.after(LOOK_EVERY_MS, () => {
      this.#cancel = null;
      for (const flow of this.#trailing) this.#drain(flow);
      for (const flow of this.#running.values()) this.#look(flow);
      if (this.#running.size > 0 || this.#trailing.size > 0) this.#arm();
    });
  }

  /** Lets others have their turn, and a slow reader some time. */
  #pause(): Promise<void> {
    return sleep(this.#clock, this.#observer.busy ? CATCH_UP_MS : 0);
  }

  /** Hands on a part of what is left; true when that was all, and the files are closed. */
  #drain(flow: Flow): boolean {
    if (this.#look(flow) || this.#observer.busy) return false;
    for (const { tail } of flow.tails) tail.close();
    this.#trailing.delete(flow);
    if (this.#trailing.size === 0) for (const tell of this.#held.splice(0)) tell();
    return true;
  }

  /** True when there may be more at once. */
  #look(flow: Flow): boolean {
    if (this.#observer.ignoresOutput === true) {
      for (const one of flow.tails) this.#measure(flow, one);
      return false;
    }
    let more = false;
    for (const one of flow.tails) {
      const { stream, tail } = one;
      let left = CHUNKS_PER_LOOK;
      for (; left > 0 && !this.#observer.busy; left--) {
        const bytes = tail.read(CHUNK_BYTES);
        if (bytes === null) break;
        this.#observer.output({ ...flow.facts, stream, bytes });
        flow.handedOn += 1;
        this.#use(flow, one, bytes.length);
      }
      more ||= left === 0;
    }
    return more;
  }

  /** For an observer that takes no output only the size counts, and only until it is too large. */
  #measure(flow: Flow, one: Followable): void {
    if (flow.size === null || one.room < 0) return;
    this.#use(flow, one, (this.#files.size(one.path) ?? 0) - (flow.size.most - one.room));
  }

  #use({ size }: Flow, one: Followable, bytes: number): void {
    const before = one.room;
    one.room -= bytes;
    if (before >= 0 && one.room < 0) size?.onLarge(one.stream);
  }
}
