import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { place } from '../support/flow.ts';
import type { FlowProcess, Place } from '../support/flow.ts';

/** The second step says when it has begun and waits until it is let go. */
const dag = (more = ''): string => `type: chain
steps:
  - id: before
    run: echo before >> effects; echo "v=kept" >> "$FLOW_OUTPUT_FILE"
    outputs: [{name: v}]
  - id: gated${more}
    run: |
      echo begun >> effects
      until test -e go || ! test -e dag.yaml; do sleep 0.02; done
      echo gated >> effects
  - {id: after, run: 'echo "after \${steps.before.outputs.v}" >> effects'}
`;

interface Taken {
  readonly at: Place;
  readonly child: FlowProcess;
  /** A home with the backup as its database, and nothing else. */
  readonly other: string;
}

/** A backup that was taken while `gated` ran, put into another home; its owner still lives. */
async function taken(more?: string): Promise<Taken> {
  const at = place();
  at.write('dag.yaml', dag(more));
  const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
  onTestFinished(() => void child.kill('SIGKILL'));
  await eventually(() => existsSync(join(at.dir, 'effects')) && at.read('effects').includes('begun'));
  const other = join(at.dir, 'other');
  mkdirSync(other, { mode: 0o700 });
  expect(await at.flow(['db', 'backup', 'other/flow.db'])).toMatchObject({ code: 0 });
  return { at, child, other };
}

async function die({ child }: Taken): Promise<void> {
  child.kill('SIGKILL');
  await child;
}

/** Lets the process of the step end, and waits until it has. */
async function letGo(at: Place): Promise<void> {
  at.write('go', '');
  await eventually(() => /\d/.test(readFileSync(join(at.home, 'work', 'r-1', 'try', '2.1', 'exit'), 'utf8')));
}

const resume = (at: Place, other: string) => at.flow(['resume', 'r-1', '--home', other]);

describe('flow db backup in mid-run (RELIABILITY.md §2.5)', () => {
  test('is whole and private, never overwrites, and the run goes on undisturbed', async () => {
    const all = await taken();
    const { at, other } = all;
    expect(statSync(join(other, 'flow.db')).mode & 0o777).toBe(0o600);
    expect(await at.flow(['db', 'check', '--home', other])).toMatchObject({ code: 0, stdout: 'ok\n' });
    const before = readFileSync(join(other, 'flow.db'));
    const { code, stderr } = await at.flow(['db', 'backup', 'other/flow.db']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('never overwrites')]);
    expect(readFileSync(join(other, 'flow.db'))).toEqual(before);
    at.write('go', '');
    expect((await all.child).exitCode).toBe(0);
    expect(at.read('effects')).toBe('before\nbegun\ngated\nafter kept\n');
  });

  test('a living owner is not joined by another home (E006)', async () => {
    const all = await taken();
    const { code, stderr } = await resume(all.at, all.other);
    expect([code, stderr]).toEqual([5, expect.stringContaining(`its owner is pid ${all.child.pid}`)]);
    all.at.write('go', '');
    await all.child;
  });

  test('nor is a living step: the message names it, its home and its pid', async () => {
    const all = await taken();
    await die(all);
    const { code, stderr } = await resume(all.at, all.other);
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /error\[E006\] run r-1 is still running: `gated` was started from .*home and lives as pid \d+/,
    );
    expect(existsSync(join(all.other, 'work', 'r-1'))).toBe(false);
    expect(all.at.read('effects')).toBe('before\nbegun\n');
    await letGo(all.at);
  });

  test('restored elsewhere: what succeeded is kept with its outputs, what ran is lost and runs again', async () => {
    const all = await taken();
    const { at, other } = all;
    await die(all);
    await letGo(at);
    const { code, stderr } = await resume(at, other);
    expect([code, stderr]).toEqual([0, expect.stringContaining('result is unknown')]);
    expect(at.read('effects')).toBe('before\nbegun\ngated\nbegun\ngated\nafter kept\n');
    const { stdout } = await at.flow(['events', 'r-1', '--json', '--home', other]);
    expect(stdout).toMatch(/"type":"step.lost".*"verdict":"unknown"/);
  });

  test('on_interrupt: fail forbids that (R801)', async () => {
    const all = await taken('\n    on_interrupt: fail');
    await die(all);
    await letGo(all.at);
    const { code, stderr } = await resume(all.at, all.other);
    expect([code, stderr]).toEqual([1, expect.stringContaining('fails (on_interrupt: fail)')]);
    expect(all.at.read('effects')).toBe('before\nbegun\ngated\n');
  });

  test('put back at the same path, without the other files: lost too, not taken for never started', async () => {
    const all = await taken('\n    on_interrupt: fail');
    const { at, other } = all;
    await die(all);
    await letGo(at);
    renameSync(at.home, join(at.dir, 'aside'));
    renameSync(other, at.home);
    expect((await at.flow(['resume', 'r-1'])).code).toBe(1);
    expect(at.read('effects')).toBe('before\nbegun\ngated\n');
  });

  test('a home that was moved as a whole: an exit that it holds is taken', async () => {
    const all = await taken('\n    on_interrupt: fail');
    const { at, other } = all;
    await die(all);
    await letGo(at);
    rmSync(other, { recursive: true });
    renameSync(at.home, other);
    expect(await resume(at, other)).toMatchObject({ code: 0 });
    expect(at.read('effects')).toBe('before\nbegun\ngated\nafter kept\n');
  });

  test('a copied folder that is older than the start of a try is no proof that it never started', async () => {
    const all = await taken('\n    on_interrupt: fail');
    const { at, other } = all;
    await die(all);
    await letGo(at);
    mkdirSync(join(other, 'work', 'r-1'), { recursive: true, mode: 0o700 });
    expect((await resume(at, other)).code).toBe(1);
    expect(at.read('effects')).toBe('before\nbegun\ngated\n');
  });
});
