import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packDag, unpackDag } from '../../src/machine/dag-codec.ts';
import { chooseDriver, loadDriver } from '../../src/store/sqlite/driver.ts';
import type { Connection } from '../../src/store/sqlite/driver.ts';
import { place } from '../support/flow.ts';

const noop = (n: number): string => `  - {id: s${n}, action: noop}\n`;
const LARGE = `consts: [{a: b}]
labels: {team: red}
handler_on: {exit: {run: echo exit}}
steps:
${Array.from({ length: 600 }, (_, n) => noop(n)).join('')}  - {id: last, run: exit 1}
`;

test('a resume of a large run is the same with what is kept of its DAG, without it, and when that is damaged (R8)', async () => {
  const at = place();
  at.write('dag.yaml', LARGE);
  expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(1);
  const change = (act: (db: Connection) => void): void => {
    const db = loadDriver(chooseDriver())(join(at.home, 'flow.db'), 'write');
    act(db);
    db.close();
  };
  const plan = () => at.flow(['resume', 'r-1', '--dry-run']);
  const known = await plan();
  expect(known.code, known.stderr).toBe(0);
  expect(known.stdout).toMatch(/run +last/);

  let kept = new Uint8Array();
  change((db) => {
    kept = Uint8Array.from(db.prepare('select data from compiled').get()!['data'] as Uint8Array);
    db.prepare('update compiled set data = ?').run(kept.subarray(0, 100));
  });
  expect(await plan()).toEqual(known);
  change((db) => void db.prepare('update compiled set key = ?, data = ?').run('of another flow', kept));
  expect(await plan()).toEqual(known);
  change((db) => db.exec('delete from compiled'));
  expect(await plan()).toEqual(known);
  const { code, stdout } = await at.flow(['resume', 'r-1', '--json']);
  expect(code).toBe(1);
  expect(stdout).toContain('"run.resumed"');
});

test('what is kept is what a resume reads, and goes with the run', async () => {
  const at = place();
  at.write('dag.yaml', LARGE);
  await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
  const db = loadDriver(chooseDriver())(join(at.home, 'flow.db'), 'write');
  const dag = unpackDag(db.prepare('select data from compiled').get()!['data'] as Uint8Array)!;
  const steps = dag.steps.map((step) => (step.id === 'last' ? { ...step, label: 'kept' } : step));
  db.prepare('update compiled set data = ?').run(packDag({ ...dag, steps }));
  db.close();
  expect((await at.flow(['resume', 'r-1', '--dry-run'])).stdout).toMatch(/run +kept/);
  at.write('dag.yaml', 'steps: [{run: "true"}]\n');
  await at.flow(['run', 'dag.yaml']);
  expect((await at.flow(['db', 'prune', '--keep-runs', '1'])).code).toBe(0);
  const left = await at.flow(['sql', 'select (select count(*) from run), (select count(*) from compiled)']);
  expect(left.stdout).toMatch(/\n +1 +0\n/);
});
