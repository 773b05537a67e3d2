import { createRequire, isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FlowError, flowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';

/**
 * The only file that touches SQLite. Both drivers are loaded lazily and never together: two copies of SQLite in
 * one process break each other's POSIX locks (RELIABILITY.md decision 5).
 */
export type DriverName = 'node:sqlite' | 'better-sqlite3';

export type SqlValue = string | number | bigint | null | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

export interface Statement {
  run(...values: SqlValue[]): { changes: number; lastInsertRowid: number };
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): Row[];
}

/** One open database file. Synchronous, as both drivers are; errors are the driver's (`errors.ts` reads them). */
export interface Connection {
  readonly driver: DriverName;
  readonly inTransaction: boolean;
  exec(sql: string): void;
  /** Prepared once per text and kept. */
  prepare(sql: string): Statement;
  /** One statement of a person; integers beyond 2^53 come as text. Throws when there is more than one. */
  query(sql: string): { columns: string[]; rows: SqlValue[][] };
  close(): void;
}

/** `immutable` reads a file that cannot change, without locks and without making `-wal` and `-shm`. */
export type OpenMode = 'write' | 'read' | 'immutable';
export type Driver = (path: string, mode: OpenMode) => Connection;

/** The shapes of the two packages, as far as they are used; @types/node 20 does not know node:sqlite. */
interface NativeStatement {
  run(...values: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): unknown[];
  columns?(): { name: string }[];
}
interface NodeStatement extends NativeStatement {
  readonly sourceSQL: string;
  setReadBigInts(on: boolean): void;
  setReturnArrays?(on: boolean): void;
}
interface BetterStatement extends NativeStatement {
  readonly reader: boolean;
  raw(): BetterStatement;
  safeIntegers(): BetterStatement;
}
interface NativeDatabase<S extends NativeStatement> {
  exec(sql: string): void;
  prepare(sql: string): S;
  close(): void;
}
interface NodeDatabase extends NativeDatabase<NodeStatement> {
  /** Missing before Node 22.16. */
  readonly isTransaction?: boolean;
}
interface BetterDatabase extends NativeDatabase<BetterStatement> {
  readonly inTransaction: boolean;
}
type NodeSqlite = { DatabaseSync: new (path: string, options: { readOnly: boolean }) => NodeDatabase };
type BetterSqlite = new (
  path: string | Buffer,
  options: { readonly?: boolean; fileMustExist?: boolean; timeout?: number },
) => BetterDatabase;

/** node:sqlite where it needs no flag (Node 22.13 and newer), else better-sqlite3. */
export function chooseDriver(
  version = process.versions.node,
  builtin = isBuiltin('node:sqlite'),
): DriverName {
  return builtin && isAtLeast22(version, 13) ? 'node:sqlite' : 'better-sqlite3';
}

function isAtLeast22(version: string, least: number): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= least);
}

let loaded: { name: DriverName; driver: Driver } | null = null;

/** The driver of this process. @throws FlowError (exit 70) when the package is missing or was not built. */
export function loadDriver(name: DriverName): Driver {
  if (loaded !== null && loaded.name !== name) {
    throw new Error(`${loaded.name} is loaded already; ${name} may not join it in one process`);
  }
  loaded ??= { name, driver: requireDriver(name, createRequire(import.meta.url)) };
  return loaded.driver;
}

/** Loads through the given `require`, so that a test can look at a place without the package. */
export function requireDriver(name: DriverName, require: NodeJS.Require): Driver {
  return name === 'node:sqlite' ? nodeDriver(require) : betterDriver(require);
}

function nodeDriver(require: NodeJS.Require): Driver {
  const { DatabaseSync } = withoutSqliteWarning(() => require('node:sqlite') as NodeSqlite);
  return (path, mode) => {
    if (mode === 'immutable' && !isAtLeast22(process.versions.node, 15)) throw needsUris(path);
    const place = mode === 'immutable' ? `${pathToFileURL(path).href}?immutable=1` : path;
    const db = new DatabaseSync(place, { readOnly: mode !== 'write' });
    return connection('node:sqlite', db, {
      inTransaction: () => db.isTransaction ?? refusesBegin(db),
      query: (sql) => nodeQuery(db, sql),
    });
  };
}

function needsUris(path: string): FlowError {
  return flowError(
    EXIT.fault,
    'S008',
    `cannot read ${path}: its folder is read-only, which this version of Node cannot work with`,
    'use Node 22.15 or newer, or make the folder writable',
  );
}

/** Node 22 warns once that SQLite is experimental; nothing else is held back. */
function withoutSqliteWarning<T>(load: () => T): T {
  const emit: unknown = Reflect.get(process, 'emitWarning');
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    const text = typeof warning === 'string' ? warning : warning.message;
    if (rest[0] === 'ExperimentalWarning' && text.includes('SQLite')) return;
    Reflect.apply(emit as () => void, process, [warning, ...rest]);
  };
  try {
    return load();
  } finally {
    Reflect.set(process, 'emitWarning', emit);
  }
}

/** Before Node 22.16 nothing tells whether a transaction is open, except that a second one cannot begin. */
function refusesBegin(db: NodeDatabase): boolean {
  try {
    db.exec('begin');
  } catch {
    return true;
  }
  db.exec('rollback');
  return false;
}

function nodeQuery(db: NodeDatabase, sql: string): { columns: string[]; rows: SqlValue[][] } {
  const statement = db.prepare(sql);
  const rest = sql.slice(statement.sourceSQL.length);
  if (/[^\s;]/.test(rest.replace(/--.*|\/\*[^]*?\*\//g, ''))) throw new RangeError('more than one statement');
  statement.setReadBigInts(true);
  if (statement.setReturnArrays && statement.columns) {
    statement.setReturnArrays(true);
    const rows = statement.all() as SqlValue[][];
    return { columns: statement.columns().map((column) => column.name), rows: rows.map(plainNumbers) };
  }
  const rows = statement.all() as Row[];
  const columns = statement.columns?.().map((column) => column.name) ?? Object.keys(rows[0] ?? {});
  return { columns, rows: rows.map((row) => plainNumbers(columns.map((column) => row[column] ?? null))) };
}

function betterDriver(require: NodeJS.Require): Driver {
  const Database = requireBetter(require);
  return (path, mode) => {
    const db =
      mode === 'immutable'
        ? new Database(bytesOf(path, require), { readonly: true })
        : new Database(path, { readonly: mode === 'read', fileMustExist: true, timeout: 250 });
    return connection('better-sqlite3', db, {
      inTransaction: () => db.inTransaction,
      query: (sql) => betterQuery(db, sql),
    });
  };
}

function requireBetter(require: NodeJS.Require): BetterSqlite {
  try {
    const Database = require('better-sqlite3') as BetterSqlite;
    // The binary part is loaded by the first database, not by the package.
    new Database(':memory:', {}).close();
    return Database;
  } catch (error) {
    throw driverMissing(error, require);
  }
}

function driverMissing(error: unknown, require: NodeJS.Require): FlowError {
  let home: string | null = null;
  try {
    home = dirname(dirname(dirname(require.resolve('better-sqlite3/package.json'))));
  } catch {
    // Not installed at all: the hint below says so.
  }
  const newer = 'or use Node 22.13 or newer, which has SQLite built in';
  const why = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  return home === null
    ? flowError(
        EXIT.fault,
        'S001',
        `Node ${process.versions.node} has no SQLite of its own, and the package better-sqlite3 is not installed`,
        `run \`npm install better-sqlite3@12\` where flow is installed, ${newer}`,
      )
    : flowError(
        EXIT.fault,
        'S001',
        `the package better-sqlite3 is installed but its binary part cannot be loaded: ${why}`,
        `run \`cd '${home}' && npm rebuild better-sqlite3\`, ${newer}`,
      );
}

/**
 * better-sqlite3 opens no URIs, so an unchangeable file is read into memory. Only called when no connection could
 * be opened, so no lock of this process is lost by it (decision 6); its header then says "no WAL".
 */
function bytesOf(path: string, require: NodeJS.Require): Buffer {
  const { readFileSync } = require('node:fs') as typeof import('node:fs');
  const bytes = readFileSync(path);
  return bytes.subarray(0, 6).toString() === 'SQLite' ? bytes.fill(1, 18, 20) : bytes;
}

function betterQuery(db: BetterDatabase, sql: string): { columns: string[]; rows: SqlValue[][] } {
  const statement = db.prepare(sql);
  if (!statement.reader) {
    statement.run();
    return { columns: [], rows: [] };
  }
  const columns = statement.columns?.().map((column) => column.name) ?? [];
  const rows = statement.safeIntegers().raw().all() as SqlValue[][];
  return { columns, rows: rows.map(plainNumbers) };
}

function plainNumbers(row: SqlValue[]): SqlValue[] {
  return row.map((value) => {
    if (typeof value !== 'bigint') return value;
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  });
}

function connection(
  driver: DriverName,
  db: NativeDatabase<NativeStatement>,
  parts: { inTransaction: () => boolean; query: Connection['query'] },
): Connection {
  const statements = new Map<string, Statement>();
  return {
    driver,
    get inTransaction() {
      return parts.inTransaction();
    },
    exec: (sql) => db.exec(sql),
    prepare(sql) {
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = common(db.prepare(sql));
        statements.set(sql, statement);
      }
      return statement;
    },
    query: parts.query,
    close: () => db.close(),
  };
}

function common(native: NativeStatement): Statement {
  return {
    run(...values) {
      const result = native.run(...values);
      return { changes: Number(result.changes), lastInsertRowid: Number(result.lastInsertRowid) };
    },
    get: (...values) => native.get(...values),
    all: (...values) => native.all(...values) as Row[],
  };
}
