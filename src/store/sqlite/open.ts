import { dirname } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { FlowHome } from '../../base/paths.ts';
import { flowError, type FlowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import { copyBeforeMigration } from './backup.ts';
import { checkAfterCrash } from './check.ts';
import { chooseDriver, loadDriver, type Connection, type Driver, type DriverName } from './driver.ts';
import { primaryCode, resultCode, SQLITE } from './errors.ts';
import { migrate, type Migrated, SCHEMA_VERSION, schemaVersion } from './migrations.ts';
import { checkFileSystem, fileSize, makePrivateFile, makePrivateFolder, realDatabasePath } from './place.ts';
import { BUSY_TIMEOUT_MS, whileBusy, type Waiting } from './retry.ts';
import { sqliteStore, type SqliteStore } from './sqlite-store.ts';

export interface OpenOptions {
  readonly home: FlowHome;
  readonly clock: Clock;
  /** `normal` may lose the last commits in a power cut, never in a crash of flow (RELIABILITY.md §2.1). */
  readonly durability?: 'full' | 'normal';
  /** Chosen by the version of Node when not given. */
  readonly driver?: DriverName;
  /** For reading commands: nothing is written, and read-only files and folders do. */
  readonly readOnly?: boolean;
  /** Make the database when there is none; not when `readOnly`, else true. */
  readonly create?: boolean;
  /** Of this program, for the record and for messages. */
  readonly flowVersion?: string;
  /** Told after two seconds of waiting for a lock or for space. */
  readonly onWaiting?: (message: string) => void;
}

/**
 * Opens `home.database` in the order of RELIABILITY.md §2.4.
 * @throws FlowError of exit 70 for whatever is wrong with it, and with code S014 when there is none to read.
 */
export async function openStore(options: OpenOptions): Promise<SqliteStore> {
  const readOnly = options.readOnly ?? false;
  const create = !readOnly && (options.create ?? true);
  const { root, database } = options.home;
  const driver = loadDriver(options.driver ?? chooseDriver());
  if (create) makePrivateFolder(root);
  else if ((fileSize(database) ?? 0) === 0) throw noDatabase(database);
  const path = realDatabasePath(root, database);
  const notes = checkFileSystem(dirname(path));
  if (create) makePrivateFile(path);
  const version = options.flowVersion ?? 'unknown';
  const waiting: Waiting = { clock: options.clock, path, onWaiting: options.onWaiting ?? (() => undefined) };
  const { db, migrated } = await whileBusy(waiting, () =>
    readOnly
      ? { db: openToRead(driver, path, version, notes), migrated: null }
      : openToWrite(driver, path, version, options.clock.wall(), options.durability ?? 'full'),
  );
  return sqliteStore({ db, driver, waiting, readOnly, notes, migrated });
}

function noDatabase(path: string): FlowError {
  return flowError(
    EXIT.failed,
    'S014',
    `no database at ${path} yet`,
    'start a run with `flow run FILE`, or set FLOW_HOME to where the runs are',
  );
}

function openToWrite(
  driver: Driver,
  path: string,
  version: string,
  now: number,
  durability: 'full' | 'normal',
): { db: Connection; migrated: Migrated | null } {
  lookFirst(driver, path, version);
  checkAfterCrash(driver, path);
  const db = driver(path, 'write');
  return closedOnError(db, () => {
    db.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
    schemaVersion(db, path, version);
    const mode = String(db.prepare('pragma journal_mode = wal').get()?.['journal_mode']);
    if (mode !== 'wal') {
      throw flowError(
        EXIT.fault,
        'S011',
        `the database ${path} cannot use a write-ahead log: its journal mode stays "${mode}"`,
        'set FLOW_HOME to a folder on a local disk',
      );
    }
    // Both drivers: better-sqlite3 opens an existing WAL database with NORMAL (§1.3, decision 3).
    db.exec(`pragma synchronous = ${durability === 'full' ? 'full' : 'normal'}`);
    db.exec('pragma foreign_keys = on; pragma trusted_schema = off; pragma journal_size_limit = 67108864');
    const copy = (from: number): string => copyBeforeMigration(driver, path, from, now);
    return { db, migrated: migrate(db, path, version, now, { copy }) };
  });
}

/** What is refused is refused before a writing connection, which would leave its marks in the file, is opened. */
function lookFirst(driver: Driver, path: string, version: string): void {
  const db = driver(path, 'read');
  try {
    db.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
    schemaVersion(db, path, version);
  } catch (error) {
    // A journal that only a writer may roll back, or a folder it cannot write to: the writer will see and say.
    const code = primaryCode(error);
    if (code !== SQLITE.readonly && code !== SQLITE.cantopen) throw error;
  } finally {
    db.close();
  }
}

function openToRead(driver: Driver, path: string, version: string, notes: string[]): Connection {
  try {
    return openReader(driver, path, version, 'read');
  } catch (error) {
    const code = primaryCode(error);
    if (code !== SQLITE.readonly && code !== SQLITE.cantopen) throw error;
    const log = fileSize(`${path}-wal`) ?? 0;
    if (log > 0) throw unreadableLog(path, error);
  }
  notes.push(`${dirname(path)} is read-only: showing ${path} as it is now, later changes are not seen`);
  return openReader(driver, path, version, 'immutable');
}

function openReader(driver: Driver, path: string, version: string, mode: 'read' | 'immutable'): Connection {
  const db = driver(path, mode);
  return closedOnError(db, () => {
    db.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
    db.exec('pragma trusted_schema = off');
    const found = schemaVersion(db, path, version);
    if (found === 0) throw noDatabase(path);
    if (found < SCHEMA_VERSION) {
      throw flowError(
        EXIT.fault,
        'S003',
        `${path} has schema ${found}, this flow reads schema ${SCHEMA_VERSION}`,
        'run `flow db migrate`',
      );
    }
    return db;
  });
}

function unreadableLog(path: string, error: unknown): FlowError {
  return flowError(
    EXIT.fault,
    'S008',
    `cannot read ${path}: it was not closed cleanly, and its folder is read-only (code ${resultCode(error)})`,
    'make the folder writable for one command, or copy flow.db and flow.db-wal together to one that is',
  );
}

function closedOnError<T>(db: Connection, prepare: () => T): T {
  try {
    return prepare();
  } catch (error) {
    db.close();
    throw error;
  }
}
