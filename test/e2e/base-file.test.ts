import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place } from '../support/flow.ts';

const DAG = `env: {PLACE: here}
steps:
  - {id: a, run: 'echo "a: $TEAM, $PLACE"'}
  - {id: b, depends: a, run: 'test -e ok && echo "b: $TEAM"'}
`;

describe('the base file (LANGUAGE.md §21.5, CLI.md §7)', () => {
  test('is named by a flag, a variable, or the configuration, in this order', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{run: echo "$WHO"}]\n');
    for (const who of ['flag', 'variable', 'file']) at.write(`conf/${who}.yaml`, `env: {WHO: ${who}}\n`);
    at.write('flow.config.yaml', 'base_config: conf/file.yaml\n');
    const env = { FLOW_BASE_CONFIG: 'conf/variable.yaml' };
    const said = async (args: string[], options = {}): Promise<string> =>
      (await at.flow(['run', 'dag.yaml', '-q', ...args], options)).stdout.trim();
    expect(await said([])).toContain('file');
    expect(await said([], { env })).toContain('variable');
    expect(await said(['--base', 'conf/flag.yaml'], { env })).toContain('flag');
    expect((await at.flow(['validate', 'dag.yaml'], { env: { FLOW_BASE_CONFIG: 'none.yaml' } })).stderr).toBe(
      'error[E002] base file "none.yaml" not found\nhint: it is named by --base, FLOW_BASE_CONFIG or base_config\n',
    );
  });

  test('is stored with the run: resume and rerun need the file no more, and say that it changed (R8)', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    const base = at.write('base.yaml', 'env: {TEAM: data}\nhandler_on: {exit: {run: echo "bye $TEAM"}}\n');
    const first = await at.flow(['run', 'dag.yaml', '--base', 'base.yaml', '--run-id', 'r1']);
    expect(first).toMatchObject({ code: 1, stdout: expect.stringContaining('a: data, here') as string });
    at.write('ok', '');
    at.write('base.yaml', 'env: {TEAM: other}\n');
    const resumed = await at.flow(['resume', 'r1']);
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toContain('b: data');
    expect(resumed.stdout).toContain('bye data');
    expect(resumed.stderr).toContain(
      `note: ${base} has changed since the run started; the definition stored with the run is used\n`,
    );
    rmSync(base);
    const again = await at.flow(['rerun', 'r1']);
    expect(again.stdout).toContain('a: data, here');
    expect(again.stderr).toContain(`note: ${base} is gone;`);
  });

  test('two bases of one DAG are two definitions', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{run: echo "$TEAM"}]\n');
    at.write('one.yaml', 'env: {TEAM: one}\n');
    at.write('two.yaml', 'env: {TEAM: two}\n');
    for (const [i, args] of [[], ['--base', 'one.yaml'], ['--base', 'two.yaml']].entries())
      await at.flow(['run', 'dag.yaml', '--run-id', `r${i}`, ...args]);
    for (const [i, who] of ['', 'one', 'two'].entries()) {
      const { stdout } = await at.flow(['rerun', `r${i}`, '-q']);
      expect(stdout).toBe(who === '' ? 'step_1 │ \n' : `step_1 │ ${who}\n`);
    }
  });

  test('a base file beside the DAGs is no DAG to validate', async () => {
    const at = place();
    at.write('dags/a.yaml', 'steps: [{run: echo hi}]\n');
    at.write('dags/b.yaml', 'steps: [{run: echo hi}]\n');
    at.write('dags/base.yaml', 'env: {TEAM: data}\nmisspelled: 1\n');
    const { code, stderr } = await at.flow(['validate', 'dags', '--base', 'dags/base.yaml']);
    expect([code, stderr.match(/error\[/g)]).toEqual([2, ['error[']]);
    expect(stderr).toContain('dags/base.yaml:2:1: error[E106] unknown key "misspelled"');
  });
});

describe('log_dir and artifacts.dir (LANGUAGE.md §21.2, §21.3)', () => {
  test('~ is the home directory; what a base file says is relative to the DAG', async () => {
    const at = place();
    at.write('dags/dag.yaml', 'steps: [{run: echo hi > "$FLOW_ARTIFACTS_DIR/x"}]\n');
    at.write('conf/base.yaml', 'log_dir: logs\nartifacts: {dir: ~/out}\n');
    expect((await at.flow(['run', 'dag', '--run-id', 'r1', '--base', 'conf/base.yaml'])).code).toBe(0);
    expect(readdirSync(join(at.dir, 'dags', 'logs', 'r1'))).toContain('run.log');
    expect(at.read('out/r1/x')).toBe('hi\n');
  });

  test('a link in the place of the logs is not followed, and nothing is recorded (E11)', async () => {
    const at = place();
    at.write('dag.yaml', 'log_dir: logs\nsteps: [{run: echo hi}]\n');
    mkdirSync(join(at.dir, 'logs'));
    mkdirSync(join(at.dir, 'foreign'));
    symlinkSync(join(at.dir, 'foreign'), join(at.dir, 'logs', 'r1'));
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r1']);
    expect([code, stderr]).toEqual([70, expect.stringContaining('a file or a link is in the way')]);
    expect(readdirSync(join(at.dir, 'foreign'))).toEqual([]);
    expect((await at.flow(['history'])).stderr).toContain('no runs');
  });

  test('a resumed run goes on in the folders that it began with', async () => {
    const at = place();
    at.write('dag.yaml', 'log_dir: one\nsteps: [{id: a, run: test -e ok}]\n');
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r1'])).code).toBe(1);
    at.write('dag.yaml', 'log_dir: two\nsteps: [{id: a, run: test -e ok}]\n');
    at.write('ok', '');
    expect((await at.flow(['resume', 'r1'])).code).toBe(0);
    expect(readdirSync(join(at.dir, 'one', 'r1')).filter((name) => name.endsWith('.out'))).toEqual([
      '1.1.out',
      '1.2.out',
    ]);
  });
});
