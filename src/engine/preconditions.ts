import type { Step } from '../core/dag.ts';
import { stepAt } from '../core/snapshot.ts';
import { checkConditions, stepSurroundings } from './conditions.ts';
import type { Where } from './conditions.ts';
import type { Journal } from './journal.ts';
import type { Happening, Mailbox } from './mailbox.ts';
import type { People } from './people.ts';
import type { Tries } from './tries.ts';
import type { EngineDeps } from './types.ts';

interface Running {
  readonly step: Step;
  readonly abort: AbortController;
}

/**
 * The preconditions of steps that are ready (LANGUAGE.md §12.3): judged once per attempt, beside whatever else runs.
 * A step that is being judged is still pending and takes a place.
 */
export class Preconditions {
  readonly #deps: EngineDeps;
  readonly #journal: Journal;
  readonly #mailbox: Mailbox;
  readonly #people: People;
  readonly #running = new Map<number, Running>();

  constructor(deps: EngineDeps, journal: Journal, mailbox: Mailbox, people: People) {
    this.#deps = deps;
    this.#journal = journal;
    this.#mailbox = mailbox;
    this.#people = people;
  }

  /** Places that are taken. */
  get busy(): number {
    return this.#running.size;
  }

  /** Begins to judge a step; false when it has no preconditions. The verdict comes by mail. */
  begin(step: Step, where: Where): boolean {
    if (step.preconditions.length === 0) return false;
    const abort = new AbortController();
    this.#running.set(step.number, { step, abort });
    const around = stepSurroundings(where, step);
    const checked =
      'code' in around
        ? Promise.resolve({ verdict: { kind: 'error', ...around } as const, warnings: [] })
        : checkConditions(step.preconditions, around, abort.signal);
    checked.then(
      (result) => this.#mailbox.post({ kind: 'checked', step: step.number, ...result }),
      (error: unknown) => this.#mailbox.post({ kind: 'fault', error }),
    );
    return true;
  }

  /** Records a verdict: the step may start, or it has ended and its number is returned. `stopped`: why the run is. */
  settle(
    { step: number, verdict, warnings }: Extract<Happening, { kind: 'checked' }>,
    tries: Pick<Tries, 'approve' | 'fail' | 'placeOf'>,
    stopped: string | null,
  ): number | null {
    const step = this.#running.get(number)?.step;
    this.#running.delete(number);
    const { snapshot } = this.#journal;
    const at = this.#deps.clock.wall();
    for (const w of warnings) this.#journal.emit({ at, type: 'log.warning', ...w, step: number });
    // It may have been aborted meanwhile.
    if (step === undefined || stepAt(snapshot, number).state !== 'pending') return null;
    switch (verdict.kind) {
      case 'met': {
        const asked = this.#people.ask(step, tries);
        if (asked === null) tries.approve(number);
        return asked === 'failed' ? number : null;
      }
      case 'not_met':
        this.#journal.emit({
          at,
          type: 'step.skipped',
          step: number,
          try: null,
          reason: 'precondition_not_met',
        });
        return number;
      case 'error':
        tries.fail(step, verdict.code, verdict.message);
        return number;
      case 'stopped': {
        const { attempt } = snapshot.run;
        const none = { try: null, message: null, exitCode: null, signal: null, durationMs: 0 };
        const reason = stopped ?? 'stopped';
        this.#journal.emit({ at, type: 'step.aborted', step: number, attempt, reason, ...none });
        return number;
      }
    }
  }

  /** Kills the commands of the steps that `which` names; their verdict still comes, as stopped. */
  stop(which: (step: Step) => boolean): void {
    for (const { step, abort } of this.#running.values()) if (which(step)) abort.abort();
  }
}
