import type { Dag, Step } from '../core/dag.ts';
import { Plan } from '../core/plan.ts';
import type { Settled } from '../core/plan.ts';
import { openQuestions } from '../core/questions.ts';
import { stepAt } from '../core/snapshot.ts';
import { betweenRepetitions } from '../core/states.ts';
import type { Clock } from '../base/clock.ts';
import type { ForeachRun } from './foreach.ts';
import type { Journal } from './journal.ts';
import { isUnsettled } from './recover.ts';

/** Which steps may start, and what the end of one means for the others (LANGUAGE.md §13.1, §16.1). */
export class Progress {
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #plan: Plan;
  /** Foreach steps that run, by number. */
  readonly #foreach = new Map<number, ForeachRun>();
  /** Why nobody is asked any more; null while people may be. */
  #unasked: string | null = null;

  constructor(clock: Clock, journal: Journal, dag: Dag) {
    this.#clock = clock;
    this.#journal = journal;
    this.#plan = new Plan(dag.steps, journal.snapshot.steps);
  }

  begin(): void {
    const { selected } = this.#journal.snapshot.run;
    this.#settle(this.#plan.begin(selected === null ? null : new Set(selected)));
  }

  /** The next step that may start, taken out; without a free place one that takes none. */
  next(hasPlace: boolean): number | null {
    return this.#plan.take(hasPlace);
  }

  newlyWaiting(): number[] {
    return this.#plan.newlyWaiting();
  }

  openForeach(number: number, run: ForeachRun): void {
    this.#foreach.set(number, run);
  }

  /** The steps of an item may start, in their order. */
  addItem(steps: readonly Step[]): void {
    this.#settle(this.#plan.add(steps));
  }

  /** A step has come to its end: what depends on it is judged. */
  ended(number: number): void {
    if (stepAt(this.#journal.snapshot, number).kind !== 'step') return;
    this.#settle(this.#plan.ended(number));
    this.#tellForeach(number);
  }

  /** Aborts steps that wait to start, for their next try or for a child run. No item starts after that. */
  abortPending(reason: string): void {
    for (const run of this.#foreach.values()) run.halt();
    this.#abortWhere(reason, () => true);
  }

  /** The same for the body steps of a foreach step. */
  abortBody(parent: number, reason: string): void {
    this.#abortWhere(reason, (step) => stepAt(this.#journal.snapshot, step).item?.parent === parent);
  }

  /** Aborts steps that wait for a person; from now on nobody is asked. */
  abortAsked(reason: string): void {
    this.#unasked = reason;
    this.abortLate();
  }

  /** The same for steps whose command has ended since, and which would wait now. */
  abortLate(): void {
    if (this.#unasked === null) return;
    for (const { step } of openQuestions(this.#journal.snapshot)) this.abortStep(step, this.#unasked, null);
  }

  abortStep(step: number, reason: string, message: string | null): void {
    const { attempt } = this.#journal.snapshot.run;
    // The try of a step whose child run waits goes on until here.
    const last = stepAt(this.#journal.snapshot, step).tries.at(-1);
    const n = last !== undefined && isUnsettled(last) ? last.n : null;
    const none = { try: n, exitCode: null, signal: null, durationMs: 0 };
    const at = this.#clock.wall();
    this.#plan.drop(step);
    this.#journal.emit({ at, type: 'step.aborted', step, attempt, reason, message, ...none });
    this.#tellForeach(step);
  }

  #abortWhere(reason: string, which: (step: number) => boolean): void {
    const asked = new Set(openQuestions(this.#journal.snapshot).map((task) => task.step));
    for (const record of this.#journal.snapshot.steps) {
      const { state, kind, dropped, number } = record;
      const waitsForChild = state === 'waiting' && !asked.has(number);
      const waits =
        state === 'pending' || state === 'retrying' || waitsForChild || betweenRepetitions(record);
      if (kind === 'step' && !dropped && waits && which(number)) this.abortStep(number, reason, null);
    }
  }

  #settle(settled: readonly Settled[]): void {
    const queue = [...settled];
    for (const { step, state, reason, message } of queue) {
      const at = this.#clock.wall();
      if (state === 'skipped') {
        this.#journal.emit({ at, type: 'step.skipped', step, try: null, reason });
        this.#tellForeach(step);
      } else this.abortStep(step, reason, message);
      queue.push(...this.#plan.ended(step));
    }
  }

  /** A body step that waits may leave its item with nothing to do. */
  childWaits(number: number): void {
    const { item } = stepAt(this.#journal.snapshot, number);
    if (item !== null) this.#foreach.get(item.parent)?.stepWaits(number);
  }

  /** A body step that ended may end its item. */
  #tellForeach(number: number): void {
    const { item } = stepAt(this.#journal.snapshot, number);
    if (item !== null) this.#foreach.get(item.parent)?.stepEnded(number);
  }
}
