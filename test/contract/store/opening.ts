import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flowHome } from '../../../src/base/paths.ts';
import { EXIT } from '../../../src/errors/exit-codes.ts';
import { openLocks } from '../../../src/store/sqlite/lock.ts';
import { SCHEMA_VERSION } from '../../../src/store/sqlite/migrations.ts';
import { creation, ready, runRecord } from '../../store/sample.ts';

import type { Bench } from './bench.ts';

const NEWER = SCHEMA_VERSION + 1;

export function openingContract({ driver, place, store, close, outsider, refusal }: Bench): void {
  describe('opening (§2.4)', () => {
    test('settings hold at every open, on this driver too', async () => {
      for (const made of [await store(), await store()]) {
        expect(made.info()).toMatchObject({
          driver,
          journalMode: 'wal',
          synchronous: 2,
          schemaVersion: SCHEMA_VERSION,
        });
        await close(made);
      }
      const fast = await store({ durability: 'normal' });
      expect(fast.info()).toMatchObject({ journalMode: 'wal', synchronous: 1 });
    });

    test('folders are 0700 and files 0600 whatever the umask (J4)', async () => {
      const before = process.umask(0);
      try {
        place.home = flowHome(join(place.root, 'new', 'home'));
        const made = await store();
        await made.append(creation(runRecord('r1')));
        const locks = openLocks({ home: place.home, driver });
        locks.hold('a.lock');
        const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
        expect([place.home.root, place.home.locks].map(mode)).toEqual(['700', '700']);
        const files = ['', '-wal', '-shm'].map((end) => place.home.database + end);
        expect([...files, join(place.home.locks, 'a.lock')].map(mode)).toEqual(['600', '600', '600', '600']);
        locks.release();
      } finally {
        process.umask(before);
      }
    });

    test('a symbolic link is followed, so that there is one WAL', async () => {
      mkdirSync(place.home.root, { recursive: true });
      await close(await store());
      const real = join(place.root, 'real.db');
      renameSync(place.home.database, real);
      symlinkSync(real, place.home.database);
      const made = await store();
      await made.append(creation(runRecord('r1')));
      expect(made.info().path).toBe(real);
      expect(existsSync(`${real}-wal`)).toBe(true);
      expect(existsSync(`${place.home.database}-wal`)).toBe(false);
    });

    test('a newer database is refused and left as it was (C6)', async () => {
      await close(await store());
      const db = outsider();
      db.exec(`pragma user_version = ${NEWER}; insert into migration values (${NEWER}, '9.9.9', 1)`);
      // As the newer flow left it when it was killed: with a log that a writer would move into the file.
      const crashed = flowHome(join(place.root, 'crashed'));
      mkdirSync(crashed.root);
      spawnSync('cp', [place.home.database, `${place.home.database}-wal`, crashed.root]);
      db.close();
      place.home = crashed;
      const contents = (): Buffer[] => ['', '-wal'].map((end) => readFileSync(place.home.database + end));
      const before = contents();
      expect(before[1]!.length).toBeGreaterThan(0);
      for (const readOnly of [false, true]) {
        const error = await refusal(store({ readOnly }));
        expect(error.exitCode).toBe(EXIT.fault);
        expect(error.message).toContain(
          `written by flow 9.9.9 (schema ${NEWER}), this is flow 0.1.0 (schema ${SCHEMA_VERSION})`,
        );
      }
      expect(contents()).toEqual(before);
    });

    test('what is no database, or not ours, is refused and left as it was (E7)', async () => {
      mkdirSync(place.home.root, { recursive: true });
      writeFileSync(place.home.database, 'a letter to my aunt\n'.repeat(60));
      const before = readFileSync(place.home.database);
      for (const readOnly of [false, true]) {
        const error = await refusal(store({ readOnly }));
        expect(error).toMatchObject({ exitCode: EXIT.fault });
        expect(error.message).toContain(`${place.home.database} is not a database`);
      }
      expect(readFileSync(place.home.database).equals(before)).toBe(true);

      rmSync(place.home.database);
      writeFileSync(place.home.database, '');
      const db = outsider();
      db.exec('create table cookies (id)');
      db.close();
      expect((await refusal(store())).message).toContain('of another program');
    });

    test('two that make the database at once both get it', async () => {
      const both = await Promise.all([store(), store()]);
      expect(both.map((made) => made.info().schemaVersion)).toEqual([SCHEMA_VERSION, SCHEMA_VERSION]);
    });

    test('reading where nothing was recorded says so and makes nothing', async () => {
      for (const options of [{ readOnly: true }, { create: false }]) {
        const error = await refusal(store(options));
        expect(error.diagnostics[0]!.code).toBe('S014');
      }
      expect(existsSync(place.home.root)).toBe(false);
    });

    test('a folder that cannot be made gets its path and a hint (E18)', async () => {
      writeFileSync(join(place.root, 'file'), '');
      place.home = flowHome(join(place.root, 'file', 'home'));
      const error = await refusal(store());
      expect(error.exitCode).toBe(EXIT.fault);
      expect(error.diagnostics[0]!.hint).toContain('FLOW_HOME');
    });

    test('a read-only store reads beside a writer and refuses to write', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      const reader = await store({ readOnly: true });
      await made.append(ready('r1', 1));
      expect(await reader.events({ after: 0, limit: 0 })).toHaveLength(2);
      expect((await refusal(reader.append(ready('r1', 1)))).exitCode).toBe(EXIT.fault);
    });
  });
}
