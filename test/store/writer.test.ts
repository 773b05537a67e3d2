import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/errors/exit-codes.ts';
import { chooseDriver, loadDriver, type Connection } from '../../src/store/sqlite/driver.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { makePrivateFile } from '../../src/store/sqlite/place.ts';
import { Writer } from '../../src/store/sqlite/writer.ts';
import { manualClock } from '../support/manual-clock.ts';
import { creation, ready, runRecord } from './sample.ts';

describe('a commit that fails (§2.3, §2.6)', () => {
  let root: string;
  let db: Connection;
  let clock: ReturnType<typeof manualClock>;
  let told: string[];
  /** What `exec` was asked for, and the faults it answers with, by statement. */
  let asked: string[];
  let faults: Map<string, number[]>;
  let writer: Writer;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'flow-writer-'));
    const path = join(root, 'flow.db');
    makePrivateFile(path);
    db = loadDriver(chooseDriver())(path, 'write');
    migrate(db, path, '0.1.0', 0, { copy: () => path });
    clock = manualClock();
    told = [];
    asked = [];
    faults = new Map();
    const faulty: Connection = {
      ...db,
      get inTransaction() {
        return db.inTransaction;
      },
      exec(sql) {
        asked.push(sql);
        const errcode = faults.get(sql)?.shift();
        if (errcode === undefined) db.exec(sql);
        else throw Object.assign(new Error(`fault ${errcode}`), { code: 'ERR_SQLITE_ERROR', errcode });
      },
    };
    const onWaiting = (message: string): void => {
      told.push(message);
    };
    writer = new Writer(faulty, { clock, path, onWaiting }, () => undefined);
    await writer.append(creation(runRecord('r1')));
    asked = [];
  });

  afterEach(() => {
    db.close();
    rmSync(root, { recursive: true, force: true });
  });

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const count = (): unknown => db.prepare('select count(*) as n from event').get()!['n'];

  test.each([5, 261, 517, 13, 778])(
    'code %i is tried again, after a rollback, and then committed once',
    async (code) => {
      faults.set('commit', [code, code]);
      const pending = writer.append(ready('r1', 1));
      await turn();
      clock.advance(1_000);
      clock.advance(1_000);
      expect(await pending).toMatchObject([{ seq: 2 }]);
      expect(asked.filter((sql) => sql === 'commit')).toHaveLength(3);
      expect(asked.filter((sql) => sql === 'rollback')).toHaveLength(2);
      expect(count()).toBe(2);
    },
  );

  test('what SQLite rolled back by itself is not rolled back again', async () => {
    faults.set('begin immediate', [13]);
    const pending = writer.append(ready('r1', 1));
    await turn();
    expect(asked).toEqual(['begin immediate']);
    clock.advance(1_000);
    await pending;
  });

  test('a failed flush is final: nothing more is tried on that connection', async () => {
    faults.set('commit', [1034]);
    const failed = writer.append(ready('r1', 1));
    await expect(failed).rejects.toMatchObject({ exitCode: EXIT.fault, diagnostics: [{ code: 'S007' }] });
    await expect(failed).rejects.toThrow('flush');
    asked = [];
    await expect(writer.append(ready('r1', 1))).rejects.toMatchObject({ exitCode: EXIT.fault });
    expect(asked).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  test('a rollback that fails does not hide why it was needed', async () => {
    faults.set('commit', [11]);
    faults.set('rollback', [10]);
    const failed = writer.append(ready('r1', 1));
    await expect(failed).rejects.toMatchObject({ diagnostics: [{ code: 'S005' }] });
    await expect(writer.append(ready('r1', 1))).rejects.toMatchObject({ diagnostics: [{ code: 'S005' }] });
  });

  test('people are told once, after two seconds', async () => {
    faults.set('begin immediate', Array<number>(30).fill(5));
    const pending = writer.append(ready('r1', 1));
    await turn();
    clock.advance(1_900);
    expect(told).toEqual([]);
    for (let i = 0; i < 40; i++) clock.advance(600);
    expect(told).toHaveLength(1);
    await pending;
  });

  test('an append that cannot be written as JSON is refused alone', async () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const broken = { ...ready('r1', 1), events: [{ at: 1, type: 'step.ready', step: 1, cycle } as never] };
    const results = await Promise.allSettled([writer.append(broken), writer.append(ready('r1', 1))]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
    expect(count()).toBe(2);
  });
});
