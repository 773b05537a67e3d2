import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseDriver, loadDriver } from '../../src/store/sqlite/driver.ts';
import { eventually } from '../support/eventually.ts';
import { place } from '../support/flow.ts';
import type { FlowProcess, Place } from '../support/flow.ts';

const GATED = `steps:
  - {id: gated, run: 'echo begun >> effects; until test -e go; do sleep 0.05; done; echo done >> effects'}
  - {id: after, depends: gated, run: echo after >> effects}
`;

/** In a box, because it is a promise. */
async function gated(at: Place): Promise<{ child: FlowProcess }> {
  at.write('dag.yaml', GATED);
  const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
  await eventually(() => existsSync(join(at.dir, 'effects')));
  return { child };
}

const lastSeq = async (at: Place): Promise<number> => {
  const { stdout } = await at.flow(['events', 'r-1', '--json']);
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { seq: number }).seq;
};

describe('one owner for a run (RELIABILITY.md P5)', () => {
  test('C3, C4: of 50 resumes at once one owns the run, all others exit 5', async () => {
    const at = place();
    const { child } = await gated(at);
    child.kill('SIGKILL');
    await child;
    const codes: (number | undefined)[] = [];
    const resumes = Array.from({ length: 50 }, () => at.spawn(['resume', 'r-1', '-q']));
    await new Promise<void>((resolve) => {
      for (const each of resumes) void each.then(({ exitCode }) => codes.push(exitCode) === 49 && resolve());
    });
    expect(new Set(codes)).toEqual(new Set([5]));
    at.write('go', '');
    await Promise.all(resumes);
    expect(codes.filter((code) => code === 0)).toHaveLength(1);
    expect(at.read('effects')).toBe('begun\ndone\nafter\n');
  }, 300_000);

  test('A12: a paused owner lives: nobody takes its run, and it goes on when it wakes', async () => {
    const at = place();
    const { child } = await gated(at);
    child.kill('SIGSTOP');
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect([code, stderr]).toEqual([5, expect.stringContaining(`its owner is pid ${String(child.pid)}`)]);
    at.write('go', '');
    await eventually(() => at.read('effects') === 'begun\ndone\n');
    child.kill('SIGCONT');
    expect((await child).exitCode).toBe(0);
    expect(at.read('effects')).toBe('begun\ndone\nafter\n');
  });

  test('A12: an owner whose token changed while it was paused writes nothing, starts nothing and leaves with 5', async () => {
    const at = place();
    const { child } = await gated(at);
    child.kill('SIGSTOP');
    const before = await lastSeq(at);
    const db = loadDriver(chooseDriver())(join(at.home, 'flow.db'), 'write');
    db.exec("update run set token = token + 1 where id = 'r-1'");
    db.close();
    at.write('go', '');
    await eventually(() => at.read('effects') === 'begun\ndone\n');
    child.kill('SIGCONT');
    const { exitCode, stderr } = await child;
    expect(exitCode).toBe(5);
    expect(stderr).toContain('error[E006] run r-1 has another owner now; this process writes nothing more');
    expect(await lastSeq(at)).toBe(before);
    expect(at.read('effects')).toBe('begun\ndone\n');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(at.read('effects')).toBe('begun\ndone\nafter\n');
  });
});
