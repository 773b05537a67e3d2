import type { Step } from './dag.ts';
import { dependentsOf } from './graph.ts';
import { NumberHeap } from './heap.ts';
import type { StepRecord } from './records.ts';
import { stepEnded } from './states.ts';

/** A step that ends without running, because of what it depends on (LANGUAGE.md §13.1). */
export interface Settled {
  readonly step: number;
  readonly state: 'aborted' | 'skipped';
  readonly reason: 'upstream_failed' | 'upstream_aborted' | 'upstream_skipped' | 'not_selected';
  readonly message: string | null;
}

/**
 * What may start next. It knows the graph and the states, nothing else: told that a step has ended, it says which
 * steps thereby end without running, and keeps those that became ready, in file order. Linear over a whole run.
 */
export class Plan {
  readonly #steps = new Map<number, Step>();
  readonly #records: readonly StepRecord[];
  readonly #dependents = new Map<number, number[]>();
  /** Dependencies that have not ended, by number. */
  readonly #open = new Map<number, number>();
  readonly #ready: NumberHeap;
  /** Ready steps that take no place (LANGUAGE.md §5.1). */
  readonly #placeless = new NumberHeap();
  /** Those that are ready and still count. */
  readonly #queued = new Set<number>();
  /** Ready steps of which nobody has been told. */
  readonly #unannounced = new Set<number>();

  /** `records` are the live records of the run; the plan reads them and never writes. */
  constructor(steps: readonly Step[], records: readonly StepRecord[]) {
    this.#records = records;
    const places = new Map(steps.map((step, i) => [step.number, i] as const));
    // A step of a foreach body stands where its foreach step does, after it; their rows come in the order of items.
    this.#ready = new NumberHeap((number) => {
      const parent = this.#steps.get(number)?.item?.parent;
      return [places.get(parent ?? number) ?? 0, parent === undefined ? 0 : number];
    });
    this.#know(steps);
  }

  /** The steps of an item of a foreach step, some of which may have ended: they are judged as by `begin`. */
  add(steps: readonly Step[]): Settled[] {
    this.#know(steps);
    return steps.flatMap((step) => this.#judgeIfReady(step));
  }

  #know(steps: readonly Step[]): void {
    for (const step of steps) {
      this.#steps.set(step.number, step);
      const open = step.depends.filter((n) => !stepEnded(this.#record(n).state)).length;
      this.#open.set(step.number, open);
    }
    for (const [number, dependents] of dependentsOf(steps)) this.#dependents.set(number, dependents);
  }

  /**
   * Judges every pending step whose dependencies have ended already. `selected`: the others are skipped
   * (CLI.md §3, `--only`, `--from`). The caller records what is returned and reports each by `ended`.
   */
  begin(selected: ReadonlySet<number> | null): Settled[] {
    const settled: Settled[] = [];
    for (const step of this.#steps.values()) {
      const isPending = this.#record(step.number).state === 'pending';
      if (isPending && selected !== null && !selected.has(step.number)) {
        settled.push({ step: step.number, state: 'skipped', reason: 'not_selected', message: null });
      } else settled.push(...this.#judgeIfReady(step));
    }
    return settled;
  }

  /** A step has ended and its record says how: its dependents whose last dependency this was are judged. */
  ended(number: number): Settled[] {
    const settled: Settled[] = [];
    for (const dependent of this.#dependents.get(number) ?? []) {
      this.#open.set(dependent, (this.#open.get(dependent) ?? 0) - 1);
      const step = this.#steps.get(dependent);
      if (step !== undefined) settled.push(...this.#judgeIfReady(step));
    }
    return settled;
  }

  /** The next ready step, taken out: first those that take no place, then in file order; null when none may start. */
  take(hasPlace = true): number | null {
    for (;;) {
      const number = this.#placeless.pop() ?? (hasPlace ? this.#ready.pop() : null);
      if (number === null) return null;
      if (!this.#queued.delete(number)) continue;
      this.#unannounced.delete(number);
      // A ready step may have been aborted meanwhile.
      if (this.#record(number).state === 'pending') return number;
    }
  }

  /** A step is no longer ready: it was aborted, and may come again by `add`. */
  drop(number: number): void {
    this.#queued.delete(number);
  }

  /** Steps that became ready since the last call and were not taken: they wait for a free place. */
  newlyWaiting(): number[] {
    const waiting = [...this.#unannounced].filter((number) => this.#record(number).state === 'pending');
    this.#unannounced.clear();
    return waiting;
  }

  #judgeIfReady(step: Step): Settled[] {
    if (this.#open.get(step.number) !== 0 || this.#record(step.number).state !== 'pending') return [];
    const verdict = judge(step, this.#steps, this.#records);
    if (verdict !== null) return [verdict];
    // Preconditions take a place while they are judged.
    const placeless = step.action.kind === 'human.task' && step.preconditions.length === 0;
    if (!this.#queued.has(step.number)) (placeless ? this.#placeless : this.#ready).push(step.number);
    this.#queued.add(step.number);
    this.#unannounced.add(step.number);
    return [];
  }

  #record(number: number): StepRecord {
    const record = this.#records[number - 1];
    if (record === undefined) throw new Error(`no step ${number}`);
    return record;
  }
}

/** The first line of §13.1 that matches; null: it may start. All its dependencies have ended. */
function judge(step: Step, steps: ReadonlyMap<number, Step>, records: readonly StepRecord[]): Settled | null {
  const dependencies = step.depends.flatMap((n) => records[n - 1] ?? []);
  const failed = dependencies.find((d) => d.state === 'failed' && !d.tolerated);
  const end = { step: step.number, message: null };
  if (failed) {
    return {
      ...end,
      state: 'aborted',
      reason: 'upstream_failed',
      message: `upstream failed: ${failed.label}`,
    };
  }
  const aborted = dependencies.find((d) => d.state === 'aborted');
  if (aborted) {
    return {
      ...end,
      state: 'aborted',
      reason: 'upstream_aborted',
      message: `upstream aborted: ${aborted.label}`,
    };
  }
  const skipped = dependencies.find(
    (d) =>
      d.state === 'skipped' &&
      d.reason !== 'not_selected' &&
      steps.get(d.number)?.continueOn?.skipped !== true,
  );
  if (skipped) {
    return {
      ...end,
      state: 'skipped',
      reason: 'upstream_skipped',
      message: `upstream skipped: ${skipped.label}`,
    };
  }
  return null;
}
