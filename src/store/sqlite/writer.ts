import type { JournalEvent, RunEvent } from '../../core/events.ts';
import type { TickRecord } from '../../core/records.ts';
import {
  Answered,
  Fenced,
  RunExists,
  StateChanged,
  TickTaken,
  type Append,
  type TickBatch,
} from '../store.ts';
import type { Connection } from './driver.ts';
import { isBusy, isFsync, isPassing, isStorageFault, storageError } from './errors.ts';
import { PATIENCE_MS, pauseMs, TELL_AFTER_MS, waitingMessage, type Waiting } from './retry.ts';
import {
  ATTEMPT,
  eventValues,
  RUN,
  STEP,
  readTick,
  TASK,
  TICK_COLUMNS,
  tickValues,
  TRY,
  type Table,
} from './rows.ts';

/**
 * How long a process that owns runs waits out a lock. Its commands go on meanwhile and their results are safe in
 * their exit files, so giving up early gains nothing (C9: 60 s).
 */
const OWNER_PATIENCE_MS = 300_000;

type Batch = Append | TickBatch;

interface Pending {
  readonly batch: Batch;
  /** Monotonic. */
  readonly since: number;
  resolve(events: JournalEvent[]): void;
  reject(error: Error): void;
}

type Outcome = { readonly events: JournalEvent[] } | { readonly refused: Error };

/**
 * Grouped commits (ARCHITECTURE.md §3, rule 1): what is ready in one turn of the event loop goes into one
 * transaction, each append in its own savepoint, and every caller hears after the commit.
 */
export class Writer {
  readonly #db: Connection;
  readonly #waiting: Waiting;
  /** Throws when the file that is open is no longer the one at its path (E8). */
  readonly #checkFile: () => void;
  readonly #apply: (batch: Batch) => JournalEvent[];
  #queue: Pending[] = [];
  #scheduled = false;
  #failures = 0;
  #told = false;
  /** After this error nothing on the connection can be trusted. */
  #broken: Error | null = null;
  #idle: (() => void)[] = [];

  constructor(db: Connection, waiting: Waiting, checkFile: () => void) {
    this.#db = db;
    this.#waiting = waiting;
    this.#checkFile = checkFile;
    const [append, decide] = [applier(db), decider(db)];
    this.#apply = (batch) => ('run' in batch ? append(batch) : decide(batch, append));
  }

  append(batch: Batch): Promise<JournalEvent[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, since: this.#waiting.clock.mono(), resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    });
  }

  /** Resolves when every append has its answer. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#queue.length === 0) resolve();
      else this.#idle.push(resolve);
    });
  }

  #flush(): void {
    const group = this.#queue;
    try {
      if (this.#broken) throw this.#broken;
      this.#checkFile();
      const outcomes = this.#commit(group.map((pending) => pending.batch));
      this.#queue = [];
      this.#failures = 0;
      this.#told = false;
      group.forEach((pending, i) => answer(pending, outcomes[i]));
    } catch (error) {
      this.#queue = this.#giveUp(group, error);
    }
    this.#scheduled = this.#queue.length > 0;
    if (this.#scheduled) this.#waiting.clock.after(pauseMs(++this.#failures), () => this.#flush());
    else this.#idle.splice(0).forEach((wake) => wake());
  }

  #commit(batches: readonly Batch[]): Outcome[] {
    try {
      this.#db.exec('begin immediate');
      const outcomes = batches.map((batch) => this.#one(batch));
      this.#db.exec('commit');
      return outcomes;
    } catch (error) {
      if (isFsync(error)) this.#broken = storageError(error, this.#waiting.path);
      this.#rollback(error);
      throw error;
    }
  }

  /** SQLite has often rolled back by itself (§2.6); a rollback that fails must not hide why it was needed. */
  #rollback(reason: unknown): void {
    try {
      if (this.#db.inTransaction) this.#db.exec('rollback');
    } catch {
      this.#broken ??= storageError(reason, this.#waiting.path);
    }
  }

  #one(batch: Batch): Outcome {
    this.#db.exec('savepoint one');
    try {
      const events = this.#apply(batch);
      this.#db.exec('release one');
      return { events };
    } catch (error) {
      if (isStorageFault(error) || !this.#db.inTransaction) throw error;
      this.#db.exec('rollback to one');
      this.#db.exec('release one');
      return { refused: storageError(error, this.#waiting.path) };
    }
  }

  /** Refuses those for whom there is no use in waiting longer; the others are returned. */
  #giveUp(group: readonly Pending[], error: unknown): Pending[] {
    const now = this.#waiting.clock.mono();
    const kept = group.filter((pending) => {
      const patience = isBusy(error) && ownsRuns(pending.batch) ? OWNER_PATIENCE_MS : PATIENCE_MS;
      return this.#broken === null && isPassing(error) && now - pending.since < patience;
    });
    for (const pending of group) {
      if (!kept.includes(pending)) pending.reject(storageError(error, this.#waiting.path));
    }
    const waitingSince = Math.min(...kept.map((pending) => pending.since));
    if (!this.#told && now - waitingSince >= TELL_AFTER_MS) {
      this.#told = true;
      this.#waiting.onWaiting(
        isBusy(error)
          ? waitingMessage(this.#waiting.path)
          : `still trying: ${storageError(error, this.#waiting.path).message}`,
      );
    }
    return kept;
  }
}

function answer(pending: Pending, outcome: Outcome | undefined): void {
  if (outcome === undefined) throw new Error('an append without an outcome');
  if ('events' in outcome) pending.resolve(outcome.events);
  else pending.reject(outcome.refused);
}

/** One who drives runs or fires ticks waits longer than one who begins. */
function ownsRuns(batch: Batch): boolean {
  return !('run' in batch) || batch.token !== null;
}

/** The statements of a decision about ticks: the unique rows first, then runs, then how far the schedule is decided. */
function decider(
  db: Connection,
): (batch: TickBatch, append: (batch: Append) => JournalEvent[]) => JournalEvent[] {
  const tick = db.prepare(
    `insert into tick (${TICK_COLUMNS.join(', ')}) values (${TICK_COLUMNS.map(() => '?').join(', ')})
    on conflict do nothing`,
  );
  const event = insertEvent(db);
  const change = db.prepare('update tick set outcome = ?, reason = ? where run = ? returning *');
  const cursor = db.prepare(
    `insert into cursor (dag, entry, file, at) values (?, ?, ?, ?)
    on conflict (dag, entry) do update set file = excluded.file, at = max(at, excluded.at)`,
  );
  const forget = db.prepare('delete from cursor where dag = ?');
  return ({ ticks, changed, appends, cursors, forgotten }, append) => {
    const events = appends.flatMap((one) => append(one));
    for (const { run, outcome, reason } of changed) {
      for (const row of change.all(outcome, reason, run)) events.push(event(run, tickEvent(readTick(row))));
    }
    for (const one of ticks) {
      if (tick.run(...tickValues(one)).changes === 0) throw new TickTaken(one.dag, one.scheduledAt);
      events.push(event(one.run, tickEvent(one)));
    }
    for (const dag of forgotten) forget.run(dag);
    for (const { dag, entry, file, at } of cursors) cursor.run(dag, entry, file, at);
    return events;
  };
}

function tickEvent(tick: TickRecord): RunEvent {
  const { dag, kind, scheduledAt, reason, message, count, firstAt, decidedAt: at } = tick;
  return { at, type: `tick.${tick.outcome}`, dag, kind, scheduledAt, reason, message, count, firstAt };
}

function insertEvent(db: Connection): (run: string | null, event: RunEvent) => JournalEvent {
  const insert = db.prepare(
    'insert into event (run, at, type, step, attempt, try, data) values (?, ?, ?, ?, ?, ?, ?)',
  );
  return (run, event) => ({ seq: insert.run(...eventValues(run, event)).lastInsertRowid, run, event });
}

/** The statements of one append: the guard first (RELIABILITY.md §3.5), then the rows, then the journal. */
function applier(db: Connection): (batch: Append) => JournalEvent[] {
  const token = db.prepare('select token, state from run where id = ?');
  const definition = db.prepare(
    'insert into definition (hash, text, files, base, flow_version) values (?, ?, ?, ?, ?) on conflict (hash) do nothing',
  );
  const compiled = db.prepare(
    `insert into compiled (definition, key, data) values (?, ?, ?)
    on conflict (definition) do update set key = excluded.key, data = excluded.data where key <> excluded.key`,
  );
  const event = insertEvent(db);
  const run = put(db, RUN);
  const attempt = put(db, ATTEMPT);
  const step = put(db, STEP);
  const stepTry = put(db, TRY);
  const task = put(db, TASK);
  const open = db.prepare(
    `select 1 from task as k join step as s on s.run = k.run and s.number = k.step
    where k.run = ? and k.step = ? and k.n = ? and k.answer is null and s.state = 'waiting'
      and k.n = (select max(n) from task where run = k.run and step = k.step)`,
  );
  const unheard = db.prepare(
    `select 1 from task as k join step as s on s.run = k.run and s.number = k.step
    where k.run = ? and k.answer is not null and s.state = 'waiting'
      and k.n = (select max(n) from task where run = k.run and step = k.step)`,
  );
  return (batch) => {
    const { run: id, changes } = batch;
    const found = token.get(id);
    if (batch.token === null && found !== undefined) throw new RunExists(id);
    if (batch.token !== null && found?.['token'] !== batch.token) throw new Fenced(id);
    const { answering, expects } = batch;
    if (expects?.some((state) => state === found?.['state']) === false) throw new StateChanged(id);
    if (answering && open.get(id, answering.step, answering.n) === undefined) throw new Answered(id);
    if (batch.definition) {
      const { hash, text, files, base, flowVersion } = batch.definition;
      const under = base === null ? null : JSON.stringify(base);
      definition.run(hash, text, JSON.stringify(files), under, flowVersion);
      if (batch.compiled) compiled.run(hash, batch.compiled.key, batch.compiled.data);
    }
    const isNew = batch.token === null;
    if (changes.run) run(id, changes.run, isNew);
    for (const record of changes.attempts) attempt(id, record, isNew);
    for (const record of changes.steps) step(id, record, isNew);
    for (const record of changes.tries) stepTry(id, record, isNew);
    for (const record of changes.tasks) task(id, record, isNew);
    if (changes.run?.state === 'waiting' && unheard.get(id) !== undefined) throw new Answered(id);
    return batch.events.map((entry) => event(id, entry));
  };
}

/**
 * Writes records as rows. Not `on conflict do update`: that checks every column first as an insert, then as an update,
 * and takes four times as long for a step that is there. `isNew`: no row of its run can be there yet.
 */
function put<R>(db: Connection, table: Table<R>): (run: string, record: R, isNew: boolean) => void {
  const { name, columns } = table;
  const found = [...table.key, ...(table.fixed ?? [])];
  const changing = columns.filter((column) => !found.includes(column));
  const order = [...changing, ...found].map((column) => columns.indexOf(column));
  const insert = db.prepare(
    `insert into ${name} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
  );
  const update = db.prepare(
    `update ${name} set ${changing.map((column) => `${column} = ?`).join(', ')}
    where ${found.map((column) => `${column} = ?`).join(' and ')}`,
  );
  return (run, record, isNew) => {
    const values = table.values(run, record);
    if (!isNew && update.run(...order.map((i) => values[i] ?? null)).changes > 0) return;
    insert.run(...values);
  };
}
