import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BIN, place } from '../support/flow.ts';

/** A place with a folder for temporary files of its own, where flow keeps the code that it compiled. */
function cachePlace() {
  const at = place();
  at.write('hello.yaml', 'steps:\n  - {id: a, run: echo one}\n');
  const tmp = join(at.dir, 'tmp');
  mkdirSync(tmp);
  const folder = join(tmp, `flow-compile-cache-${process.getuid?.()}`);
  const run = (
    env: Record<string, string> = {},
    ...more: string[]
  ): { status: number | null; stderr: string } => {
    const all = { PATH: process.env['PATH'] ?? '', HOME: at.dir, FLOW_HOME: at.home, TMPDIR: tmp, ...env };
    const words = [BIN, 'run', 'hello.yaml', '--output', 'plain', ...more];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      cwd: at.dir,
      env: all,
      encoding: 'utf8',
    });
    if (status === 0 && more.length === 0) expect(stdout).toBe('a     │ one\n');
    return { status, stderr };
  };
  const kept = (): string[] => (existsSync(folder) ? readdirSync(folder) : []);
  return { at, tmp, folder, run, kept };
}

describe('code that an earlier start has compiled', () => {
  test('is kept by a run, for this user alone, and is used by the next one', () => {
    const { folder, run, kept } = cachePlace();
    expect(run().status).toBe(0);
    const [name = '', ...others] = kept();
    expect(others).toEqual([]);
    expect(name).toMatch(new RegExp(`^[0-9a-f]{16}-${process.version}-`));
    expect([statSync(folder).mode & 0o777, statSync(join(folder, name)).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
    const before = statSync(join(folder, name)).ino;
    expect(run().status).toBe(0);
    expect(statSync(join(folder, name)).ino).toBe(before);
  });

  test('is made anew when it is not what V8 wrote', () => {
    const { folder, run, kept } = cachePlace();
    run();
    const path = join(folder, kept().join());
    const good = readFileSync(path);
    for (const bad of [Buffer.alloc(0), Buffer.from('no code'), good.subarray(0, good.length / 2)]) {
      writeFileSync(path, bad);
      expect(run().status).toBe(0);
      expect(readFileSync(path).length).toBeGreaterThan(good.length / 2 + 1);
    }
  });

  test('is not kept by what does not go through a whole run, nor when Node is told to keep none', () => {
    const { run, kept } = cachePlace();
    expect(run({}, '--dry-run').status).toBe(0);
    expect(run({}, '--jobs', 'many').status).toBe(2);
    expect(run({ NODE_DISABLE_COMPILE_CACHE: '1' }).status).toBe(0);
    expect(kept()).toEqual([]);
  });

  test('is not read where others could have written it', () => {
    const { at, folder, run, kept } = cachePlace();
    const elsewhere = join(at.dir, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, folder);
    expect(run().status).toBe(0);
    expect(kept()).toEqual([]);

    const open = cachePlace();
    mkdirSync(open.folder);
    chmodSync(open.folder, 0o777);
    expect(open.run().status).toBe(0);
    expect(open.kept()).toEqual([]);
  });

  test('is done without when there is no place for it', () => {
    const { at, run } = cachePlace();
    expect(run({ TMPDIR: join(at.dir, 'missing') })).toEqual(expect.objectContaining({ status: 0 }));
  });
});
