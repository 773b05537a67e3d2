import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Try } from './support.ts';
import { bundle, makeTry, pidIn, processes, sh, until } from './support.ts';

/** Before that another process would find that the try never began. */
async function claimed(it: Try): Promise<void> {
  const path = join(it.dir, 'claim');
  await until('a claim', () => (existsSync(path) && readFileSync(path, 'utf8').endsWith('\n')) || null);
}

/** Starts a try in another process, which is then killed with SIGKILL. Returns the pid of the wrapper. */
async function startAndKillOwner(it: Try, text: string): Promise<number> {
  const script = await bundle('owner', it.root);
  const [started, result] = [join(it.root, 'started'), join(it.root, 'result')];
  const spec = JSON.stringify(it.spec([sh(text)]));
  const owner = spawn(process.execPath, [script, spec, started, result], { stdio: 'inherit' });
  const pid = await pidIn(started);
  await claimed(it);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  expect(existsSync(result)).toBe(false);
  return pid;
}

describe('the owner is killed while its command runs (A4, P3)', () => {
  test('the command goes on, another process waits for it and has its result and its whole output', async () => {
    const it = makeTry();
    const pid = await startAndKillOwner(
      it,
      'echo one; until [ -e go ]; do sleep 0.02; done; echo two; exit 6',
    );
    const found = await processes.recover(it.dir);
    if (found.kind !== 'alive') throw new Error(found.kind);
    expect(found.process.pid).toBe(pid);
    writeFileSync(join(it.root, 'go'), '');
    expect(await found.process.ended).toEqual({ code: 6, signal: null });
    expect(it.stdout().toString()).toBe('one\ntwo\n');
  });

  test('a command that ends while nobody watches leaves its exit file (A5)', async () => {
    const it = makeTry();
    await startAndKillOwner(it, 'until [ -e go ]; do sleep 0.02; done; echo >>effect');
    writeFileSync(join(it.root, 'go'), '');
    await until('an exit code', () => /^\d/.test(readFileSync(join(it.dir, 'exit'), 'utf8')) || null);
    expect(await processes.recover(it.dir)).toMatchObject({ kind: 'exited', end: { code: 0 } });
    expect(readFileSync(join(it.root, 'effect'), 'utf8')).toBe('\n');
  });

  test('a signal for the owner group does not reach the command (Ctrl-C, §13.7)', async () => {
    const it = makeTry();
    const script = await bundle('owner', it.root);
    const spec = JSON.stringify(it.spec([sh('until [ -e go ]; do sleep 0.02; done')]));
    const argv = [script, spec, join(it.root, 'started'), join(it.root, 'result')];
    const owner = spawn(process.execPath, argv, { stdio: 'inherit', detached: true });
    await pidIn(join(it.root, 'started'));
    await claimed(it);
    process.kill(-(owner.pid ?? 0), 'SIGINT');
    await once(owner, 'exit');
    expect((await processes.recover(it.dir)).kind).toBe('alive');
    writeFileSync(join(it.root, 'go'), '');
    await pidIn(join(it.dir, 'exit'));
  });
});
