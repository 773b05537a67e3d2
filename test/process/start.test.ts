import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { StartError } from '../../src/process/processes.ts';
import type { ProcessSpec } from '../../src/process/processes.ts';
import { bundle, makeTry, processes, scratch, sh } from './support.ts';

async function refusal(spec: ProcessSpec): Promise<StartError> {
  const error = await processes.start(spec).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartError);
  expect([existsSync(join(spec.dir, 'claim')), existsSync(spec.out), existsSync(spec.err)]).toEqual([
    false,
    false,
    false,
  ]);
  return error as StartError;
}

const NOBODY = 65_534;
const hasLimits = spawnSync('sh', ['-c', 'command -v prlimit']).status === 0;

describe('what cannot start says why, and nothing runs (B11, B12)', () => {
  test('a missing directory has its own message (R306)', async () => {
    const it = makeTry();
    const cwd = join(it.root, 'nope');
    expect(await refusal(it.spec([sh(':')], { cwd }))).toMatchObject({
      code: 'R306',
      message: `working directory does not exist: ${cwd}`,
    });
  });

  test('a file in place of the directory (R306)', async () => {
    const it = makeTry();
    const cwd = join(it.root, 'file');
    writeFileSync(cwd, '');
    expect(await refusal(it.spec([sh(':')], { cwd }))).toMatchObject({
      code: 'R306',
      message: `working directory is not a directory: ${cwd}`,
    });
  });

  test.each([['nope'], ['/nope'], ['./nope'], ['']])(
    'program "%s" not found is 127 (R304)',
    async (program) => {
      const it = makeTry();
      const error = await refusal(it.spec([[program]]));
      expect(error).toMatchObject({ code: 'R304', exitCode: 127, message: `program "${program}" not found` });
    },
  );

  test('a file that is not executable, and a directory, are 126 (R304)', async () => {
    const it = makeTry();
    writeFileSync(join(it.root, 'plain'), ':', { mode: 0o644 });
    mkdirSync(join(it.root, 'folder'));
    for (const program of ['./plain', './folder']) {
      const error = await refusal(it.spec([[program]]));
      expect(error).toMatchObject({
        code: 'R304',
        exitCode: 126,
        message: `program "${program}" not executable`,
      });
    }
  });

  test('the PATH is that of the step, and relative names start from its directory', async () => {
    const it = makeTry();
    mkdirSync(join(it.root, 'bin'));
    writeFileSync(join(it.root, 'bin', 'mine'), '#!/bin/sh\necho "mine $1"\n');
    chmodSync(join(it.root, 'bin', 'mine'), 0o755);
    expect(await refusal(it.spec([['mine']]))).toMatchObject({ exitCode: 127 });
    expect(await refusal(it.spec([sh(':')], { vars: { PATH: join(it.root, 'bin') } }))).toMatchObject({
      exitCode: 127,
    });
    const running = await processes.start(
      it.spec(
        [
          ['mine', '1'],
          ['bin/mine', '2'],
        ],
        { vars: { PATH: 'bin' } },
      ),
    );
    expect((await running.ended).code).toBe(0);
    expect(it.stdout().toString()).toBe('mine 1\nmine 2\n');
  });

  test('entries that are done are not looked up again', async () => {
    const it = makeTry();
    const running = await processes.start(it.spec([['nope'], ['true']], { firstCommand: 1 }));
    expect((await running.ended).code).toBe(0);
  });

  test('one variable or argument larger than the system takes is named with its size (F9)', async () => {
    const it = makeTry();
    const error = await refusal(it.spec([sh(':')], { vars: { BIG: 'x'.repeat(131_072) } }));
    expect(error.message).toBe(
      'variable "BIG" is too large: 131076 bytes, the system takes at most 131071; pass a file instead',
    );
    expect((await refusal(it.spec([['echo', 'x'.repeat(131_072)]]))).message).toContain(
      'argument 1 is too large: 131072',
    );
    const fits = it.spec([sh('printf %s "$BIG" | wc -c')], { vars: { BIG: 'x'.repeat(131_000) } });
    await (
      await processes.start(fits)
    ).ended;
    expect(Number(it.stdout().toString())).toBe(131_000);
  });

  test('an environment of 3 MB names its largest variables (H12)', async () => {
    const it = makeTry();
    const vars = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`V${i}`, 'x'.repeat(100_000 + i)]));
    const { message } = await refusal(it.spec([sh(':')], { vars }));
    expect(message).toContain('too large for the system');
    expect(message).toContain('variable "V29" with 100033 bytes');
  });

  test('NUL is refused and named, the value is not shown (H1)', async () => {
    const it = makeTry();
    const { message } = await refusal(it.spec([sh(':')], { vars: { KEY: 'canary\0' } }));
    expect(message).toBe('variable "KEY" contains a NUL character');
    expect((await refusal(it.spec([['true', 'canary\0']]))).message).toBe(
      'argument 1 contains a NUL character',
    );
  });

  test('a log that is there already, or is a link, is never written (E11)', async () => {
    const it = makeTry();
    const spec = it.spec([sh('echo text')]);
    const precious = join(it.root, 'precious');
    writeFileSync(precious, 'kept');
    symlinkSync(precious, spec.err);
    await expect((await processes.start(spec)).ended).rejects.toThrow('EEXIST');
    expect(readFileSync(precious, 'utf8')).toBe('kept');
    expect([existsSync(join(it.dir, 'claim')), existsSync(spec.out)]).toEqual([false, false]);
  });

  test('a log directory that was deleted is made again (E10)', async () => {
    const it = makeTry();
    const out = join(it.root, 'gone', 'log');
    await (
      await processes.start(it.spec([sh('echo text')], { out, err: out }))
    ).ended;
    expect(readFileSync(out, 'utf8')).toBe('text\n');
  });

  test('an environment without the marker of the try is a fault of the caller', async () => {
    const it = makeTry();
    const spec = it.spec([sh(':')]);
    await expect(processes.start({ ...spec, env: {} })).rejects.toThrow('FLOW_OUTPUT_FILE');
  });

  test('without descriptors the start waits until there are some (E12)', async () => {
    const it = makeTry();
    const script = await bundle('crowded', it.root);
    const limited = 'ulimit -n 60; exec "$@"';
    const spec = JSON.stringify(it.spec([sh('exit 3')]));
    const said = execFileSync('sh', ['-c', limited, 'sh', process.execPath, script, spec], {
      encoding: 'utf8',
    });
    expect(JSON.parse(said)).toEqual({ end: { code: 3, signal: null }, waited: true });
    rmSync(script);
  });

  test.skipIf(!hasLimits)(
    'a wrapper without a process for the command gives the try to another (E13)',
    async () => {
      const root = scratch();
      const tries = [makeTry(root, '1.1'), makeTry(root, '2.1')];
      const script = await bundle('no-process', root);
      // The limit is none for root: then the tries are another user's.
      const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
      const paths = [root, ...tries.flatMap(({ dir }) => [dirname(dir), dir])];
      if ('uid' in user) for (const path of paths) chownSync(path, NOBODY, NOBODY);
      const specs = JSON.stringify(tries.map((it) => it.spec([sh('echo >> effect; exit 3')])));
      const said = execFileSync(process.execPath, [script, specs], { ...user, cwd: '/', encoding: 'utf8' });
      expect(JSON.parse(said)).toEqual({
        end: { code: 3, signal: null },
        ...{ sameAtFirst: true, sameAtLast: false, claimed: true },
      });
      expect(readFileSync(join(root, 'effect'), 'utf8')).toBe('\n\n');
    },
  );
});
