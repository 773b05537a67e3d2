import { flowError, type FlowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import type { Store, StoreInfo } from '../store.ts';
import { backup } from './backup.ts';
import { checkAll } from './check.ts';
import type { Connection, Driver } from './driver.ts';
import { isBusy, primaryCode, SQLITE } from './errors.ts';
import { pragmaNumber, type Migrated } from './migrations.ts';
import { fileIdentity, fileSize } from './place.ts';
import { compiled, dags, definition, durations, events, expired, idsLike } from './queries.ts';
import { load, runs, tasks } from './queries.ts';
import { answered, cursors, forgetTicks, queued, suspend, suspended, ticks } from './schedules.ts';
import { remove } from './remove.ts';
import { whileBusy, type Waiting } from './retry.ts';
import { Writer } from './writer.ts';

export interface SqliteStore extends Store {
  /** What people should know about how it was opened: a doubtful file system, a view that does not move. */
  readonly notes: readonly string[];
  /** What opening it did to an older database; null when it was new or up to date. */
  readonly migrated: Migrated | null;
}

interface Parts {
  readonly db: Connection;
  readonly driver: Driver;
  readonly waiting: Waiting;
  readonly readOnly: boolean;
  readonly notes: readonly string[];
  readonly migrated?: Migrated | null;
}

/** The port over one open connection. Reads are short and hold nothing when they return (§2.3). */
export function sqliteStore({ db, driver, waiting, readOnly, notes, migrated = null }: Parts): SqliteStore {
  const { path } = waiting;
  const opened = fileIdentity(path);
  const checkFile = (): void => {
    if (fileIdentity(path) !== opened) throw replaced(path);
  };
  const writer = readOnly ? null : new Writer(db, waiting, checkFile);
  const read = <T>(work: () => T): Promise<T> => whileBusy(waiting, work);
  const change = <T>(work: () => T): Promise<T> => {
    if (readOnly) return Promise.reject(readOnlyStore(path));
    return read(() => {
      checkFile();
      return work();
    });
  };
  return {
    notes,
    migrated: migrated?.from === 0 ? null : migrated,
    append: (batch) => writer?.append(batch) ?? Promise.reject(readOnlyStore(path)),
    decide: (batch) => writer?.append(batch) ?? Promise.reject(readOnlyStore(path)),
    queued: () => read(() => queued(db)),
    answered: () => read(() => answered(db)),
    ticks: (query) => read(() => ticks(db, query)),
    cursors: () => read(() => cursors(db)),
    suspended: () => read(() => suspended(db)),
    suspend: (dag, on, at) => change(() => suspend(db, dag, on, at)),
    forgetTicks: (dag, before, limit) => change(() => forgetTicks(db, dag, before, limit)),
    load: (run) => read(() => load(db, run)),
    definition: (hash) => read(() => definition(db, hash)),
    compiled: (of, key) => read(() => compiled(db, of, key)),
    tasks: (run) => read(() => tasks(db, run)),
    runs: (query) => read(() => runs(db, query)),
    dags: () => read(() => dags(db)),
    expired: (query) => read(() => expired(db, query)),
    remove: (ids, clear) => change(() => remove(db, ids, clear)),
    idsLike: (part, limit) => read(() => idsLike(db, part, limit)),
    durations: (dag, limit) => read(() => durations(db, dag, limit)),
    events: (query) => read(() => events(db, query)),
    query: (sql) => read(() => (readOnly ? personQuery(db, sql) : onReader(driver, path, sql))),
    check: () => read(() => checkAll(db)),
    backup: (target) => read(() => backup(db, target)),
    info: () => info(db, path),
    async close() {
      await writer?.drained();
      db.close();
    },
  };
}

function onReader(driver: Driver, path: string, sql: string): { columns: string[]; rows: unknown[][] } {
  const db = driver(path, 'read');
  try {
    db.exec('pragma trusted_schema = off');
    return personQuery(db, sql);
  } finally {
    db.close();
  }
}

/** @throws FlowError (exit 2) for what is wrong with the query itself. */
function personQuery(db: Connection, sql: string): { columns: string[]; rows: unknown[][] } {
  db.exec('pragma query_only = on');
  try {
    return db.query(sql);
  } catch (error) {
    const code = primaryCode(error);
    if (isBusy(error) || !(error instanceof Error)) throw error;
    if (code === SQLITE.readonly) {
      throw flowError(EXIT.usage, 'S015', 'the query would write, and this database is only read here');
    }
    if (code !== null && code !== SQLITE.error) throw error;
    throw flowError(
      EXIT.usage,
      'S015',
      `cannot run the query: ${error.message}`,
      'give one statement; the views are runs, steps, tries, failures, tasks and ticks',
    );
  } finally {
    db.exec('pragma query_only = off');
  }
}

function info(db: Connection, path: string): StoreInfo {
  const text = (sql: string): string => String(Object.values(db.prepare(sql).get() ?? {})[0]);
  return {
    path,
    driver: db.driver,
    sqliteVersion: text('select sqlite_version()'),
    schemaVersion: pragmaNumber(db, 'user_version'),
    journalMode: text('pragma journal_mode'),
    synchronous: pragmaNumber(db, 'synchronous'),
    walSize: fileSize(`${path}-wal`) ?? 0,
  };
}

function replaced(path: string): FlowError {
  return flowError(
    EXIT.fault,
    'S016',
    `the database ${path} was deleted or replaced while it was open; nothing more is written`,
    'put it back if you can; results of running steps are still in the work folder',
  );
}

function readOnlyStore(path: string): FlowError {
  return flowError(EXIT.fault, 'S008', `${path} was opened for reading only`);
}
