import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { BIN, place } from '../support/flow.ts';
import { carriedOut } from '../support/github-runner.ts';

const CI = { CI: 'true' };
const GITHUB = { ...CI, GITHUB_ACTIONS: 'true' };

describe('grouped output (CLI.md §5)', () => {
  test('a block for each try when it ends, in order; progress stays on standard error', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - {id: slow, run: 'echo slow 1; until test -e go; do sleep 0.02; done; printf "slow 2"'}
  - {id: quick, run: 'echo quick; echo trouble >&2'}
  - {id: go, depends: quick, run: touch go}
  - {id: quiet, run: 'true'}
  - {id: merged, depends: [slow, quick], log_output: merged, run: 'echo 1; echo 2 >&2; echo 3'}
`,
    );
    const { code, stdout, stderr } = await at.flow(['run', 'dag.yaml'], { env: CI });
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '── quick\nquick\n── stderr\ntrouble\n── slow\nslow 1\nslow 2\n── merged\n1\n2\n3\n',
      stderr: expect.stringMatching(/^slow +▸ started$/m) as string,
    });
    expect(stderr).toMatch(/^quiet +✓ succeeded/m);
    expect(stderr).not.toContain('│');
  });

  test('each try has its block; items and child runs have theirs under their names', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `type: chain
steps:
  - {id: flaky, run: 'echo "at $FLOW_TRY"; test "$FLOW_TRY" -ge 2', retry_policy: {limit: 2, interval_sec: 0}}
  - {id: again, run: 'echo "round $FLOW_TRY"', repeat_policy: {repeat: true, limit: 2, interval_sec: 0}}
  - id: each
    foreach:
      items: [eu, us]
      as: region
      key: \${foreach.region}
      max_concurrent: 1
      steps: [{id: copy, run: 'echo "to \${foreach.region}"'}]
  - {id: deploy, action: dag.run, with: {dag: child}}
---
name: child
steps: [{id: send, run: echo sent}]
`,
    );
    const { code, stdout } = await at.flow(['run', 'dag.yaml'], { env: CI });
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => !line.startsWith('{'))).toEqual([
      ...['── flaky · try 1 of 3', 'at 1', '── flaky · try 2 of 3', 'at 2'],
      ...['── again', 'round 1', '── again · try 2', 'round 2'],
      ...['── copy[eu]', 'to eu', '── copy[us]', 'to us', '── each'],
      ...['── deploy/send', 'sent', '── deploy', ''],
    ]);
  });

  test('a failure ends with the end of its output and the line to go on; the exit code stays', async () => {
    const at = place();
    at.write('dag.yaml', `steps: [{id: a, run: 'seq 1 30; echo why >&2; exit 7'}]\n`);
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'], { env: CI });
    expect(code).toBe(1);
    const end = stderr.slice(stderr.indexOf('\n\n') + 2).split('\n');
    expect(end.slice(0, 2)).toEqual(['a failed: exit code 7', '  │ 12']);
    expect(end.slice(19, 21)).toEqual(['  │ 30', '  │ why']);
    expect(end.at(-2)).toBe('go on with  flow resume r-1');
  });

  test('secrets are masked in blocks', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `secrets: [{name: TOKEN, provider: env, key: MY_TOKEN}]\nsteps: [{id: a, run: 'echo "it is $TOKEN"'}]\n`,
    );
    const env = { ...GITHUB, MY_TOKEN: 'correct-horse' };
    const { stdout, stderr } = await at.flow(['run', 'dag.yaml'], { env });
    expect(carriedOut(stdout).text).toContain('it is ***');
    expect(stdout + stderr).not.toContain('correct-horse');
  });

  test('what a step printed for a flow that was killed is shown by the one that takes it over', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps: [{id: a, run: 'echo before; touch begun; until test -e go; do sleep 0.02; done; echo after'}]\n`,
    );
    const first = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1'], { env: CI });
    await eventually(() => existsSync(join(at.dir, 'begun')));
    first.kill('SIGKILL');
    await first;
    const second = at.spawn(['resume', 'r-1'], { env: CI });
    await eventually(async () => (await at.flow(['events', 'r-1'])).stdout.includes('step.adopted'));
    at.write('go', '');
    expect(await second).toMatchObject({ exitCode: 0, stdout: '── a\nbefore\nafter\n' });
  });

  test('a log that is larger than max_log_size is shown as it is kept', async () => {
    const at = place();
    at.write('dag.yaml', `steps: [{id: a, run: seq 1 20000}]\n`);
    const { stdout, stderr } = await at.flow(['run', 'dag.yaml'], {
      env: { ...CI, FLOW_MAX_LOG_SIZE: '1000' },
    });
    expect(stdout).toMatch(
      /^── a\n1\n2\n[^]*\[flow: \d+ bytes left out here, see max_log_size\][^]*\n20000\n$/,
    );
    expect(stderr).toContain('W504');
  });

  test('a reader that goes away changes nothing of the run (RELIABILITY.md A11)', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `type: chain\nsteps:\n  - {id: a, run: seq 1 300000}\n  - {id: b, run: touch done}\n`,
    );
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: at.dir,
      SHELL: '/bin/sh',
      FLOW_HOME: at.home,
      ...CI,
    };
    const child = spawn(process.execPath, [BIN, 'run', 'dag.yaml'], {
      cwd: at.dir,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = (await once(child, 'exit')) as [number];
    expect([code, existsSync(join(at.dir, 'done'))]).toEqual([0, true]);
  });

  test('a log that somebody deleted has no block, and the run ends as it would', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps: [{id: a, run: 'echo lost; touch begun; until test -e go; do sleep 0.02; done; exit 3'}]\n`,
    );
    const running = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1'], { env: CI });
    await eventually(() => existsSync(join(at.dir, 'begun')));
    rmSync(join(at.home, 'logs', 'r-1', '1.1.out'));
    at.write('go', '');
    expect(await running).toMatchObject({ exitCode: 1, stdout: '' });
  });
});

describe('which mode is chosen', () => {
  const chosen: [Record<string, string>, readonly string[], RegExp][] = [
    [{}, [], /^a +│ hi$/m],
    [{ CI: 'false' }, [], /^a +│ hi$/m],
    [{ CI: '1' }, [], /^── a$/m],
    [{ CI: '1' }, ['--output', 'plain'], /^a +│ hi$/m],
    [{ CI: '1', FLOW_OUTPUT: 'plain' }, [], /^a +│ hi$/m],
    [{ CI: '1' }, ['--json'], /^\{"v":1,/],
    [{ FLOW_OUTPUT: 'grouped' }, [], /^── a$/m],
    [{ CI: '1', FORCE_COLOR: '1' }, [], /^\x1b\[1m── a\x1b\[22m$/m],
    [{ CI: '1', FORCE_COLOR: '1', NO_COLOR: '1' }, [], /^── a$/m],
    [
      { GITLAB_CI: 'true', FLOW_OUTPUT: 'grouped' },
      [],
      /^\x1b\[0Ksection_start:\d+:flow_r-1_1_1\[collapsed=true\]\r\x1b\[0Ka$/m,
    ],
  ];
  test.concurrent.for(chosen)('%j %j', async ([env, flags, expected], { expect, onTestFinished }) => {
    const at = place(onTestFinished);
    at.write('dag.yaml', 'steps: [{id: a, run: echo hi}]\n');
    const { code, stdout } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1', ...flags], { env });
    expect([code, stdout]).toEqual([0, expect.stringMatching(expected)]);
  });
});

describe('GitHub Actions', () => {
  test('groups, and an error for each step that failed in the end, at its line', async () => {
    const at = place();
    at.write(
      'repo/dags/ci.yaml',
      `retry_policy: {limit: 1, interval_sec: 0}
secrets: [{name: SHORT, provider: env, key: SHORT}]
steps:
  - id: evil
    run: |
      echo "::error::not mine"
      printf '%s\\n' '##[set-output name=a]b' '::endgroup::' '::stop-commands::mine'
      printf '::group::left open'
  - {id: twice, run: 'test "$FLOW_ATTEMPT" -ge 2'}
  - {id: allowed, run: exit 3, continue_on: failed}
  - name: "bad: 100%, step"
    run: exit 3
  - {id: after, depends: allowed, action: dag.run, with: {dag: child}}
---
name: child
steps:
  - {id: inner, run: exit 4}
`,
    );
    const env = { ...GITHUB, GITHUB_WORKSPACE: join(at.dir, 'repo'), SHORT: 'abc' };
    const { code, stdout, stderr } = await at.flow(['run', 'repo/dags/ci.yaml'], { env });
    expect(code).toBe(1);
    const { commands, text } = carriedOut(stdout);
    expect(text).toEqual(
      expect.arrayContaining(['::error::not mine', '##[set-output name=a]b', '::endgroup::']),
    );
    const findings = commands.filter(({ name }) => name !== 'group' && name !== 'endgroup');
    const file = 'dags/ci.yaml';
    expect(findings).toEqual([
      ...Array<unknown>(2).fill({
        name: 'warning',
        properties: { title: 'ci: W303', file },
        data: expect.stringContaining('SHORT') as string,
      }),
      {
        name: 'error',
        properties: { title: 'bad: 100%, step failed', file, line: '11' },
        data: 'exit code 3, try 2',
      },
      {
        name: 'error',
        properties: { title: 'after failed', file, line: '13' },
        data: expect.stringContaining('inner failed') as string,
      },
      {
        name: 'error',
        properties: { title: 'after/inner failed', file, line: '17' },
        data: 'exit code 4, try 2',
      },
    ]);
    const groups = commands.filter(({ name }) => name === 'group').map(({ data }) => data);
    expect(groups.filter((title) => title === 'evil')).toHaveLength(1);
    expect(commands.filter(({ name }) => name === 'endgroup')).toHaveLength(groups.length);
    expect(carriedOut(stderr).commands).toEqual([]);
  });

  test('an error that ends the run before any step is one, too', async () => {
    const at = place();
    at.write('dag.yaml', `secrets: [{name: TOKEN, provider: env, key: NOT_SET}]\nsteps: [{run: echo}]\n`);
    const { code, stdout } = await at.flow(['run', 'dag.yaml'], {
      env: { ...GITHUB, GITHUB_WORKSPACE: at.dir },
    });
    const properties = { title: 'dag: R307', file: 'dag.yaml' };
    const data = expect.stringContaining('NOT_SET') as string;
    expect([code, carriedOut(stdout).commands]).toEqual([1, [{ name: 'error', properties, data }]]);
  });
});

describe('the summary of a step of a GitHub job', () => {
  const DAG = `steps:
  - {id: good, run: echo fine}
  - {id: bad, run: 'seq 1 30; printf "%s\\\\n" "\\\`\\\`\\\`" "# no heading"; exit 3', retry_policy: {limit: 1, interval_sec: 0}}
  - {id: after, depends: bad, run: echo}
`;

  test('is appended: steps in a table, the end of what failed, the line to go on', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    at.write('summary.md', 'before\n');
    const env = { ...GITHUB, GITHUB_STEP_SUMMARY: join(at.dir, 'summary.md') };
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'], { env })).code).toBe(1);
    const summary = at.read('summary.md');
    expect(summary).toMatch(/^before\n### ✗ failed: dag \(\S+\)\n/);
    expect(summary).toMatch(/^\| good \| ✓ succeeded \| \S+ \| 1 \|$/m);
    expect(summary).toMatch(/^\| bad \| ✗ failed \| \S+ \| 2 \|$/m);
    expect(summary).toMatch(/^\| after \| ■ aborted \| {2}\| 0 \|$/m);
    expect(summary).toContain('**bad failed**: exit code 3, try 2 of 2\n\n````text\n13\n');
    expect(summary).toMatch(/30\n```\n# no heading\n````\n\nGo on with `flow resume r-1`\.\n$/);
  });

  test('one that cannot be written is a warning, and the outcome stays', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{id: a, run: echo}]\n');
    const env = { ...GITHUB, GITHUB_STEP_SUMMARY: at.dir };
    const { code, stderr } = await at.flow(['run', 'dag.yaml'], { env });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^warning: cannot write the step summary /m)]);
  });

  test('is for grouped output on GitHub alone', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{id: a, run: echo}]\n');
    const summary = { GITHUB_STEP_SUMMARY: join(at.dir, 'summary.md') };
    await at.flow(['run', 'dag.yaml'], { env: { ...CI, ...summary } });
    await at.flow(['run', 'dag.yaml', '--output', 'plain'], { env: { ...GITHUB, ...summary } });
    expect(existsSync(join(at.dir, 'summary.md'))).toBe(false);
  });
});
