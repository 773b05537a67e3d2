import { failed, SUCCEEDED } from '../actions/action.ts';
import type { Step } from '../core/dag.ts';
import type { StepRecord } from '../core/records.ts';
import { bodySteps, stepAt } from '../core/snapshot.ts';
import { betweenRepetitions, stepEnded } from '../core/states.ts';
import type { FoundItem } from './items.ts';
import { inFlowOutput } from './in-flow-output.ts';
import type { Journal } from './journal.ts';
import { withoutProcess } from './launch.ts';
import type { RunningTry, TryEnd, TryStop } from './launch.ts';
import { foreachResult } from './foreach-result.ts';
import type { CompositeTry } from './tries.ts';
import type { AttemptFacts } from './scope.ts';
import type { EngineDeps } from './types.ts';

/** What a foreach step needs of the attempt it belongs to. */
export interface ForeachHost {
  /** The steps of an item may start. */
  addItem(steps: readonly Step[]): void;
  /** Takes over the try of a dead owner, if the step has one that lives or has left its result. */
  attach(step: Step): void;
  /** Goes on with a step that was between two repetitions. */
  repeat(step: Step): void;
  /** True for a step that failed because its result is unknown, and may not run again (R801). */
  isSettled(number: number): boolean;
  /** Ends what runs and what waits of the body. */
  stopBody(reason: string, kill: boolean): void;
}

interface Group extends FoundItem {
  /** Number of the row of its first body step. */
  readonly first: number;
}

/**
 * One try of a foreach step (LANGUAGE.md §16.1): its items start in order, at most `max_concurrent` at a time; those
 * that have ended well in an earlier try or attempt are kept. Its steps are steps of the attempt like all others.
 */
export class ForeachRun implements RunningTry {
  readonly #deps: EngineDeps;
  readonly #journal: Journal;
  readonly #facts: AttemptFacts;
  readonly #host: ForeachHost;
  readonly #prepared: CompositeTry;
  readonly #foreach;
  readonly ended: Promise<TryEnd>;
  #end: (end: TryEnd) => void = () => undefined;
  #queue: Group[] = [];
  /** By the index of their item. */
  #groups: Group[] = [];
  /** By index of an item that runs: its steps that have not ended. */
  readonly #open = new Map<number, number>();
  /** Items that wait for a child run, with nothing else to do. */
  readonly #waiting = new Set<number>();
  #halted = false;
  #done = false;

  constructor(
    at: { deps: EngineDeps; journal: Journal; facts: AttemptFacts },
    prepared: CompositeTry,
    host: ForeachHost,
  ) {
    const { action } = prepared.step;
    if (action.kind !== 'foreach') throw new Error(`step ${prepared.step.label} has no items`);
    this.#foreach = action;
    this.#deps = at.deps;
    this.#journal = at.journal;
    this.#facts = at.facts;
    this.#prepared = prepared;
    this.#host = host;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** Records the items and starts the first of them. */
  begin(items: readonly FoundItem[]): void {
    const rows = this.#knownRows();
    const size = this.#foreach.steps.length;
    let next = this.#journal.snapshot.steps.length + 1;
    this.#groups = items.map((found) => {
      const known = rows.get(identity(found.item.key, found.hash));
      rows.delete(identity(found.item.key, found.hash));
      const first = known?.[0]?.number ?? next;
      if (known === undefined) next += size;
      return { ...found, first };
    });
    const gone = [...rows.values()].flat();
    this.#emitItems(gone.map((row) => row.number));
    for (const { item, first } of this.#groups) this.#facts.roster.addItem(item, first);
    // What still runs goes on before new items start.
    const runs = ({ first }: Group): boolean => this.#rows(first).some((row) => row.state === 'running');
    this.#queue = [...this.#groups.filter(runs), ...this.#groups.filter((group) => !runs(group))];
    this.#startItems();
  }

  /** A step of the body has ended. */
  stepEnded(number: number): void {
    const { item } = this.#facts.roster.get(number);
    const left = item === null ? undefined : this.#open.get(item.index);
    if (item === null || left === undefined) return;
    this.#open.set(item.index, left - 1);
    if (left > 1) this.#leaveWaiting(item.index);
    else this.#close(item.index);
  }

  /** The child run of a body step waits for a person. */
  stepWaits(number: number): void {
    const { item } = this.#facts.roster.get(number);
    if (item !== null) this.#leaveWaiting(item.index);
  }

  #leaveWaiting(index: number): void {
    const group = this.#groups[index];
    const rows = group === undefined ? [] : this.#rows(group.first);
    const left = rows.filter((row) => !stepEnded(row.state));
    const isBlocked = ({ number }: StepRecord): boolean =>
      this.#facts.roster.get(number).depends.some((n) => left.some((row) => row.number === n));
    const idle = left.every((row) => row.state === 'waiting' || (row.state === 'pending' && isBlocked(row)));
    if (!idle || !left.some((row) => row.state === 'waiting')) return;
    this.#waiting.add(index);
    this.#close(index);
  }

  #close(index: number): void {
    this.#open.delete(index);
    this.#startItems();
  }

  /** No further item starts. */
  halt(): void {
    this.#halted = true;
  }

  stop({ reason, kill }: TryStop): void {
    this.#halted = true;
    this.#host.stopBody(reason, kill);
    this.#finishIfDone();
  }

  #startItems(): void {
    while (!this.#halted && this.#open.size < this.#foreach.maxConcurrent) {
      const group = this.#queue.shift();
      if (group === undefined) break;
      const rows = this.#rows(group.first);
      const left = rows.filter((row) => !stepEnded(row.state)).length;
      if (left === 0) continue;
      this.#open.set(group.item.index, left);
      const steps = rows.map((row) => this.#facts.roster.get(row.number));
      this.#host.addItem(steps);
      for (const [i, row] of rows.entries()) {
        const step = steps[i];
        if (step === undefined || row.state !== 'running') continue;
        if (betweenRepetitions(row)) this.#host.repeat(step);
        else this.#host.attach(step);
      }
    }
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (this.#done || this.#open.size > 0 || (!this.#halted && this.#queue.length > 0)) return;
    this.#done = true;
    // Why it was halted is known to its try.
    if (this.#halted) this.#end(withoutProcess(SUCCEEDED));
    else if (this.#waiting.size > 0) this.#end(withoutProcess(SUCCEEDED, { children: { kind: 'waiting' } }));
    else this.#end(this.#result());
  }

  #result(): TryEnd {
    const { step, env, output, intent } = this.#prepared;
    const groups = this.#groups.map(({ item, first }) => ({ item, rows: this.#rows(first) }));
    const mode = this.#journal.snapshot.run.unresolved;
    const collected = foreachResult({
      step,
      groups,
      env: new Map(Object.entries(env)),
      facts: this.#facts,
      mode,
    });
    const out = inFlowOutput(this.#deps.files, { ...intent, mayExist: true }, output);
    out.out(`${collected.json}\n`);
    out.end();
    const { error, outputs } = collected;
    return withoutProcess(error === null ? { ...SUCCEEDED, outputs } : failed('R704', error));
  }

  #emitItems(gone: readonly number[]): void {
    const { step, intent } = this.#prepared;
    const record = this.#journal.snapshot.steps;
    const rows = this.#groups.flatMap(({ first }) => (first > record.length ? [] : this.#rows(first)));
    this.#journal.emit({
      at: this.#deps.clock.wall(),
      type: 'step.items',
      step: step.number,
      attempt: this.#journal.snapshot.run.attempt,
      try: intent.try,
      items: this.#groups.map(({ item, hash, first }) => ({ index: item.index, key: item.key, hash, first })),
      body: this.#foreach.steps.map(({ id, name, label }) => ({ id, name, label })),
      reset: rows.filter((row) => this.#runsAgain(row)).map((row) => row.number),
      dropped: gone,
    });
  }

  /** As R3 has it for steps: what has ended well is kept, what runs goes on. */
  #runsAgain(row: StepRecord): boolean {
    switch (row.state) {
      case 'failed':
        return !row.tolerated && !this.#host.isSettled(row.number);
      case 'aborted':
      case 'retrying':
        return true;
      case 'running': {
        const last = row.tries.at(-1)?.state;
        return !betweenRepetitions(row) && last !== 'running' && last !== 'intent';
      }
      default:
        return false;
    }
  }

  /** Rows of items of earlier tries, by key and value; not those from before the step began anew. */
  #knownRows(): Map<string, StepRecord[]> {
    const { snapshot } = this.#journal;
    const { number } = this.#prepared.step;
    const { generation } = stepAt(snapshot, number);
    const known = new Map<string, StepRecord[]>();
    for (const row of bodySteps(snapshot, number)) {
      if (row.item === null) continue;
      // Those of an older generation are dropped: their name matches no item.
      const old = row.item.generation === generation ? '' : `${row.item.generation} `;
      const name = old + identity(row.item.key, row.item.hash);
      const group = known.get(name);
      if (group === undefined) known.set(name, [row]);
      else group.push(row);
    }
    return known;
  }

  #rows(first: number): StepRecord[] {
    return this.#foreach.steps.map((_, place) => stepAt(this.#journal.snapshot, first + place));
  }
}

function identity(key: string, hash: string): string {
  return `${hash} ${key}`;
}
