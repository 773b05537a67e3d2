import type { EventOf } from '../core/events.ts';
import type { Journal } from './journal.ts';
import type { EngineDeps } from './types.ts';

/** How often a living owner looks: it sees a request within 500 ms (RELIABILITY.md §3.2). */
const LOOK_EVERY_MS = 200;
/** So long a look may fail before flow gives up, as commits of an owner may (C9). */
const PATIENCE_MS = 300_000;

export interface Ears {
  stop(reason: 'stopped' | 'schedule', force: boolean): void;
  answered(answers: readonly EventOf<'task.completed'>[]): void;
  /** The store cannot be read any more. */
  fault(error: unknown): void;
}

/**
 * What other processes ask of a living owner (T7): to stop, and the answers of people. They stand in the journal, where
 * the owner never writes over them. Those from before the owner took the run are not for it.
 */
export class Requests {
  readonly #deps: Pick<EngineDeps, 'store' | 'clock'>;
  readonly #journal: Journal;
  readonly #ears: Ears;
  #after: number;
  #failingSince: number | null = null;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(deps: Pick<EngineDeps, 'store' | 'clock'>, journal: Journal, ears: Ears) {
    this.#deps = deps;
    this.#journal = journal;
    this.#ears = ears;
    this.#after = journal.lastSeq;
    this.#lookSoon();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #lookSoon(): void {
    if (!this.#closed) this.#cancel = this.#deps.clock.after(LOOK_EVERY_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { clock } = this.#deps;
    try {
      await this.#read();
      this.#failingSince = null;
    } catch (error) {
      this.#failingSince ??= clock.mono();
      if (clock.mono() - this.#failingSince >= PATIENCE_MS) {
        if (!this.#closed) this.#ears.fault(error);
        return;
      }
    }
    this.#lookSoon();
  }

  async #read(): Promise<void> {
    // Whatever precedes a commit of this process is there by now: no event is read twice.
    const known = this.#journal.lastSeq;
    const found = await this.#deps.store.events({
      ...{ run: this.#journal.snapshot.run.id, after: this.#after, limit: 0 },
      types: ['run.stop_requested', 'task.completed'],
    });
    if (this.#closed) return;
    this.#after = Math.max(known, found.at(-1)?.seq ?? 0);
    const answers: EventOf<'task.completed'>[] = [];
    for (const { event } of found) {
      if (event.type === 'run.stop_requested') this.#ears.stop(event.reason ?? 'stopped', event.force);
      else if (event.type === 'task.completed') answers.push(event);
    }
    if (answers.length > 0) this.#ears.answered(answers);
  }
}
