import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Clock } from '../../../src/base/clock.ts';
import { flowHome } from '../../../src/base/paths.ts';
import { EXIT } from '../../../src/errors/exit-codes.ts';
import { type Store } from '../../../src/store/store.ts';
import { loadDriver } from '../../../src/store/sqlite/driver.ts';
import { creation, ready, runRecord, stepRecord } from '../../store/sample.ts';
import { compile } from '../../support/compile.ts';
import { manualClock } from '../../support/manual-clock.ts';

import { sqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import type { Bench } from './bench.ts';

export function faultsContract({ driver, place, store, close, outsider, refusal }: Bench): void {
  describe('faults of storage (§2.6)', () => {
    /** Lets the clock run until the promise has its answer. */
    async function pass<T>(clock: ReturnType<typeof manualClock>, promise: Promise<T>): Promise<T> {
      const settled = promise.then(
        () => true,
        () => true,
      );
      for (;;) {
        const next = new Promise<boolean>((resolve) => setImmediate(resolve, false));
        if (await Promise.race([settled, next])) break;
        if (clock.timers > 0) clock.advance(600);
      }
      return promise;
    }

    test('full: exit 70, nothing lost, and it goes on when there is room again (E1)', async () => {
      const clock = manualClock();
      const told: string[] = [];
      const made = await store();
      await made.append(creation(runRecord('r1')));
      const pages = outsider();
      const { page_count: count } = pages.prepare('pragma page_count').get()!;
      pages.close();
      // The limit belongs to a connection, so this store is put together around one that has it.
      const limited = storeWithLimit(Number(count), clock, told);
      const big = {
        ...ready('r1', 1),
        definition: { hash: 'big', text: 'x'.repeat(200_000), files: {}, base: null, flowVersion: '0' },
      };
      const error = await pass(clock, refusal(limited.store.append(big)));
      expect(error.exitCode).toBe(EXIT.fault);
      expect(error.message).toMatch(/disk full at .*flow\.db, free [\d.]+ MB: .*can be resumed/);
      expect(told).toHaveLength(1);
      expect(await limited.store.definition('big')).toBeNull();
      expect(await limited.store.events({ after: 0, limit: 0 })).toHaveLength(1);
      limited.raise();
      await limited.store.append(big);
      expect(await limited.store.definition('big')).not.toBeNull();
      expect(await limited.store.check()).toEqual([]);
      await limited.store.close();
    });

    function storeWithLimit(
      pages: number,
      clock: Clock,
      told: string[],
    ): { store: Store; raise: () => void } {
      const db = outsider();
      db.exec(`pragma synchronous = full; pragma foreign_keys = on; pragma max_page_count = ${pages}`);
      const limited = sqliteStore({
        db,
        driver: loadDriver(driver),
        waiting: { clock, path: place.home.database, onWaiting: (message) => told.push(message) },
        readOnly: false,
        notes: [],
      });
      return { store: limited, raise: () => db.exec('pragma max_page_count = 1000000') };
    }

    test('locked: an owner waits it out and is told; one that starts gives up after ten seconds (C9)', async () => {
      const clock = manualClock();
      const told: string[] = [];
      const made = await store({ clock, onWaiting: (message) => told.push(message) });
      await made.append(creation(runRecord('r1')));
      const db = outsider();
      db.exec('begin immediate');
      const owner = made.append(ready('r1', 1));
      const starter = refusal(made.append(creation(runRecord('r2'))));
      const error = await pass(clock, starter);
      expect(error.exitCode).toBe(EXIT.fault);
      expect(error.message).toContain('is locked by another program');
      expect(told).toEqual([expect.stringContaining(place.home.database)]);
      const late = made.append(ready('r1', 1));
      db.exec('commit');
      db.close();
      await pass(clock, Promise.all([owner, late]));
      expect(await made.events({ after: 0, limit: 0 })).toHaveLength(3);
    });

    test('a damaged page: exit 70 with the way out, nothing deleted (E6)', async () => {
      const made = await store();
      const steps = Array.from({ length: 300 }, (_, i) => stepRecord(i + 1));
      await made.append(creation(runRecord('r1'), steps));
      const db = outsider();
      const { rootpage } = db.prepare("select rootpage from sqlite_master where name = 'step'").get()!;
      db.close();
      await close(made);
      const fd = openSync(place.home.database, 'r+');
      writeSync(fd, Buffer.alloc(3_000, 0x5a), 0, 3_000, (Number(rootpage) - 1) * 4_096);
      closeSync(fd);
      const before = readFileSync(place.home.database);
      const damaged = await store();
      const error = await refusal(damaged.load('r1'));
      expect(error.exitCode).toBe(EXIT.fault);
      expect(error.diagnostics[0]!.hint).toMatch(/flow db check.*flow db backup/);
      expect(
        (
          await refusal(
            damaged.append({
              ...ready('r1', 1),
              changes: {
                run: null,
                attempts: [],
                steps: [stepRecord(5, { state: 'running' })],
                tries: [],
                tasks: [],
              },
            }),
          )
        ).exitCode,
      ).toBe(EXIT.fault);
      expect(await damaged.check()).not.toEqual([]);
      await close(damaged);
      expect(readFileSync(place.home.database).equals(before)).toBe(true);
    });

    test('deleted while open: nothing more is written (E8)', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      rmSync(place.home.database);
      expect((await refusal(made.append(ready('r1', 1)))).diagnostics[0]!.code).toBe('S016');
    });

    test('killed without warning: all that was acknowledged is there (P1)', async () => {
      await close(await store());
      const script = `
        const { openStore } = await import(process.argv[1]);
        const { root, driver, append } = JSON.parse(process.argv[2]);
        const home = { root, database: root + '/flow.db', locks: root + '/work/.locks' };
        const clock = { wall: Date.now, mono: () => performance.now(), after: (ms, f) => setTimeout(f, ms) };
        const store = await openStore({ home, clock, driver });
        await store.append(append);
        for (let n = 1; ; n++) {
          await store.append({ ...append, token: 1, events: [{ at: n, type: 'step.ready', step: 1 }] });
          process.stdout.write(n + '\\n');
        }`;
      const module = await compile('src/store/sqlite/open.ts');
      const given = JSON.stringify({ root: place.home.root, driver, append: creation(runRecord('r1')) });
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, module, given], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let heard = '';
      for await (const chunk of child.stdout) {
        heard += String(chunk);
        if (heard.includes('\n30\n')) child.kill('SIGKILL');
      }
      const acknowledged = Number(heard.slice(0, heard.lastIndexOf('\n')).split('\n').at(-1));
      const made = await store();
      const found = await made.events({ run: 'r1', after: 0, limit: 0 });
      expect(found.length - 1).toBeGreaterThanOrEqual(acknowledged);
      expect(found.at(-1)!.seq).toBe(found.length);
      expect(await made.check()).toEqual([]);
    });

    test('damage that an unclean stop left is found at the next start (§2.5)', async () => {
      const made = await store();
      await made.append(
        creation(
          runRecord('r1'),
          Array.from({ length: 300 }, (_, i) => stepRecord(i + 1)),
        ),
      );
      const db = outsider();
      db.prepare('pragma wal_checkpoint(truncate)').get();
      const { rootpage } = db.prepare("select rootpage from sqlite_master where name = 'step'").get()!;
      db.close();
      await made.append(ready('r1', 1));
      // The state of the disk after a crash: the file with its log, without those who had them open.
      const crashed = flowHome(join(place.root, 'crashed'));
      mkdirSync(crashed.root);
      spawnSync('cp', [place.home.database, `${place.home.database}-wal`, crashed.root]);
      place.home = crashed;
      const fd = openSync(place.home.database, 'r+');
      writeSync(fd, Buffer.alloc(3_000, 0x5a), 0, 3_000, (Number(rootpage) - 1) * 4_096);
      closeSync(fd);
      expect((await refusal(store())).diagnostics[0]!.code).toBe('S005');
    });

    test('a read-only folder can be read, and says no to writing (E5)', async (context) => {
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
      if (driver === 'node:sqlite' && major === 22 && minor < 15)
        context.skip('Node 22.15 is the first that can');
      const made = await store();
      await made.append(creation(runRecord('r1')));
      await close(made);
      rmSync(`${place.home.database}-wal`, { force: true });
      rmSync(`${place.home.database}-shm`, { force: true });
      const module = await compile('src/store/sqlite/open.ts');
      const script = `
        const { openStore } = await import(process.argv[1]);
        const { root, driver } = JSON.parse(process.argv[2]);
        const home = { root, database: root + '/flow.db', locks: root + '/work/.locks' };
        const clock = { wall: Date.now, mono: () => performance.now(), after: (ms, f) => setTimeout(f, ms) };
        const reader = await openStore({ home, clock, driver, readOnly: true });
        const ids = (await reader.runs({ limit: 0 })).map((run) => run.id);
        const rows = (await reader.query('select count(*) from events_of')  .catch((e) => e.exitCode));
        const writing = await openStore({ home, clock, driver }).then(() => null, (e) => [e.exitCode, e.message]);
        console.log(JSON.stringify({ ids, rows, notes: reader.notes, writing }));`;
      // The superuser may write anywhere, so then the reader is somebody else.
      const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
      chmodSync(place.root, 0o755);
      chmodSync(place.home.database, 0o444);
      chmodSync(place.home.root, 0o555);
      chmodSync(join(module, '..'), 0o755);
      const given = JSON.stringify({ root: place.home.root, driver });
      const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, module, given], {
        ...user,
        cwd: '/',
        encoding: 'utf8',
      });
      chmodSync(place.home.root, 0o755);
      if (child.error !== undefined) context.skip('nobody else can run this Node');
      if (/EACCES/.test(child.stderr) && child.stderr.includes(module))
        context.skip('the checkout is closed to others');
      expect(child.stderr).toBe('');
      const said = JSON.parse(child.stdout) as {
        ids: string[];
        rows: number;
        notes: string[];
        writing: [number, string];
      };
      expect(said.ids).toEqual(['r1']);
      expect(said.rows).toBe(EXIT.usage);
      expect(said.notes).toEqual([expect.stringContaining('is read-only')]);
      expect(said.writing[0]).toBe(EXIT.fault);
      expect(said.writing[1]).toContain('read-only');
    });
  });
}
