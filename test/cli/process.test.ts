import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BIN, place } from '../support/flow.ts';

const HELLO = 'steps:\n  - {id: a, run: echo one; echo two}\n  - {id: b, depends: a, run: echo three >&2}\n';

/** A file of the build with everything that it imports before it runs. */
function loadedWith(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  const text = readFileSync(resolve('dist', name), 'utf8');
  for (const [, chunk = ''] of text.matchAll(/\b(?:import|from) ?"(\.\.?\/[^"]+)"/g)) {
    loadedWith(join(dirname(name), chunk), seen);
  }
  return seen;
}

/** The packages in a file of the build and in all that it imports before it runs. */
function packagesOf(name: string): string[] {
  const inFile = JSON.parse(readFileSync(resolve('dist/packages.json'), 'utf8')) as Record<string, string[]>;
  const files = loadedWith(name);
  expect(files.size).toBeGreaterThan(3);
  return [...new Set([...files].flatMap((file) => inFile[file] ?? []))].sort();
}

describe('the real binary', () => {
  test('bad usage is a diagnostic with the nearest word, exit 2 (E001)', async () => {
    const at = place();
    const refusals = [
      ['histroy'],
      ['run', '--dry-rum', 'x'],
      ['status', 'a', 'b'],
      ['history', '--limit', 'x'],
    ];
    const outcomes = await Promise.all(refusals.map((args) => at.flow(args)));
    expect(outcomes.map(({ code, stdout, stderr }) => [code, stdout, stderr])).toEqual([
      [2, '', 'error[E001] unknown command "histroy"\nhint: did you mean "history"?\n'],
      [2, '', 'error[E001] unknown option "--dry-rum"\nhint: did you mean "--dry-run"?\n'],
      [2, '', 'error[E001] status: too many arguments\nhint: see `flow status --help`\n'],
      [2, '', 'error[E001] --limit must be a whole number ≥ 0, got "x"\n'],
    ]);
  });

  test('examples stand first in every help', async () => {
    const at = place();
    const commands = [
      'run',
      'resume',
      'rerun',
      'stop',
      'enqueue',
      'dequeue',
      'status',
      'history',
      'logs',
      'events',
      'validate',
      'graph',
      'sql',
      'db',
      'doctor',
      'import',
    ];
    for (const command of commands) {
      const { code, stdout } = await at.flow([command, '--help']);
      expect([command, code, stdout.split('\n')[0]]).toEqual([command, 0, 'Examples:']);
    }
  });

  test('--version loads commander and no other package', async () => {
    const { code, stdout } = await place().flow(['--version']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
    expect(packagesOf('main.js')).toEqual(['commander']);
  });

  test('a run loads what every run needs, and the packages of special steps later', () => {
    const run = readdirSync(resolve('dist/chunks')).filter((name) => name.startsWith('run-'));
    expect(run).toHaveLength(1);
    const packages = packagesOf(`chunks/${run.join()}`);
    expect(packages).toEqual(['@cfworker/json-schema', 'chalk', 're2js', 'yaml', 'zod']);
  });

  test('a reader that goes away does not change the result (A11)', () => {
    const at = place();
    at.write('hello.yaml', HELLO);
    const env = { PATH: process.env['PATH'] ?? '', HOME: at.dir, FLOW_HOME: at.home };
    const command = `${process.execPath} ${BIN} run hello.yaml --run-id piped | head -1`;
    const piped = spawnSync('sh', ['-c', command], { cwd: at.dir, env, encoding: 'utf8' });
    expect(piped.stdout).toBe('a     │ one\n');
    const status = execFileSync(process.execPath, [BIN, 'status', 'piped', '--json'], { cwd: at.dir, env });
    expect((JSON.parse(status.toString()) as { run: { state: string } }).run.state).toBe('succeeded');
  });

  test('reading commands find nothing and make nothing without a database', async () => {
    const at = place();
    expect(await at.flow(['history', '--json'])).toMatchObject({
      code: 0,
      stdout: '{\n  "runs": [],\n  "ticks": []\n}\n',
    });
    expect(await at.flow(['status'])).toMatchObject({ code: 2 });
    expect(await at.flow(['doctor'])).toMatchObject({ code: 0 });
    expect(existsSync(at.home)).toBe(false);
  });

  test('a pipe or directory in place of a file is refused at once (G17)', async () => {
    const at = place();
    execFileSync('mkfifo', [join(at.dir, 'pipe.yaml')]);
    const { code, stderr } = await at.flow(['run', 'pipe.yaml']);
    expect([code, stderr]).toEqual([2, 'error[E002] pipe.yaml: is not a regular file\n']);
    expect(await at.flow(['validate', 'pipe.yaml'])).toMatchObject({ code: 2 });
    expect(existsSync(at.home)).toBe(false);
  });

  test('logs are byte for byte what the step printed; several have headings', async () => {
    const at = place();
    at.write('hello.yaml', HELLO);
    await at.flow(['run', 'hello.yaml', '-q']);
    expect(await at.flow(['logs', 'last', 'a'])).toEqual({ code: 0, stdout: 'one\ntwo\n', stderr: '' });
    expect(await at.flow(['logs', 'hello', 'a', '--tail', '1'])).toMatchObject({ stdout: 'two\n' });
    expect(await at.flow(['logs'])).toMatchObject({ stdout: '── a\none\ntwo\n\n── b · stderr\nthree\n' });
    expect(await at.flow(['logs', '-f'])).toMatchObject({
      stdout: 'a │ one\na │ two\nb │ three\n',
    });
    expect(await at.flow(['logs', 'last', 'a', '--try', '2'])).toMatchObject({ code: 2 });
  });
});
