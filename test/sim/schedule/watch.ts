import type { EventOf, JournalEvent, RunEvent } from '../../../src/core/events.ts';
import { scheduleTicks, type ScheduleEntry } from '../../../src/core/schedule.ts';
import { entryKey } from '../../../src/core/ticks.ts';
import type { Dag } from '../../../src/core/dag.ts';
import type { Connection } from '../../../src/store/sqlite/driver.ts';
import { cursors, queued, ticks } from '../../../src/store/sqlite/schedules.ts';
import { runs } from '../../../src/store/sqlite/queries.ts';

/** What must hold of ticks, whatever died whenever (RELIABILITY.md P6, §8.3). */
export class TickWatch {
  readonly #db: Connection;
  readonly #dags: readonly Dag[];
  readonly #isAlone: boolean;
  readonly #fail: (what: string) => void;
  /** The latest instant that anything waits for. */
  latest = 0;
  /** Where each entry was first seen. */
  readonly #first = new Map<string, number>();
  readonly #last = new Map<string, number>();

  /** `isAlone`: there is never more than one daemon. */
  constructor(db: Connection, dags: readonly Dag[], isAlone: boolean, fail: (what: string) => void) {
    this.#db = db;
    this.#dags = dags;
    this.#isAlone = isAlone;
    this.#fail = fail;
  }

  /** After every commit. */
  committed(): void {
    const now = cursors(this.#db).map(({ dag, entry, at }) => ({ key: `${dag} ${entry}`, at }));
    const there = new Set(now.map(({ key }) => key));
    // A DAG that is gone from the folder is forgotten.
    for (const key of this.#last.keys()) if (!there.has(key)) this.#last.delete(key);
    for (const { key, at } of now) {
      if (!this.#first.has(key)) this.#first.set(key, at);
      if ((this.#last.get(key) ?? at) > at) this.#fail(`the cursor of ${key} moved back`);
      this.#last.set(key, at);
    }
    for (const { dueAt } of queued(this.#db)) this.latest = Math.max(this.latest, dueAt ?? 0);
    // What two daemons began at once, the next one takes up at once.
    for (const dag of this.#isAlone ? this.#dags : []) {
      const owners = new Map<string, number>();
      for (const { owner } of runs(this.#db, { dag: dag.name, states: ['running', 'aborting'], limit: 0 })) {
        if (owner !== null) owners.set(owner.lock, (owners.get(owner.lock) ?? 0) + 1);
      }
      for (const [owner, count] of owners)
        if (count > 1) this.#fail(`${count} runs of ${dag.name} at once in ${owner}`);
    }
  }

  /** When all is over: every tick has its row, every row its tick, every run its tick. */
  complete(journal: readonly JournalEvent[]): void {
    const rows = ticks(this.#db, { limit: 0 });
    // Rows go with runs that are pruned; what was decided stands in the journal that was seen.
    const decided = journal.flatMap(({ event }) => (isTick(event) ? [event] : []));
    for (const dag of this.#dags)
      this.#completeDag(
        dag,
        decided.filter((tick) => tick.dag === dag.name),
      );
    for (const run of runs(this.#db, { limit: 0 })) {
      const own = rows.filter((row) => row.run === run.id);
      if (own.length !== 1) this.#fail(`run ${run.id} has ${own.length} ticks`);
      if (own[0]?.scheduledAt !== run.scheduledAt) this.#fail(`run ${run.id} has another tick than its row`);
    }
    for (const { dag, scheduledAt, decidedAt } of rows)
      if (decidedAt < scheduledAt) this.#fail(`${dag}: a tick was decided before its time`);
  }

  #completeDag({ name, schedule }: Dag, rows: readonly EventOf<TickType>[]): void {
    const expected = new Set<string>();
    for (const entry of schedule ?? []) {
      const key = `${name} ${entryKey(entry, 'UTC')}`;
      for (const at of ticksBetween(entry, this.#first.get(key), this.#last.get(key)))
        expected.add(`${entry.kind} ${at}`);
    }
    const many = rows.filter(({ count }) => count > 1);
    const has = new Set(rows.map(({ kind, scheduledAt }) => `${kind} ${scheduledAt}`));
    for (const tick of expected) {
      const at = Number(tick.split(' ')[1]);
      const together = many.some(({ firstAt, scheduledAt }) => firstAt <= at && at <= scheduledAt);
      if (!has.has(tick) && !together)
        this.#fail(`${name}: no row for ${tick} (${new Date(at).toISOString()})`);
    }
    for (const tick of has)
      if (!expected.has(tick)) this.#fail(`${name}: a row for ${tick}, which is no tick`);
  }
}

type TickType = 'tick.started' | 'tick.skipped' | 'tick.missed';

function isTick(event: RunEvent): event is EventOf<TickType> {
  return event.type.startsWith('tick.');
}

function* ticksBetween(entry: ScheduleEntry, first?: number, last?: number): Generator<number> {
  if (first === undefined || last === undefined) return;
  for (const { at } of scheduleTicks([entry], 'UTC', first)) {
    if (at > last) return;
    yield at;
  }
}
