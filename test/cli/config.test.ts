import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/cli/config.ts';
import { makeContext } from '../../src/cli/context.ts';
import { FlowError } from '../../src/errors/diagnostic.ts';
import { systemClock } from '../../src/base/clock.ts';
import { collectors } from '../report/collect.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'flow-config-'));
  mkdirSync(join(cwd, '.config/flow'), { recursive: true });
  mkdirSync(join(cwd, 'project'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const project = (text: string): void => writeFileSync(join(cwd, 'project/flow.config.yaml'), text);
const user = (text: string): void => writeFileSync(join(cwd, '.config/flow/config.yaml'), text);
const load = (flags = {}, env = {}) => loadConfig({ flags, env, cwd: join(cwd, 'project'), userHome: cwd });

async function codes(work: Promise<unknown>): Promise<string[]> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof FlowError)) throw new Error('nothing was refused');
  return error.diagnostics.map(({ code, message }) => `${code} ${message}`);
}

describe('settings (CLI.md §7)', () => {
  test('defaults', async () => {
    expect(await load()).toEqual({
      home: null,
      dags: join(cwd, 'project/dags'),
      baseConfig: null,
      unresolved: 'strict',
      strict: false,
      defaultShell: null,
      tz: null,
      jobs: 0,
      maxProcesses: 256,
      maxLogSize: 104_857_600,
      onFailure: 'continue',
      output: null,
      color: 'auto',
      durability: 'full',
      strictPermissions: false,
      denyPrivate: false,
      maxRuns: 0,
      drainTimeoutMs: 5_000,
      resumeInterrupted: true,
      queues: new Map(),
      envPassthrough: null,
    });
  });

  test('flag, then variable, then project file, then user file', async () => {
    user('jobs: 1\nmax_processes: 11\non_failure: kill\nstrict: true\n');
    project('jobs: 2\nmax_processes: 12\non_failure: drain\n');
    const config = await load(
      { jobs: '4' },
      { FLOW_JOBS: '3', FLOW_MAX_PROCESSES: '13', FLOW_ON_FAILURE: '' },
    );
    expect(config).toMatchObject({ jobs: 4, maxProcesses: 13, onFailure: 'drain', strict: true });
  });

  test('paths are relative to their file, `~` works', async () => {
    user('home: state\n');
    project('dags: ../elsewhere\n');
    expect(await load()).toMatchObject({
      home: join(cwd, '.config/flow/state'),
      dags: join(cwd, 'elsewhere'),
    });
    project('home: ~/mine\n');
    expect(await load({}, { FLOW_DAGS: 'd' })).toMatchObject({
      home: join(cwd, 'mine'),
      dags: join(cwd, 'project/d'),
    });
  });

  test('the project file lies beside the DAG folder that is named', async () => {
    project('jobs: 7\n');
    const config = await loadConfig({ flags: { dags: 'project/dags' }, env: {}, cwd, userHome: undefined });
    expect(config.jobs).toBe(7);
  });

  test('everything wrong in a file is told together', async () => {
    project(
      'jobs: -1\noutptu: plain\non_failure: kil\nstrict: maybe\ntz: CEST\nqueues: fast\nmax_processes: [1]\n',
    );
    expect(await codes(load())).toEqual([
      'E109 `jobs` must be at least 0',
      'E106 unknown key `outptu`',
      'E110 invalid `on_failure` "kil", expected one of continue, drain, kill',
      'E108 `strict` must be true or false, got text',
      'E110 invalid `tz` "CEST", expected a time zone such as Europe/Berlin',
      'E108 `queues` must be a list, got text',
      'E108 `max_processes` must be a whole number ≥ 1, got list',
    ]);
  });

  test('queues and env_passthrough are lists, and stand in files only', async () => {
    project(
      'queues: [{name: nightly, max_concurrency: 2}, {name: one}]\nenv_passthrough: [HOME, AWS_*]\n' +
        'drain_timeout: 1m30s\nmax_runs: 4\nresume_interrupted: false\n',
    );
    const config = await load();
    expect([...config.queues]).toEqual([
      ['nightly', 2],
      ['one', 1],
    ]);
    expect(config).toMatchObject({
      envPassthrough: ['HOME', 'AWS_*'],
      drainTimeoutMs: 90_000,
      ...{ maxRuns: 4, resumeInterrupted: false },
    });
    project('');
    expect(await load()).toMatchObject({
      envPassthrough: null,
      drainTimeoutMs: 5_000,
      resumeInterrupted: true,
    });
    project(
      'queues: [{name: a, max_concurrency: 0}, {max: 1}, fast]\nenv_passthrough: [A-B, [C]]\ndrain_timeout: 5\n',
    );
    expect(await codes(load())).toEqual([
      'E109 `max_concurrency` must be a whole number ≥ 1',
      'E107 a queue needs a name, as {name: nightly, max_concurrency: 2}',
      'E106 unknown key `max`',
      'E107 a queue needs a name, as {name: nightly, max_concurrency: 2}',
      'E110 env_passthrough lists names as HOME and AWS_*, got "A-B"',
      'E110 env_passthrough lists names as HOME and AWS_*, got a list',
      'E110 invalid `drain_timeout` "5", expected a duration such as 30s or 5m',
    ]);
  });

  test('`http` is a map', async () => {
    project('http: {deny_private: true}\nstrict_permissions: true\n');
    expect(await load()).toMatchObject({ denyPrivate: true, strictPermissions: true });
    expect(await load({}, { FLOW_HTTP_DENY_PRIVATE: 'false' })).toMatchObject({ denyPrivate: false });
    project('http: {deny_privat: true}\n"http.deny_private": true\n');
    expect(await codes(load())).toEqual([
      'E106 unknown key `http.deny_privat`',
      'E106 unknown key `http.deny_private`',
    ]);
    project('http: true\n');
    expect(await codes(load())).toEqual(['E108 `http` must be a map, got bool']);
  });

  test('bad variables and flags', async () => {
    expect(await codes(load({ color: 'red' }, { FLOW_JOBS: '1.5' }))).toEqual([
      'E110 invalid FLOW_JOBS "1.5": expected a whole number ≥ 0',
      'E001 invalid --color "red": expected one of always, never, auto',
    ]);
  });
});

describe('where the state lives (CLI.md §1)', () => {
  const host = (env: Record<string, string>) => ({
    ...collectors(),
    clock: systemClock,
    env,
    cwd,
    umask: 0o022,
    progress: { run: null },
    onSignal: () => () => undefined,
    readInput: () => Promise.resolve(''),
  });

  test.each([
    [{ HOME: '/u' }, {}, '/u/.local/state/flow'],
    [{ HOME: '/u', XDG_STATE_HOME: '/s' }, {}, '/s/flow'],
    [{ HOME: '/u', XDG_STATE_HOME: 'relative' }, {}, '/u/.local/state/flow'],
    [{ HOME: '/u', FLOW_HOME: '~/f' }, {}, '/u/f'],
    [{ FLOW_HOME: '/f' }, { home: '/flag' }, '/flag'],
  ])('%j %j: %s', async (env, flags, root) => {
    expect((await makeContext(host(env as Record<string, string>), flags)).home.root).toBe(root);
  });

  test('without HOME flow names the variable to set (E18)', async () => {
    const error = await makeContext(host({}), {}).then(
      () => null,
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ exitCode: 70 });
    expect((error as FlowError).diagnostics[0]?.hint).toContain('FLOW_HOME');
  });
});
