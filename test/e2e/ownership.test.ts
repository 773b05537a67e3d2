import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseDriver, loadDriver } from '../../src/store/sqlite/driver.ts';
import { eventually } from '../support/eventually.ts';
import { place } from '../support/flow.ts';
import type { FlowProcess, Place } from '../support/flow.ts';

const GATED = `steps:
  - {id: gated, run: 'echo begun | tee -a effects; until test -e go; do sleep 0.05; done; echo done | tee -a effects'}
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

describe('several at once (RELIABILITY.md §6 C)', () => {
  test('C2: two runs of one DAG go side by side; of two with one id one wins, the other exits 2', async () => {
    const at = place();
    // Each waits for the other: one after the other they would never end.
    const meet = 'touch "m$FLOW_RUN_ID"; until [ $(ls | grep -c ^m) = 2 ]; do sleep 0.05; done';
    at.write('dag.yaml', `steps: [{run: '${meet}'}]\n`);
    const two = await Promise.all(['a', 'b'].map((id) => at.flow(['run', 'dag.yaml', '--run-id', id])));
    expect(two.map(({ code }) => code)).toEqual([0, 0]);
    at.write('once.yaml', 'steps: [{run: echo once >> effects}]\n');
    const same = await Promise.all([1, 2].map(() => at.flow(['run', 'once.yaml', '--run-id', 'r-1'])));
    expect(same.map(({ code }) => code).sort()).toEqual([0, 2]);
    expect(same.find(({ code }) => code === 2)?.stderr).toContain('error[E005]');
    expect(at.read('effects')).toBe('once\n');
  });

  test('C7: the run is deleted while its output and events are followed: both readers end cleanly', async () => {
    const at = place();
    const { child } = await gated(at);
    // Listened to from their start: what they print while the other is looked at must not be missed.
    const follow = (args: readonly string[], begun: string) => {
      const flow = at.spawn(args);
      let seen = '';
      flow.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      return { flow, hasBegun: () => seen.includes(begun) };
    };
    const readers = [follow(['logs', '-f', 'r-1'], 'begun'), follow(['events', '-f', 'r-1'], 'gated')];
    for (const { flow, hasBegun } of readers) {
      await eventually(hasBegun);
      flow.kill('SIGSTOP');
    }
    at.write('go', '');
    await child;
    expect((await at.flow(['db', 'prune', '--keep-runs', '0'])).stderr).toBe('deleted 1 run\n');
    for (const { flow } of readers) {
      flow.kill('SIGCONT');
      expect(await flow).toMatchObject({ exitCode: 0, stderr: '' });
    }
    expect((await readers[0]!.flow).stdout).toContain('done');
  });

  test('who follows a run to its good end is not told that it was interrupted', async () => {
    const at = place();
    const { child } = await gated(at);
    const reader = at.spawn(['logs', '-f', 'r-1']);
    await once(reader.stdout, 'data');
    at.write('go', '');
    await child;
    expect(await reader).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
