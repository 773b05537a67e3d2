import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { creation, ready, runRecord } from '../../store/sample.ts';
import { compile } from '../../support/compile.ts';
import type { Bench } from './bench.ts';

/** Reads as a replicator does: a transaction held open again and again, and checkpoints of its own. */
const REPLICATOR = `
  const { loadDriver } = await import(process.argv[1]);
  const { driver, path } = JSON.parse(process.argv[2]);
  const db = loadDriver(driver)(path, 'write');
  db.exec('pragma busy_timeout = 1000');
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  for (let n = 1; ; n++) {
    db.exec('begin');
    db.prepare('select count(*) as n from event').get();
    await sleep(400);
    db.exec('commit');
    const mode = n % 3 === 0 ? 'truncate' : 'passive';
    try { db.prepare('pragma wal_checkpoint(' + mode + ')').get(); } catch (error) { if (!/busy|locked/.test(error.message)) throw error; }
    console.log(mode);
    await sleep(600);
  }`;

const TRANSITIONS = 10_000;
const AT_ONCE = 20;
/** The replicator does so six times meanwhile: a log that nothing ever resets would hold all of it. */
const TRUNCATIONS = 2;

export function replicatorContract({ driver, place, store }: Bench): void {
  test(`${TRANSITIONS} transitions beside a replicator: no error, and the write-ahead log stays bounded (E16)`, async () => {
    const made = await store();
    await made.append(creation(runRecord('r1')));
    const batch = (): Promise<unknown> =>
      Promise.all(Array.from({ length: AT_ONCE }, () => made.append(ready('r1', 1))));
    const before = made.info().walSize;
    await batch();
    const batchBytes = made.info().walSize - before;
    expect(batchBytes).toBeGreaterThan(0);
    const given = JSON.stringify({ driver, path: place.home.database });
    const module = await compile('src/store/sqlite/driver.ts');
    const other = spawn(process.execPath, ['--input-type=module', '-e', REPLICATOR, module, given], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(other, 'exit');
    const checkpoints: string[] = [];
    other.stdout.on('data', (chunk: Buffer) => checkpoints.push(...String(chunk).trim().split('\n')));
    let written = AT_ONCE;
    let largest = 0;
    while (written < TRANSITIONS || checkpoints.filter((mode) => mode === 'truncate').length < TRUNCATIONS) {
      expect(other.exitCode).toBeNull();
      await batch();
      written += AT_ONCE;
      largest = Math.max(largest, made.info().walSize);
    }
    other.kill('SIGKILL');
    await exited;
    const appended = (written / AT_ONCE) * batchBytes;
    expect(largest).toBeLessThan(appended / 2);
    expect(await made.events({ after: written, limit: 0 })).toHaveLength(1);
    expect(await made.check()).toEqual([]);
  }, 300_000);
}
