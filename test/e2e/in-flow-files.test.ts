import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place } from '../support/flow.ts';

describe('files of tries inside flow', () => {
  test('a log comes with what is printed; there is no folder that nothing needs', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      'steps:\n  - {id: says, action: log.write, with: {message: hello}}\n  - {id: silent, action: noop}\n',
    );
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(0);
    expect(readdirSync(join(at.home, 'logs', 'r-1')).sort()).toEqual(['1.1.out', 'run.log']);
    expect(readFileSync(join(at.home, 'logs', 'r-1', '1.1.out'), 'utf8')).toBe('hello\n');
    expect(existsSync(join(at.home, 'work', 'r-1', 'try'))).toBe(false);
    const logs = await at.flow(['logs', 'r-1', 'silent']);
    expect([logs.code, logs.stdout, logs.stderr]).toEqual([0, '', 'no output\n']);
    expect((await at.flow(['logs', 'r-1', '-f'])).stdout).toBe('says   │ hello\n');
    const why = await at.flow(['why', 'r-1', 'says']);
    expect(why.stdout).toContain('1.1.out');
    expect(why.stdout).not.toContain('1.1.err');
  });

  test('whoever names a file of the own try finds it', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - id: log
    action: file.stat
    with: {path: "\${context.paths.step_stderr_file}"}
  - id: file
    action: file.write
    with: {path: "\${env.FLOW_OUTPUT_FILE}.json", content: '{"version": 7}'}
    output: {version: {from: file, path: "\${context.paths.step_output_file}.json", decode: json, select: .version}}
  - {id: use, depends: [log, file], run: 'echo "version \${steps.file.outputs.version}"'}
`,
    );
    const { code, stdout, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect([code, code === 0 ? '' : stdout + stderr]).toEqual([0, '']);
    expect(stdout).toContain('version 7');
  });
});
