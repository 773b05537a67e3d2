import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseDriver, loadDriver } from '../../src/store/sqlite/driver.ts';
import { eventually } from '../support/eventually.ts';
import { place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

const DAY = 86_400_000;

const DAG = `log_dir: var/logs
artifacts: {dir: var/artifacts}
steps:
  - run: echo hi | tee "$FLOW_ARTIFACTS_DIR/out.txt" > "$FLOW_RUN_WORK_DIR/file"
`;

async function runs(at: Place, file: string, ...ids: string[]): Promise<void> {
  for (const id of ids) expect((await at.flow(['run', file, '--run-id', id])).code).toBe(0);
}

/** Changes the database as no command does: makes runs old, or gives them another state. */
function alter(at: Place, ...statements: string[]): void {
  const db = loadDriver(chooseDriver())(join(at.home, 'flow.db'), 'write');
  for (const sql of statements) db.exec(sql);
  db.close();
}

function age(at: Place, id: string, days: number): void {
  const ms = days * DAY;
  alter(
    at,
    `update run set created_at = created_at - ${ms}, finished_at = finished_at - ${ms} where id = '${id}'`,
  );
}

async function recorded(at: Place): Promise<string[]> {
  const { stdout } = await at.flow(['sql', '--csv', 'select id from run order by id']);
  return stdout.trim().split(/\r?\n/).slice(1);
}

/** The runs that have a directory below a folder. */
const below = (...parts: string[]): string[] =>
  readdirSync(join(...parts)).filter((name) => !name.startsWith('.'));

describe('flow db prune (LANGUAGE.md §21.4, RELIABILITY.md J2)', () => {
  test('deletes runs with all their rows and files, and nothing of others', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    at.write('plain.yaml', 'steps: [{run: echo hi}]\n');
    await runs(at, 'dag.yaml', 'a1', 'a2', 'a3');
    await runs(at, 'plain.yaml', 'b1', 'b2');
    at.write('var/logs/mine/a1', 'kept');
    at.write('var/notes.txt', 'kept');
    mkdirSync(join(at.dir, 'foreign'));
    at.write('foreign/precious', 'kept');
    symlinkSync(join(at.dir, 'foreign'), join(at.home, 'work', 'a1', 'scratch', 'link'));
    symlinkSync(join(at.dir, 'foreign'), join(at.dir, 'var', 'artifacts', 'a1', 'link'));

    const planned = await at.flow(['db', 'prune', '--keep-runs', '1', '--dry-run']);
    expect(planned).toMatchObject({ code: 0, stderr: 'would delete 3 runs\n' });
    expect(planned.stdout.match(/\b[ab]\d\b/g)).toEqual(['a1', 'a2', 'b1']);
    expect(await recorded(at)).toHaveLength(5);

    const done = await at.flow(['db', 'prune', '--keep-runs', '1']);
    expect(done).toEqual({ code: 0, stdout: '', stderr: 'deleted 3 runs\n' });
    expect(await recorded(at)).toEqual(['a3', 'b2']);
    expect(below(at.home, 'work')).toEqual(['a3', 'b2']);
    expect(below(at.home, 'logs')).toEqual(['b2']);
    expect(below(at.dir, 'var', 'logs')).toEqual(['a3', 'mine']);
    expect(below(at.dir, 'var', 'artifacts')).toEqual(['a3']);
    expect(at.read('foreign/precious') + at.read('var/notes.txt')).toBe('keptkept');
    const orphans = await at.flow([
      ...['sql', '--csv'],
      `select count(*) as n from (select run from event union all select run from step union all
        select run from attempt union all select run from step_try) where run not in (select id from run)`,
    ]);
    expect(orphans.stdout).toMatch(/^n\r?\n0\r?\n$/);
    expect(await at.flow(['db', 'prune', '--keep-runs', '1'])).toMatchObject({
      stderr: 'nothing to delete\n',
    });
    expect((await at.flow(['db', 'check'])).code).toBe(0);
    expect((await at.flow(['logs', 'a3'])).code).toBe(0);
  });

  test('by age: 30 days without flags, else as the flags say, together', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    await runs(at, 'dag.yaml', 'r1', 'r2', 'r3', 'r4');
    for (const [id, days] of [
      ['r1', 40],
      ['r2', 31],
      ['r3', 29],
    ] as const)
      age(at, id, days);
    await at.flow(['db', 'prune', '--older-than', '30d', '--keep-runs', '3']);
    expect(await recorded(at)).toEqual(['r2', 'r3', 'r4']);
    await at.flow(['db', 'prune']);
    expect(await recorded(at)).toEqual(['r3', 'r4']);
    await at.flow(['db', 'prune', '--older-than', '7d', '-q']);
    expect(await recorded(at)).toEqual(['r4']);
  });

  test('never takes queued, running, waiting or interrupted runs', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    at.write('long.yaml', 'steps: [{run: "echo begun > begun; until test -e go; do sleep 0.02; done"}]\n');
    await runs(at, 'dag.yaml', 'ended', 'queued', 'waiting');
    const change = (id: string, state: string): string =>
      `update run set state = '${state}' where id = '${id}'`;
    alter(at, change('waiting', 'running'), change('waiting', 'waiting'));
    alter(at, change('queued', 'running'), change('queued', 'queued'));
    const child = at.spawn(['run', 'long.yaml', '--run-id', 'lost']);
    await eventually(() => existsSync(join(at.dir, 'begun')));
    const prune = ['db', 'prune', '--older-than', '0s', '--keep-runs', '0'];
    expect((await at.flow(prune)).stderr).toBe('deleted 1 run\n');
    child.kill('SIGKILL');
    await child;
    expect((await at.flow(['status', 'lost'])).stdout).toContain('interrupted');
    expect((await at.flow(prune)).stderr).toBe('nothing to delete\n');
    expect(await recorded(at)).toEqual(['lost', 'queued', 'waiting']);
    expect(below(at.home, 'work')).toEqual(['lost', 'queued', 'waiting']);
    at.write('go', '');
    expect((await at.flow(['resume', 'lost'])).code).toBe(0);
  });

  test('a run whose files were deleted by a prune that died is pruned by the next', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    await runs(at, 'dag.yaml', 'r1', 'r2');
    for (const path of ['home/work/r1', 'var/logs/r1']) rmSync(join(at.dir, path), { recursive: true });
    expect((await at.flow(['db', 'prune', '--keep-runs', '1'])).stderr).toBe('deleted 1 run\n');
    expect([await recorded(at), below(at.dir, 'var', 'artifacts')]).toEqual([['r2'], ['r2']]);
  });

  test('bad flags are refused; without a database there is nothing to open', async () => {
    const at = place();
    for (const flags of [
      ['--older-than', 'old'],
      ['--keep-runs', '-1'],
      ['--keep-runs', 'x'],
    ]) {
      const { code, stderr } = await at.flow(['db', 'prune', ...flags]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('error[E001]')]);
    }
    expect((await at.flow(['db', 'prune'])).stderr).toContain('error[S014]');
    expect(existsSync(at.home)).toBe(false);
  });
});

describe('when a run ends (§21.4)', () => {
  test('older ended runs of its DAG go after 30 days, those of others stay', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    at.write('other.yaml', DAG);
    await runs(at, 'dag.yaml', 'r1', 'r2');
    await runs(at, 'other.yaml', 'o1');
    for (const [id, days] of [
      ['r1', 31],
      ['r2', 29],
      ['o1', 31],
    ] as const)
      age(at, id, days);
    await runs(at, 'dag.yaml', 'r3');
    expect(await recorded(at)).toEqual(['o1', 'r2', 'r3']);
    expect(below(at.dir, 'var', 'logs')).toEqual(['o1', 'r2', 'r3']);
  });

  test('what cannot be deleted is one line, and the run has its own outcome', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{run: echo hi}]\n');
    await runs(at, 'dag.yaml', 'r1');
    age(at, 'r1', 31);
    alter(at, "create trigger stuck before delete on run begin select raise(abort, 'stuck'); end");
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r2']);
    expect(code).toBe(0);
    expect(stderr.match(/^note: older runs were not deleted: .*stuck$/gm)).toHaveLength(1);
    expect(await recorded(at)).toEqual(['r1', 'r2']);
    expect(readFileSync(join(at.home, 'logs', 'r2', '1.1.out'), 'utf8')).toBe('hi\n');
  });
});
