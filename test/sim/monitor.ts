import type { Dag } from '../../src/core/dag.ts';
import type { EventOf, JournalEvent, RunEvent } from '../../src/core/events.ts';
import { firstSnapshot, fold } from '../../src/core/fold.ts';
import { findStep } from '../../src/core/numbers.ts';
import type { Snapshot, StepRecord, TryRecord } from '../../src/core/records.ts';
import { stepAt } from '../../src/core/snapshot.ts';
import { runEnded, stepEnded } from '../../src/core/states.ts';
import { Touched } from '../../src/core/touched.ts';
import type { Connection } from '../../src/store/sqlite/driver.ts';
import { events, load } from '../../src/store/sqlite/queries.ts';
import { difference } from './difference.ts';
import type { Machine, TryName } from './machine.ts';
import type { Network, SentRequest } from './network.ts';

/** Something that RELIABILITY.md §8.3 forbids. */
export class Violation extends Error {}

interface Shadow {
  readonly snapshot: Snapshot;
  readonly dag: Dag;
  /** By step: tries up to this one are from before the step was begun anew. */
  readonly anewAfter: Map<number, number>;
}

const STOPPED_TRY = ['timed_out', 'R602'];

/**
 * Follows the journal with a model of its own, and compares the machine and the store with it after every commit. It
 * knows nothing of flow processes: what it sees is what is on the disk.
 */
export class Monitor {
  readonly #db: Connection;
  readonly #dagOf: (run: EventOf<'run.created'>) => Dag;
  machine: Machine | null = null;
  network: Network | null = null;
  alsoAfterCommit: () => void = () => undefined;
  readonly #shadows = new Map<string, Shadow>();
  /** Owners may be paused, taken for dead, and go on. */
  ownersSleep = false;
  #seq: number;
  readonly journal: JournalEvent[] = [];
  readonly violations: string[] = [];

  constructor(db: Connection, dagOf: (run: EventOf<'run.created'>) => Dag) {
    this.#db = db;
    this.#dagOf = dagOf;
    this.#seq = Number(db.prepare('select coalesce(max(seq), 0) as n from event').get()?.['n']);
  }

  fail(what: string): void {
    this.violations.push(what);
  }

  snapshotOf(run: string): Snapshot | null {
    return this.#shadows.get(run)?.snapshot ?? null;
  }

  get runs(): readonly Snapshot[] {
    return [...this.#shadows.values()].map(({ snapshot }) => snapshot);
  }

  /** After a commit: the new events are legal, and the tables are what they make of them. */
  committed(): void {
    const fresh = events(this.#db, { after: this.#seq, limit: 0 });
    const touched = new Set<string>();
    for (const entry of fresh) {
      this.#seq = entry.seq;
      this.journal.push(entry);
      if (entry.run === null) continue;
      touched.add(entry.run);
      try {
        this.#take(entry.run, entry.event);
      } catch (error) {
        this.fail(`event ${entry.seq} (${entry.event.type}) is not legal: ${String(error)}`);
      }
    }
    for (const run of touched) {
      const shadow = this.#shadows.get(run);
      const found = difference(shadow?.snapshot ?? null, load(this.#db, run));
      if (found !== null) this.fail(`run ${run}: the tables are not the replay of the journal: ${found}`);
    }
    this.alsoAfterCommit();
  }

  /** A wrapper has claimed its try. */
  claimed({ run, step, n }: TryName, env: Readonly<Record<string, string>>): void {
    const shadow = this.#shadows.get(run);
    if (shadow === undefined) {
      this.fail(`a process of run ${run}, which is not recorded`);
      return;
    }
    const { snapshot } = shadow;
    const record = stepAt(snapshot, step);
    const title = `${record.label} (step ${step}) try ${n} of ${run}`;
    const others = this.machine?.livingOf(run, step).filter(({ of }) => of.n !== n) ?? [];
    for (const other of others) this.fail(`${title} begins while try ${other.of.n} of the step lives`);
    if (runEnded(snapshot.run.state)) this.fail(`${title} begins although the run is ${snapshot.run.state}`);
    if (record.tries.at(-1)?.n !== n) this.fail(`${title} begins although a later one is recorded`);
    for (const [name, value] of Object.entries(env)) {
      const id = /^IN_(\w+)$/.exec(name)?.[1];
      if (id === undefined) continue;
      const source = this.#sourceOf(snapshot, record, id);
      const published = source?.outputs['v']?.text;
      if (value !== published)
        this.fail(`${title} sees ${id}=${value}, which published ${String(published)}`);
    }
  }

  /** A request leaves flow: of a try that is recorded, with its key, while that try runs. */
  sent({ run, step, attempt, n, key }: SentRequest): void {
    const shadow = this.#shadows.get(run);
    const record = shadow?.snapshot.steps.find(({ id, item }) => id === step && item === null);
    const title = `the request of ${step}, attempt ${attempt}, try ${n} of ${run}`;
    const one = record?.tries.find((each) => each.attempt === attempt && each.inAttempt === n);
    if (one?.idempotencyKey !== key) this.fail(`${title} is not recorded with key ${key}`);
    // An owner that was paused after its commit sends late: nothing but the key keeps that from being done twice.
    if (this.ownersSleep || one === undefined) return;
    if (one !== record?.tries.at(-1) || (one.state !== 'intent' && one.state !== 'running'))
      this.fail(`${title} is sent, but that try is ${one.state}`);
  }

  #sourceOf(snapshot: Snapshot, of: StepRecord, id: string): StepRecord | undefined {
    const own = snapshot.steps.find(
      (one) =>
        one.id === id &&
        !one.dropped &&
        one.item?.index === of.item?.index &&
        one.item?.parent === of.item?.parent,
    );
    return own ?? snapshot.steps.find((one) => one.id === id && one.item === null && !one.dropped);
  }

  #take(run: string, event: JournalEvent['event']): void {
    if (event.type === 'run.created') {
      const snapshot = firstSnapshot(event, new Touched());
      this.#shadows.set(run, { snapshot, dag: this.#dagOf(event), anewAfter: new Map() });
      return;
    }
    const shadow = this.#shadows.get(run);
    if (shadow === undefined) throw new Error('the run was never created');
    this.#before(shadow, event);
    fold(shadow.snapshot, event, new Touched());
    this.#after(shadow, event);
  }

  #before(shadow: Shadow, event: RunEvent): void {
    const { snapshot } = shadow;
    if (event.type === 'step.started') this.#starts(shadow, event);
    else if (event.type === 'step.lost') this.#lost(snapshot, event);
    else if (event.type === 'run.finished') this.#ends(snapshot, event);
    else if (event.type === 'run.resumed') {
      for (const number of event.anew) this.#anew(shadow, number);
      // Handlers run in each attempt; the command of a rejected or stopped approval runs again.
      for (const number of event.run) {
        const { kind, state } = stepAt(snapshot, number);
        if (kind !== 'step' || state === 'aborted') this.#anew(shadow, number);
      }
    } else if (event.type === 'step.items') {
      for (const number of event.reset) this.#anew(shadow, number);
    }
  }

  #anew({ snapshot, anewAfter }: Shadow, number: number): void {
    anewAfter.set(number, stepAt(snapshot, number).tries.at(-1)?.n ?? 0);
  }

  #starts(shadow: Shadow, event: EventOf<'step.started'>): void {
    const { snapshot, dag } = shadow;
    const record = stepAt(snapshot, event.step);
    const title = `try ${event.try} of ${record.label} (step ${event.step})`;
    const { state } = snapshot.run;
    if (state !== 'running' && state !== 'aborting') this.fail(`${title} starts in a run that is ${state}`);
    if (this.#succeeded(shadow, record).length > 0) this.fail(`${title} starts although one has succeeded`);
    const last = record.tries.at(-1);
    if (last !== undefined && (last.state === 'intent' || last.state === 'running'))
      this.fail(`${title} starts although try ${last.n} has not ended`);
    this.#checkKey(record, event, title);
    for (const number of dependsOf(dag, record)) {
      const dependency = stepAt(snapshot, number);
      if (!stepEnded(dependency.state))
        this.fail(`${title} starts before ${dependency.label}, which is ${dependency.state}, has ended`);
    }
  }

  /** The same over all tries until one succeeds, then another; of a handler in each attempt (R16). */
  #checkKey({ kind, tries }: StepRecord, event: EventOf<'step.started'>, title: string): void {
    const before = tries.at(-1);
    if (before === undefined) return;
    const isNew = before.state === 'succeeded' || (kind !== 'step' && before.attempt !== event.attempt);
    if ((before.idempotencyKey !== event.idempotencyKey) !== isNew)
      this.fail(`${title} has key ${event.idempotencyKey} after ${before.idempotencyKey}`);
  }

  /** Only what cannot be known may be given up (P4). */
  #lost(snapshot: Snapshot, event: EventOf<'step.lost'>): void {
    const record = stepAt(snapshot, event.step);
    const one = record.tries.find(({ n }) => n === event.try);
    if (one === undefined || one.inFlow || this.machine === null) return;
    const title = `try ${event.try} of ${record.label} (step ${event.step}) of ${snapshot.run.id}`;
    const state = this.machine.tryState(tryDir(snapshot.run.id, event.step, event.try));
    if (event.verdict === 'never_started' && state.claim !== 'fenced')
      this.fail(`${title} is recorded as never started, but is not fenced`);
    if (event.verdict !== 'unknown') return;
    if (state.exit !== null) this.fail(`${title} is recorded as lost, but left exit code ${state.exit}`);
    if (state.claim !== null && state.claim !== 'fenced' && state.claim.wrapperLives)
      this.fail(`${title} is recorded as lost, but lives`);
  }

  #after(shadow: Shadow, event: RunEvent): void {
    const { snapshot } = shadow;
    switch (event.type) {
      case 'step.repeating': {
        this.#anew(shadow, event.step);
        return;
      }
      case 'step.finished':
        if (event.state === 'succeeded' && !event.tolerated && event.try !== null)
          this.#finishes(shadow, event);
        else if (event.state === 'failed') this.#fails(snapshot, event);
        return;
      case 'step.retrying': {
        this.#fails(snapshot, event);
        return;
      }
      default:
        return;
    }
  }

  #succeeded({ anewAfter }: Shadow, { number, tries }: StepRecord) {
    const since = anewAfter.get(number) ?? 0;
    return tries.filter(({ n, state }) => n > since && state === 'succeeded');
  }

  #finishes(shadow: Shadow, event: EventOf<'step.finished'>): void {
    const { snapshot } = shadow;
    const record = stepAt(snapshot, event.step);
    const title = `${record.label} (step ${event.step}) of ${snapshot.run.id}`;
    const good = this.#succeeded(shadow, record);
    if (good.length !== 1) this.fail(`${title} has succeeded with ${good.length} successful tries`);
    const one = record.tries.find(({ n }) => n === event.try);
    const isRequest = findStep(shadow.dag, event.step)?.action.kind === 'http.request';
    if (one?.inFlow === true && isRequest && !this.#answered(snapshot.run.id, record, one))
      this.fail(`${title} succeeded, but no server has answered try ${one.n} well`);
    if (one === undefined || one.inFlow || this.machine === null) return;
    const published = event.outputs['v']?.text;
    if (published !== undefined && published !== `v${event.step}.${one.n}`)
      this.fail(`${title} publishes ${published}, which is not of try ${one.n}`);
    const done = this.machine.effects.filter(
      (effect) => effect.run === snapshot.run.id && effect.step === event.step && effect.n === one.n,
    );
    const last = done.at(-1);
    if (event.exitCode === 0 && (last === undefined || last.code !== 0))
      this.fail(`${title} succeeded, but try ${one.n} has no effect`);
    if (new Set(done.map(({ entry }) => entry)).size !== done.length)
      this.fail(`${title}: try ${one.n} has an effect twice`);
  }

  #answered(run: string, { id }: StepRecord, { attempt, inAttempt }: TryRecord): boolean {
    const isOf = (one: SentRequest): boolean =>
      one.run === run && one.step === id && one.attempt === attempt && one.n === inAttempt;
    return this.network?.effects.some(isOf) ?? false;
  }

  /** What ended well is not recorded as failed. */
  #fails(snapshot: Snapshot, event: EventOf<'step.finished' | 'step.retrying'>): void {
    if (event.try === null || this.machine === null) return;
    const record = stepAt(snapshot, event.step);
    const one = record.tries.find(({ n }) => n === event.try);
    if (one === undefined || one.inFlow || STOPPED_TRY.includes(event.reason ?? '')) return;
    const { exit } = this.machine.tryState(tryDir(snapshot.run.id, event.step, event.try));
    if (exit === 0 && event.exitCode !== 0)
      this.fail(`try ${event.try} of ${record.label} left exit code 0, but is recorded as failed`);
  }

  #ends(snapshot: Snapshot, event: EventOf<'run.finished'>): void {
    const { id } = snapshot.run;
    const own = snapshot.steps.filter(
      ({ kind, item, dropped }) => kind === 'step' && item === null && !dropped,
    );
    const left = snapshot.steps.filter(
      ({ state, dropped, tries }) => !dropped && state === 'running' && tries.length > 0,
    );
    for (const step of left) this.fail(`run ${id} ends while ${step.label} is running`);
    const bad = own.filter(
      ({ state, tolerated }) => (state === 'failed' && !tolerated) || state === 'aborted',
    );
    if (event.state === 'succeeded' && bad.length > 0)
      this.fail(`run ${id} succeeds although a step has not`);
    if (snapshot.run.state !== 'aborting') return;
    // What handlers of the end left running is theirs (LANGUAGE.md §13.7).
    const isStopped = (step: number): boolean => ['step', 'init'].includes(stepAt(snapshot, step).kind);
    for (const process of this.machine?.livingOf(id).filter(({ of }) => isStopped(of.step)) ?? [])
      this.fail(`run ${id} was stopped, but try ${process.of.n} of step ${process.of.step} lives`);
  }
}

function dependsOf(dag: Dag, { number, item }: StepRecord): readonly number[] {
  if (item === null) return findStep(dag, number)?.depends ?? [];
  const action = findStep(dag, item.parent)?.action;
  if (action?.kind !== 'foreach') return [];
  const first = number - item.body;
  return (action.steps[item.body]?.depends ?? []).map((place) => first + place - 1);
}

function tryDir(run: string, step: number, n: number): string {
  return `${HOME}/work/${run}/try/${step}.${n}`;
}

/** Where everything lies on the simulated disk. */
export const HOME = '/sim/home';
