import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flowHome } from '../../../src/base/paths.ts';
import { EXIT } from '../../../src/errors/exit-codes.ts';
import { copyBeforeMigration } from '../../../src/store/sqlite/backup.ts';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import type { Connection, Row } from '../../../src/store/sqlite/driver.ts';
import {
  APPLICATION_ID,
  migrate,
  SCHEMA_VERSION,
  schemaVersion,
} from '../../../src/store/sqlite/migrations.ts';
import { SCHEMA_1 } from '../../../src/store/sqlite/schema.ts';
import { OWNER } from '../../store/sample.ts';
import { compile } from '../../support/compile.ts';
import { migrateAndDie, WITH_REWRITING } from '../../support/crash/migrating.ts';
import { eventually } from '../../support/eventually.ts';
import type { Bench } from './bench.ts';

/** A run that failed, as flow wrote it with schema 1. */
const OLD_RUN = `
insert into definition values ('d1', 'steps: [{run: x}]', '{}', '0.1.0');
insert into run values ('r1', 'etl', 'd1', '/dags/etl.yaml', '[]', '{"team":"red"}', 'manual', 'strict', null, null,
  'failed', null, 1, null, 1, 0, null, '{}', 1000, 1001, 1005);
insert into attempt values ('r1', 1, '${JSON.stringify(OWNER)}', 1, 'failed', null, 1001, 1005);
insert into step values ('r1', 1, 'step', 's1', 's1', 's1', 'failed', null, null, 0, null, 0, 0, '{}', 1002, 1004);
insert into step_try values ('r1', 1, 1, 1, 1, 0, 'failed', null, 'c', '/tmp', '[]', 'k', '/l/1.out', '/l/1.err', 3,
  null, 1002, 1004);
insert into event (run, at, type, data) values ('r1', 1000, 'run.created', '{}');
insert into event (run, at, type, data) values ('r1', 1001, 'log.warning', '{}');
delete from event where seq = 2;
`;

const FRESH = SCHEMA_VERSION + 1;

const CHILD = `
  const { migrateAndDie, barrier } = await import(process.argv[1]);
  const { driver, path, killAt, go } = JSON.parse(process.argv[2]);
  if (go) barrier(go + process.pid, go);
  console.log(JSON.stringify(migrateAndDie(driver, path, killAt)));`;

export function migrationContract({ driver, place, store, outsider, refusal }: Bench): void {
  /** A database as flow left it with schema 1. */
  function oldDatabase(): void {
    mkdirSync(place.home.root, { recursive: true });
    writeFileSync(place.home.database, '');
    const db = outsider();
    db.exec(`create table migration (version integer primary key, flow_version text not null, at integer not null) strict;
      pragma application_id = ${APPLICATION_ID};
      pragma journal_mode = wal;
      ${SCHEMA_1}
      insert into migration values (1, '0.1.0', 1);
      pragma user_version = 1;
      ${OLD_RUN}`);
    db.close();
  }

  /** Its version, everything that it is made of, and whether the old run is whole. */
  function contents(path = place.home.database): { version: number; made: unknown[] } {
    const db = outsider(path);
    try {
      expect(db.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
      expect(
        db.prepare("select state, (select count(*) from event where run = 'r1') as n from run").all(),
      ).toEqual([{ state: 'failed', n: 1 }]);
      const version = Number(db.prepare('pragma user_version').get()!['user_version']);
      expect(db.prepare('select max(version) as v from migration').get()).toEqual({ v: version });
      return { version, made: db.prepare('select type, name, sql from sqlite_master order by name').all() };
    } finally {
      db.close();
    }
  }

  const copies = (): string[] =>
    readdirSync(place.home.root)
      .filter((name) => /^flow\.db\.schema-\d+\.\d+$/.test(name))
      .map((name) => join(place.home.root, name));

  /** What a migrating process printed; null when it was killed. */
  async function child(module: string, killAt: number, go?: string): Promise<string | null> {
    const given = JSON.stringify({ driver, path: place.home.database, killAt, go });
    const process_ = spawn(process.execPath, ['--input-type=module', '-e', CHILD, module, given], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    process_.stdout.on('data', (chunk: Buffer) => (printed += String(chunk)));
    const [code] = (await once(process_, 'close')) as [number | null];
    return code === 0 ? printed.trim() : null;
  }

  test.each([1, 2])(
    'a database that another process makes after answer %i is empty, or ours (E17)',
    (after) => {
      mkdirSync(place.home.root, { recursive: true });
      writeFileSync(place.home.database, '');
      const [db, other] = [outsider(), outsider()];
      try {
        let answers = 0;
        const late: Connection = {
          ...{ driver: db.driver, inTransaction: false },
          exec: (sql) => db.exec(sql),
          query: (sql) => db.query(sql),
          close: () => db.close(),
          prepare(sql) {
            const statement = db.prepare(sql);
            const get = (): Row | undefined => {
              const row = statement.get();
              answers += 1;
              if (answers === after) migrate(other, place.home.database, '0.1.0', 1, { copy: () => '' });
              return row;
            };
            return { get, run: (...values) => statement.run(...values), all: () => statement.all() };
          },
        };
        expect([0, SCHEMA_VERSION]).toContain(schemaVersion(late, place.home.database, '0.1.0'));
      } finally {
        db.close();
        other.close();
      }
    },
  );

  describe('migrations (E17)', () => {
    test('a database of schema 1 is brought forward with all that is in it', async () => {
      oldDatabase();
      const made = await store();
      expect(made.info().schemaVersion).toBe(SCHEMA_VERSION);
      const loaded = await made.load('r1');
      expect(loaded).toMatchObject({
        run: { id: 'r1', state: 'failed', document: 0, parent: null, queue: null, numbers: null },
        steps: [
          { label: 's1', state: 'failed', item: null, generation: 0, dropped: false, tries: [{ n: 1 }] },
        ],
        tasks: [],
      });
      expect(await made.definition('d1')).toMatchObject({ base: null });
      expect(await made.runs({ limit: 0 })).toHaveLength(1);
      expect(await made.runs({ limit: 0, label: { key: 'team', value: 'red' } })).toHaveLength(1);
      // It may go on: the transitions are those of this schema.
      const record = { ...loaded!.steps[0]!, state: 'pending' } as const;
      const events = [{ at: 5, type: 'step.ready', step: 1 }] as const;
      const changes = { run: null, attempts: [], steps: [record], tries: [], tasks: [] };
      await made.append({ run: 'r1', token: 1, events, changes });
      expect(await made.check()).toEqual([]);
      // Numbers of the journal go on, also past events that were deleted.
      expect((await made.events({ after: 0, limit: 0 })).map(({ seq }) => seq)).toEqual([1, 3]);
      expect((await made.query('select step, item from failures')).rows).toEqual([]);
    });

    test('killed at each statement: the old schema or the new one, nothing between, and the copy is whole', async () => {
      const module = await compile('test/support/crash/migrating.ts');
      oldDatabase();
      const pristine = join(place.root, 'pristine.db');
      copyFileSync(place.home.database, pristine);
      const before = contents();
      expect(before.version).toBe(1);
      const seen = new Map<number, unknown[]>();
      let killAt = 0;
      for (let done = false; !done;) {
        killAt += 1;
        place.home = flowHome(join(place.root, `home-${killAt}`));
        mkdirSync(place.home.root);
        copyFileSync(pristine, place.home.database);
        done = (await child(module, killAt)) !== null;
        const { version, made } = contents();
        expect([1, FRESH]).toContain(version);
        expect(made).toEqual(version === 1 ? before.made : (seen.get(FRESH) ?? made));
        seen.set(version, made);
        for (const copy of copies()) expect(contents(copy)).toEqual(before);
        if (version === FRESH) expect(copies()).toHaveLength(1);
        // Whatever was left behind, the next one brings it to its end.
        migrateAndDie(driver, place.home.database, 0);
        expect(contents().version).toBe(FRESH);
      }
      expect(killAt).toBeGreaterThan(30);
      expect([...seen.keys()].sort()).toEqual([1, FRESH]);
    }, 300_000);

    test('two processes at once: one migrates, the other finds it done', async () => {
      const module = await compile('test/support/crash/migrating.ts');
      oldDatabase();
      const go = join(place.root, 'go');
      const both = Promise.all([child(module, 0, go), child(module, 0, go)]);
      const waiting = (): string[] => readdirSync(place.root).filter((name) => name.startsWith('go'));
      await eventually(() => waiting().length === 2);
      writeFileSync(go, '');
      const [copy] = await both.then(() => copies());
      expect((await both).sort()).toEqual(['null', JSON.stringify({ from: 1, to: FRESH, copy })].sort());
      expect(copies()).toHaveLength(1);
      expect(contents().version).toBe(FRESH);
    });

    test('without room for the copy nothing is migrated: exit 70', async () => {
      oldDatabase();
      const { database } = place.home;
      const before = contents();
      writeFileSync(`${database}.schema-1.7`, 'in the way');
      const db = outsider();
      const copy = (from: number): string => copyBeforeMigration(loadDriver(driver), database, from, 7);
      const work = Promise.resolve().then(() =>
        migrate(db, database, '0.2.0', 7, { copy, migrations: WITH_REWRITING }),
      );
      const error = await refusal(work);
      db.close();
      expect(error).toMatchObject({ exitCode: EXIT.fault, diagnostics: [{ code: 'S012' }] });
      expect(error.diagnostics[0]!.hint).toContain('flow db migrate');
      expect(contents()).toEqual(before);
      expect(existsSync(`${database}.schema-1.7`)).toBe(true);
    });

    test('what is new, or up to date, is not copied and not spoken of', async () => {
      const made = await store();
      const again = await store();
      expect([made, again].map((one) => 'migrated' in one && one.migrated)).toEqual([null, null]);
      expect(copies()).toEqual([]);
    });
  });
}
