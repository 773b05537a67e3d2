import { afterEach, describe, expect, test } from 'vitest';
import type { Connection, Row } from '../../../src/store/sqlite/driver.ts';
import { migrate, MIGRATIONS, SCHEMA_VERSION, type Forward } from '../../../src/store/sqlite/migrations.ts';
import { NEWEST_SCHEMA } from '../../../src/store/sqlite/newest-schema.ts';
import { WITH_REWRITING } from '../../support/crash/migrating.ts';
import type { Bench } from './bench.ts';

/** SQL as SQLite keeps it, without what it does not read: `alter table` adds columns without a new line. */
function plain(sql: unknown): string {
  return String(sql)
    .replace(/--.*/g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([(),]) ?/g, '$1');
}

/** All that SQLite knows of a database, but the rows of its tables and the order in which its parts were made. */
function description(db: Connection): Record<string, unknown> {
  const about = (pragma: string, of: string, columns = '*'): Row[] =>
    db.prepare(`select ${columns} from pragma_${pragma}('${of}')`).all();
  const tables = db
    .prepare("select name, type, wr, strict from pragma_table_list where schema = 'main'")
    .all();
  const parts = db.prepare('select type, name, tbl_name as "table", sql from sqlite_master').all();
  return {
    version: db.prepare('pragma user_version').get(),
    application: db.prepare('pragma application_id').get(),
    migrations: db.prepare('select * from migration order by version').all(),
    tables: Object.fromEntries(
      tables.map(({ name, ...kind }) => [
        String(name),
        {
          kind,
          columns: about('table_xinfo', String(name)),
          references: about('foreign_key_list', String(name)),
          indexes: Object.fromEntries(
            about('index_list', String(name), 'name, "unique", origin, partial').map((index) => [
              String(index['name']),
              { index, columns: about('index_xinfo', String(index['name'])) },
            ]),
          ),
        },
      ]),
    ),
    parts: Object.fromEntries(
      parts.map(({ type, name, table, sql }) => [
        `${String(type)} ${String(name)} of ${String(table)}`,
        plain(sql),
      ]),
    ),
  };
}

export function newestSchemaContract({ outsider }: Bench): void {
  let open: Connection[] = [];

  afterEach(() => {
    for (const db of open) db.close();
    open = [];
  });

  /** An empty database, brought forward. */
  function made(how: Omit<Forward, 'copy'> = {}): Connection {
    const db = outsider(':memory:');
    open.push(db);
    const copy = (): never => {
      throw new Error('an empty database is not copied');
    };
    const to = how.migrations?.length ?? SCHEMA_VERSION;
    expect(migrate(db, ':memory:', '0.1.0', 7, { ...how, copy })).toEqual({ from: 0, to, copy: null });
    return db;
  }

  const walked = (migrations = MIGRATIONS): Connection => made({ migrations, shortcut: null });

  describe('the schema of a new database', () => {
    test('every migration is in it: the same comes out as when all of them are walked', () => {
      expect(NEWEST_SCHEMA.version).toBe(SCHEMA_VERSION);
      const { tables, parts, ...rest } = description(made());
      expect({ tables, parts, ...rest }).toEqual(description(walked()));
      // A comparison that sees nothing must not be green.
      expect(Object.keys(tables as object)).toEqual(
        expect.arrayContaining(['run', 'event', 'run_label', 'runs']),
      );
      expect(Object.keys(parts as object)).toEqual(
        expect.arrayContaining(['trigger step_transition of step', 'view ticks of ticks']),
      );
      expect(rest['migrations']).toHaveLength(SCHEMA_VERSION);
    });

    test.each([
      'alter table run add column more text',
      'drop index run_ending',
      'drop view ticks',
      'drop trigger task_once',
      'drop index tick_run; create index tick_run on tick (run) where run is null',
      "drop trigger task_once; create trigger task_once before update of answer on task begin select raise(abort, ''); end",
      'alter table cursor drop column at; alter table cursor add column at integer',
      'alter table cursor drop column at; alter table cursor add column at integer not null default 0 check (at > 0)',
      'alter table event drop column try; alter table event add column try integer',
      'delete from migration where version = 2',
    ])('the comparison sees %s', (change) => {
      const db = made();
      db.exec(change);
      expect(description(db)).not.toEqual(description(walked()));
    });

    test('the journal counts alike, also past events that were deleted', () => {
      const add = "insert into event (at, type, data) values (1, 'tick.missed', '{}')";
      const counted = [made(), walked()].map((db) => {
        db.exec(`${add}; ${add}; delete from event where seq = 2; ${add}`);
        return [db.prepare('select seq from event').all(), db.prepare('select * from sqlite_sequence').all()];
      });
      expect(counted[0]).toEqual([[{ seq: 1 }, { seq: 3 }], [{ name: 'event', seq: 3 }]]);
      expect(counted[1]).toEqual(counted[0]);
    });

    test('a migration after it is walked; a version before it is made without it', () => {
      expect(description(made({ migrations: WITH_REWRITING }))).toEqual(description(walked(WITH_REWRITING)));
      const first = MIGRATIONS.slice(0, 1);
      expect(description(made({ migrations: first }))).toEqual(description(walked(first)));
    });
  });
}
