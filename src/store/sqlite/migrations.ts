import { flowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import type { Connection } from './driver.ts';
import { SCHEMA_1, SCHEMA_2 } from './schema.ts';

/** "flow" in ASCII: tells our files from other databases. */
export const APPLICATION_ID = 0x666c6f77;

/** Forward only; the version of a database is how many of these it has seen. */
const MIGRATIONS: readonly string[] = [
  `create table migration (version integer primary key, flow_version text not null, at integer not null) strict;
  pragma application_id = ${APPLICATION_ID};
  ${SCHEMA_1}`,
  SCHEMA_2,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** The number that a pragma without arguments answers. */
export function pragmaNumber(db: Connection, name: string): number {
  return Number(Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0]);
}

/**
 * The version of a database that is ours, 0 for an empty one.
 * @throws FlowError (exit 70) when it is another program's, or newer than this one (C6).
 */
export function schemaVersion(db: Connection, path: string, flowVersion: string): number {
  const version = pragmaNumber(db, 'user_version');
  const application = pragmaNumber(db, 'application_id');
  if (application !== APPLICATION_ID) {
    const tables = Number(db.prepare('select count(*) as n from sqlite_master').get()?.['n']);
    if (application === 0 && version === 0 && tables === 0) return 0;
    throw flowError(
      EXIT.fault,
      'S004',
      `${path} is a database of another program; it was left untouched`,
      'set FLOW_HOME to another folder',
    );
  }
  if (version > SCHEMA_VERSION) {
    const writer = db.prepare('select flow_version from migration order by version desc limit 1').get();
    throw flowError(
      EXIT.fault,
      'S003',
      `${path} was written by flow ${String(writer?.['flow_version'])} (schema ${version}), ` +
        `this is flow ${flowVersion} (schema ${SCHEMA_VERSION}); it was left untouched`,
      'use the newer flow, or set FLOW_HOME to another folder',
    );
  }
  return version;
}

/** Brings the database to `SCHEMA_VERSION`: all or nothing, and safe when two processes try it at once (E17). */
export function migrate(db: Connection, path: string, flowVersion: string, now: number): void {
  if (schemaVersion(db, path, flowVersion) === SCHEMA_VERSION) return;
  db.exec('begin immediate');
  try {
    const before = schemaVersion(db, path, flowVersion);
    for (let version = before + 1; version <= SCHEMA_VERSION; version++) {
      db.exec(MIGRATIONS[version - 1] ?? '');
      db.prepare('insert into migration (version, flow_version, at) values (?, ?, ?)').run(
        version,
        flowVersion,
        now,
      );
    }
    db.exec(`pragma user_version = ${SCHEMA_VERSION}`);
    db.exec('commit');
  } finally {
    if (db.inTransaction) db.exec('rollback');
  }
}
