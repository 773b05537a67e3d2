import type { Step } from '../core/dag.ts';
import type { EventOf, RunEvent } from '../core/events.ts';
import { stepAt } from '../core/snapshot.ts';
import { endOrApproval } from './approval.ts';
import type { Where } from './conditions.ts';
import type { Journal } from './journal.ts';
import type { Live } from './live.ts';
import type { Happening, Mailbox } from './mailbox.ts';
import { judgeRepetition, repetitionEnd } from './repeat.ts';
import type { Judging } from './repeat.ts';

/** Repetitions that ended and of which it is not known yet what follows (LANGUAGE.md §13.5). */
export class Repetitions {
  readonly #journal: Journal;
  readonly #mailbox: Mailbox;
  readonly #judging = new Map<number, Judging>();

  constructor(journal: Journal, mailbox: Mailbox) {
    this.#journal = journal;
    this.#mailbox = mailbox;
  }

  get size(): number {
    return this.#judging.size;
  }

  /** A repetition has ended as `end` says; what follows comes by mail. */
  judge({ step, prompt }: Live, end: EventOf<'step.finished'>, where: Where): void {
    const abort = new AbortController();
    this.#judging.set(step.number, { step, end, prompt, abort, stopReason: null });
    const record = stepAt(this.#journal.snapshot, step.number);
    judgeRepetition(step, end, record, where, abort.signal).then(
      (judged) => this.#mailbox.post({ kind: 'judged', step: step.number, ...judged }),
      (error: unknown) => this.#mailbox.post({ kind: 'fault', error }),
    );
  }

  /** Records what follows; null when the step ended meanwhile. */
  settle(
    { step: number, follow, warnings }: Extract<Happening, { kind: 'judged' }>,
    at: number,
  ): RunEvent | null {
    const judging = this.#judging.get(number);
    if (judging === undefined) return null;
    this.#judging.delete(number);
    const record = stepAt(this.#journal.snapshot, number);
    const event = endOrApproval(repetitionEnd(judging, follow, record, at), this.#journal, judging.prompt);
    for (const w of warnings) this.#journal.emit({ at, type: 'log.warning', ...w, step: number });
    this.#journal.emit(event);
    return event;
  }

  stop(reason: string, which: (step: Step) => boolean): void {
    for (const judging of this.#judging.values()) {
      if (!which(judging.step)) continue;
      judging.stopReason ??= reason;
      judging.abort.abort();
    }
  }
}
