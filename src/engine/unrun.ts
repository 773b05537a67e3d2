import type { Plan, Settled } from '../core/plan.ts';
import { openQuestions } from '../core/questions.ts';
import { betweenRepetitions } from '../core/states.ts';
import type { Journal } from './journal.ts';
import type { EngineDeps } from './types.ts';

/** Records steps that end without another try: because of what they depend on, or because nothing more may start. */
export class Unrun {
  readonly #deps: Pick<EngineDeps, 'clock'>;
  readonly #journal: Journal;
  readonly #plan: Plan;
  /** Why steps that wait for a person, now or later, are aborted; null while they may wait. */
  #unasked: string | null = null;

  constructor(deps: Pick<EngineDeps, 'clock'>, journal: Journal, plan: Plan) {
    this.#deps = deps;
    this.#journal = journal;
    this.#plan = plan;
  }

  /** What the plan has judged, and what follows from it. */
  settle(settled: readonly Settled[]): void {
    const queue = [...settled];
    const at = this.#deps.clock.wall();
    for (const { step, state, reason, message } of queue) {
      if (state === 'skipped') this.#journal.emit({ at, type: 'step.skipped', step, try: null, reason });
      else this.abort(step, reason, message);
      queue.push(...this.#plan.ended(step));
    }
  }

  /** All that has not started, or waits for its next start. */
  abortPending(reason: string): void {
    for (const record of this.#journal.snapshot.steps) {
      const { state } = record;
      const waits = state === 'pending' || state === 'retrying' || betweenRepetitions(record);
      if (record.kind === 'step' && waits) this.abort(record.number, reason);
    }
  }

  /** All that waits for a person; from now on nobody is asked. */
  abortWaiting(reason: string): void {
    this.#unasked = reason;
    this.abortUnasked();
  }

  /** Steps whose command has ended since and that would wait now. */
  abortUnasked(): void {
    if (this.#unasked === null) return;
    for (const { step } of openQuestions(this.#journal.snapshot)) this.abort(step, this.#unasked);
  }

  abort(step: number, reason: string, message: string | null = null): void {
    const { attempt } = this.#journal.snapshot.run;
    const none = { try: null, exitCode: null, signal: null, durationMs: 0 };
    const at = this.#deps.clock.wall();
    this.#journal.emit({ at, type: 'step.aborted', step, attempt, reason, message, ...none });
  }
}
