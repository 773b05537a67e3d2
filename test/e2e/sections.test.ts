import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dagOf, found, load } from '../support/diagnose.ts';
import { place } from '../support/flow.ts';

/** Promises of LANGUAGE.md that belong to no single room, on whole files and the real binary. */
describe('files', () => {
  test('§2.7 other older spellings are refused with what to write instead', () => {
    const replaced: readonly (readonly [string, string])[] = [
      ['maxActiveSteps: 2\nsteps: [{run: echo}]', 'write max_active_steps'],
      ['dir: a\nsteps: [{run: echo}]', 'write working_dir'],
      ['handler_on: {cancel: {run: echo}}\nsteps: [{run: echo}]', 'write abort'],
      ['steps: [{run: echo, timeoutSec: 2}]', 'write timeout_sec'],
      ['steps: [{exec: ls}]', 'write action: exec, with: {command, args}'],
      ['steps: [{run: echo, shell: bash}]', 'write with: {shell}'],
    ];
    for (const [text, instead] of replaced) {
      const [problem] = load(text).diagnostics;
      expect(problem?.code).toBe('E107');
      expect(problem?.message).toContain(instead);
    }
  });

  test('§3 §4.3 fields that are left out have the defaults of the contract', () => {
    const dag = dagOf('steps: [{run: echo hi}]');
    expect(dag).toMatchObject({ name: 'dag', type: 'graph', timeoutSec: 0, maxActiveSteps: 0 });
    expect(dag).toMatchObject({ maxCleanUpTimeSec: 5, maxOutputSize: 1_048_576, workingDir: null });
    const [step] = dag.steps;
    expect(step).toMatchObject({ name: 'step_1', depends: [], retry: null, continueOn: null, timeoutSec: 0 });
    expect(step).toMatchObject({ signalOnStop: 'SIGTERM', onInterrupt: 'rerun', logOutput: 'separate' });
  });

  test('§4.1 an entry is a step, text, or a group of these', () => {
    const dag = dagOf('steps: [{id: a, run: echo 1}, echo 2, [{id: b, run: echo 3}, echo 4]]');
    expect(dag.steps.map((step) => step.name)).toEqual(['a', 'step_2', 'b', 'step_4']);
    expect(found('steps: [{id: a}]')).toEqual(['E202 1:10']);
  });

  test('§5.2 §5.3 in a chain each entry waits for the one before it, and may not say so', () => {
    const dag = dagOf(
      'type: chain\nsteps: [{id: a, run: a}, [{id: b, run: b}, {id: c, run: c}], {id: d, run: d}]',
    );
    expect(dag.steps.map((step) => step.depends)).toEqual([[], [1], [1], [2, 3]]);
    expect(found('type: chain\nsteps: [{id: a, run: a, depends: []}]')).toEqual(['E211 2:25']);
  });
});

describe('runs', () => {
  test('§1.4 §15.1 what is wrong before the start is exit 2 and leaves no trace; what goes wrong later is exit 1', async () => {
    const at = place();
    at.write('bad.yaml', 'steps: [{id: a, run: echo, depends: b}]');
    at.write('dag.yaml', 'params: [{name: n, type: integer, default: 1}]\nsteps: [{id: a, run: "exit $n"}]');
    expect((await at.flow(['run', 'bad.yaml'])).code).toBe(2);
    expect((await at.flow(['run', 'dag.yaml', 'n=many'])).code).toBe(2);
    expect(existsSync(join(at.home, 'flow.db'))).toBe(false);
    expect((await at.flow(['run', 'dag.yaml'])).code).toBe(1);
    const { runs } = await at.json(['history', '--json']);
    expect(runs).toHaveLength(1);
  });

  test('§5.1 steps that are ready together start in the order of the file', async () => {
    const at = place();
    at.write('dag.yaml', 'max_active_steps: 1\nsteps: [{run: echo 1}, {run: echo 2}, {run: echo 3}]');
    const { stdout } = await at.flow(['run', 'dag.yaml']);
    expect([...stdout.matchAll(/│ (\d)/g)].map(([, n]) => n)).toEqual(['1', '2', '3']);
  });

  test('§6.4 no message or record holds the text of a script with its values', async () => {
    const at = place();
    at.write('dag.yaml', 'consts: [{k: hush}]\nsteps: [{id: a, run: "test ${consts.k}1 = x"}]');
    const { code, stdout, stderr } = await at.flow(['run', 'dag.yaml']);
    const events = await at.flow(['events', '--json']);
    expect(code).toBe(1);
    expect(stdout + stderr + events.stdout).not.toContain('hush1');
  });

  test('§7.1 steps run in the directory of the file, or relative to it', async () => {
    const at = place();
    at.write('jobs/work/sub/here', '');
    at.write('jobs/dag.yaml', 'working_dir: work\nsteps: [{id: a, working_dir: sub, run: ls}]');
    at.write('jobs/plain.yaml', 'steps: [{id: a, run: pwd}]');
    expect((await at.flow(['run', 'jobs/dag.yaml'])).stdout).toContain('│ here');
    expect((await at.flow(['run', 'jobs/plain.yaml'])).stdout).toContain(`${at.dir}/jobs\n`);
    expect(existsSync(join(at.dir, 'jobs/work/sub/here'))).toBe(true);
  });

  test('§7.4 managed variables and their older names hold the same', async () => {
    const at = place();
    const pairs = ['FLOW_DAG_NAME DAG_NAME', 'FLOW_RUN_ID DAG_RUN_ID', 'FLOW_STEP_NAME DAG_RUN_STEP_NAME'];
    const files = ['FLOW_OUTPUT_FILE DAGU_OUTPUT_FILE', 'FLOW_STDOUT_FILE DAG_RUN_STEP_STDOUT_FILE'];
    const tests = [...pairs, ...files].map((pair) => {
      const [name = '', older = ''] = pair.split(' ');
      return `test -n "$${name}" && test "$${name}" = "$${older}"`;
    });
    at.write(
      'dag.yaml',
      `env: {FLOW_RUN_ID: mine}\nsteps:\n  - id: a\n    run:\n${tests.map((t) => `      - '${t}'\n`).join('')}`,
    );
    expect((await at.flow(['run', 'dag.yaml'])).code).toBe(0);
  });

  test('§11.1 only the outputs of the try that succeeded count', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - id: a
    run: |
      echo "v=$FLOW_TRY" >> "$FLOW_OUTPUT_FILE"
      test "$FLOW_TRY" -eq 2
    outputs: [{name: v}]
    retry_policy: {limit: 1, interval_sec: 0}
  - {id: b, depends: a, env: [{V: "\${steps.a.outputs.v}"}], run: echo "got $V"}
`,
    );
    expect((await at.flow(['run', 'dag.yaml'])).stdout).toContain('got 2');
  });

  test('§21.2 a try has a log for each stream, or one for both', async () => {
    const at = place();
    const run = `run: 'echo "l=$FLOW_STDOUT_FILE $FLOW_STDERR_FILE" >> "$FLOW_OUTPUT_FILE"', outputs: [{name: l}]`;
    at.write('dag.yaml', `steps: [{id: a, ${run}}, {id: b, ${run}, log_output: merged}]`);
    await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    const { steps } = await at.json(['status', '--json']);
    const files = (steps as { outputs: { l: string } }[]).map(
      ({ outputs }) => new Set(outputs.l.split(' ')).size,
    );
    expect(files).toEqual([2, 1]);
    expect(readdirSync(join(at.home, 'logs', 'r-1')).length).toBeGreaterThan(2);
  });

  test('§15.2 §22.5 a rerun is a new run; with --from it takes over what came before', async () => {
    const at = place();
    at.write('dag.yaml', 'type: chain\nsteps: [{id: a, run: echo first}, {id: b, run: echo second}]');
    await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    const { stdout } = await at.flow(['rerun', 'r-1', '--from', 'b', '--run-id', 'r-2']);
    expect(stdout).toContain('second');
    expect(stdout).not.toContain('first');
    const { runs } = await at.json(['history', '--json']);
    expect((runs as { id: string; state: string }[]).map(({ id, state }) => `${id} ${state}`)).toEqual([
      'r-2 succeeded',
      'r-1 succeeded',
    ]);
  });
});
