import { flowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import { SCHEMA_5 } from './compiled.ts';
import type { Connection } from './driver.ts';
import { SCHEMA_4 } from './labels.ts';
import { NEWEST_SCHEMA, type Script } from './newest-schema.ts';
import { SCHEMA_1, SCHEMA_2, SCHEMA_3 } from './schema.ts';

/** "flow" in ASCII: tells our files from other databases. */
export const APPLICATION_ID = 0x666c6f77;

export interface Migration {
  readonly sql: string;
  /** True when it puts tables in the place of others: a copy of the database is made before (ARCHITECTURE.md §3). */
  readonly rewrites: boolean;
}

/** What an empty database gets first, whichever way it goes on: the mark of ours, and the list of its versions. */
const OURS = `
create table migration (version integer primary key, flow_version text not null, at integer not null) strict;
pragma application_id = ${APPLICATION_ID};
`;

/**
 * Forward only; the version of a database is how many of these it has seen. What a new one does belongs into
 * `NEWEST_SCHEMA` too, from which an empty database is made.
 */
export const MIGRATIONS: readonly Migration[] = [
  { sql: SCHEMA_1, rewrites: false },
  { sql: SCHEMA_2, rewrites: false },
  { sql: SCHEMA_3, rewrites: true },
  { sql: SCHEMA_4, rewrites: false },
  { sql: SCHEMA_5, rewrites: false },
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** The number that a pragma without arguments answers. */
export function pragmaNumber(db: Connection, name: string): number {
  return Number(Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0]);
}

/** In one statement, which sees one state: between two of them another process may make the database. */
function look(db: Connection): { version: number; application: number; tables: number } {
  const found = db
    .prepare(
      `select user_version, application_id, (select count(*) from sqlite_master) as tables
      from pragma_user_version, pragma_application_id`,
    )
    .get();
  const number = (name: string): number => Number(found?.[name]);
  return {
    version: number('user_version'),
    application: number('application_id'),
    tables: number('tables'),
  };
}

/**
 * The version of a database that is ours, 0 for an empty one.
 * @throws FlowError (exit 70) when it is another program's, or newer than this one (C6).
 */
export function schemaVersion(
  db: Connection,
  path: string,
  flowVersion: string,
  newest = SCHEMA_VERSION,
): number {
  const { version, application, tables } = look(db);
  if (application !== APPLICATION_ID) {
    if (application === 0 && version === 0 && tables === 0) return 0;
    throw flowError(
      EXIT.fault,
      'S004',
      `${path} is a database of another program; it was left untouched`,
      'set FLOW_HOME to another folder',
    );
  }
  if (version > newest) {
    const writer = db.prepare('select flow_version from migration order by version desc limit 1').get();
    throw flowError(
      EXIT.fault,
      'S003',
      `${path} was written by flow ${String(writer?.['flow_version'])} (schema ${version}), ` +
        `this is flow ${flowVersion} (schema ${newest}); it was left untouched`,
      'use the newer flow, or set FLOW_HOME to another folder',
    );
  }
  return version;
}

export interface Migrated {
  /** 0: it was empty. */
  readonly from: number;
  readonly to: number;
  /** Path of the copy as it was before; null when nothing was rewritten. */
  readonly copy: string | null;
}

export interface Forward {
  /** Makes a copy of the database, which has this version, and returns its path. */
  readonly copy: (from: number) => string;
  readonly migrations?: readonly Migration[];
  /** What an empty database gets in place of the migrations up to its version; null: it walks them all. */
  readonly shortcut?: Script | null;
}

/** The way to the last of the migrations, script by script. */
function scripts(from: number, migrations: readonly Migration[], shortcut: Script | null): Script[] {
  const each = migrations.map(({ sql }, i) => ({ version: i + 1, sql }));
  if (from > 0 || shortcut === null || shortcut.version > each.length) return each.slice(from);
  return [shortcut, ...each.slice(shortcut.version)];
}

/**
 * Brings the database to the newest version: all or nothing, and safe when two processes try it at once (E17). Null
 * when there is nothing to do. The copy is made while the write lock is held, so that it holds all there is.
 */
export function migrate(
  db: Connection,
  path: string,
  flowVersion: string,
  now: number,
  { copy, migrations = MIGRATIONS, shortcut = NEWEST_SCHEMA }: Forward,
): Migrated | null {
  const to = migrations.length;
  if (schemaVersion(db, path, flowVersion, to) === to) return null;
  db.exec('begin immediate');
  try {
    const from = schemaVersion(db, path, flowVersion, to);
    const rewritten = from > 0 && migrations.slice(from).some(({ rewrites }) => rewrites);
    const copied = rewritten ? copy(from) : null;
    if (from === 0) db.exec(OURS);
    let seen = from;
    for (const { version, sql } of scripts(from, migrations, shortcut)) {
      db.exec(sql);
      const record = db.prepare('insert into migration (version, flow_version, at) values (?, ?, ?)');
      for (; seen < version; seen += 1) record.run(seen + 1, flowVersion, now);
    }
    db.exec(`pragma user_version = ${to}`);
    db.exec('commit');
    return from === to ? null : { from, to, copy: copied };
  } finally {
    if (db.inTransaction) db.exec('rollback');
  }
}
