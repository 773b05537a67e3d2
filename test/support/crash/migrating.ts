import { existsSync, writeFileSync } from 'node:fs';
import { copyBeforeMigration } from '../../../src/store/sqlite/backup.ts';
import type { Connection, Driver, DriverName } from '../../../src/store/sqlite/driver.ts';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import { MIGRATIONS, migrate, type Migrated, type Migration } from '../../../src/store/sqlite/migrations.ts';

/** Puts a table in the place of another, as a future version may have to. */
const REWRITING: Migration = {
  sql: `create table fresh (version integer primary key, flow_version text not null, at integer not null, note text) strict;
insert into fresh (version, flow_version, at) select version, flow_version, at from migration;
drop table migration;
alter table fresh rename to migration`,
  rewrites: true,
};

/** Ours, and one more that rewrites a table. */
export const WITH_REWRITING: readonly Migration[] = [...MIGRATIONS, REWRITING];

/** Migrates a database and is killed with SIGKILL before its statement number `killAt`; 0: not at all. */
export function migrateAndDie(name: DriverName, path: string, killAt: number): Migrated | null {
  let n = 0;
  const counted: Driver = (at, mode) =>
    counting(loadDriver(name)(at, mode), () => {
      n += 1;
      if (n === killAt) process.kill(process.pid, 'SIGKILL');
    });
  const db = counted(path, 'write');
  db.exec('pragma busy_timeout = 10000');
  const now = 1_000 + process.pid;
  const copy = (from: number): string => copyBeforeMigration(counted, path, from, now);
  try {
    return migrate(db, path, '0.2.0', now, { copy, migrations: WITH_REWRITING });
  } finally {
    db.close();
  }
}

/** Tells before each statement, those of one text too. */
function counting(db: Connection, tell: () => void): Connection {
  return {
    ...db,
    get inTransaction() {
      return db.inTransaction;
    },
    exec(sql) {
      for (const statement of sql.split(/;\n/).filter((text) => text.trim() !== '')) {
        tell();
        db.exec(statement);
      }
    },
    prepare(sql) {
      tell();
      return db.prepare(sql);
    },
  };
}

/** Waits for the file of a start signal, so that two processes begin together. */
export function barrier(own: string, go: string): void {
  writeFileSync(own, '');
  while (!existsSync(go));
}
