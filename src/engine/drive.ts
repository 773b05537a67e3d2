import type { Clock } from '../base/clock.ts';
import type { Dag } from '../core/dag.ts';
import type { Journal } from './journal.ts';
import type { Happening, Mailbox } from './mailbox.ts';
import type { People } from './people.ts';
import type { Seat } from './places.ts';
import type { Preconditions } from './preconditions.ts';
import type { PreparedTry } from './prepare.ts';
import type { Progress } from './progress.ts';
import type { Roster } from './roster.ts';
import type { Tries } from './tries.ts';

/** What one phase of an attempt does: its steps, or one handler. */
export interface Phase {
  /** The next step that may start, taken out; without a free place one that takes none. */
  readonly next: (hasPlace: boolean) => number | null;
  /** Steps that became ready and found no place, each once. */
  readonly waiting: () => number[];
  readonly done: () => boolean;
}

export interface DriveInput {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly dag: Dag;
  readonly roster: Roster;
  readonly mailbox: Mailbox;
  readonly seat: Seat;
  readonly people: People;
  readonly progress: Progress;
  readonly preconditions: Preconditions;
  readonly tries: Tries;
  /** Takes up what concerns the attempt as a whole; false for what concerns a step. */
  heard(happening: Happening): boolean;
  stepEnded(step: number): void;
  /** Why the run is being stopped; null while it is not. */
  stopped(): string | null;
}

/** The loop of an attempt: start what may start, commit, wait for what happens, record what it means. */
export class Drive {
  readonly #in: DriveInput;

  constructor(input: DriveInput) {
    this.#in = input;
  }

  /** Until the phase is done and all is committed. */
  async through({ next, waiting, done }: Phase): Promise<void> {
    const { clock, journal, tries, seat, people, progress } = this.#in;
    // What was taken up is recorded before anything of it starts: an item that failed is pending first.
    await journal.commit();
    for (;;) {
      const starting = await this.#prepare(next);
      for (const step of waiting()) journal.emit({ at: clock.wall(), type: 'step.ready', step });
      // First of all: while flow tells and logs what was committed, the steps begin.
      for (const prepared of starting) journal.afterCommit(() => tries.start(prepared));
      await journal.commit();
      seat.take(this.#busy);
      if (done()) return;
      people.listen();
      await this.#hear();
      progress.abortLate();
    }
  }

  get #busy(): number {
    return this.#in.tries.busy + this.#in.preconditions.busy;
  }

  /** Emits the intents of all that may start now, within the limits. */
  async #prepare(next: Phase['next']): Promise<PreparedTry[]> {
    const { journal, dag, roster, seat, tries, preconditions, people } = this.#in;
    const starting: PreparedTry[] = [];
    for (;;) {
      const mine = this.#busy + starting.length;
      seat.take(mine);
      const hasPlace = seat.hasRoom(mine) && (dag.maxActiveSteps === 0 || mine < dag.maxActiveSteps);
      const due = hasPlace ? tries.takeDue() : null;
      const number = due ?? next(hasPlace);
      if (number === null) return starting;
      const step = roster.get(number);
      if (due === null && preconditions.begin(step, tries.placeOf(step))) continue;
      const asked = people.ask(step, tries);
      if (asked === 'failed') this.#in.stepEnded(number);
      if (asked !== null) continue;
      const prepared = tries.prepare(step);
      if (prepared === null) this.#in.stepEnded(number);
      else if (prepared.work.kind === 'foreach') {
        // Its own start has no effect outside; its steps are pending before one of them starts.
        tries.start(prepared);
        await journal.commit();
      } else starting.push(prepared);
    }
  }

  async #hear(): Promise<void> {
    const { mailbox, preconditions, tries } = this.#in;
    for (const happening of await mailbox.take()) {
      if (this.#in.heard(happening)) continue;
      const ended =
        happening.kind === 'checked'
          ? preconditions.settle(happening, tries, this.#in.stopped())
          : tries.handle(happening);
      if (ended !== null) this.#in.stepEnded(ended);
    }
  }
}
