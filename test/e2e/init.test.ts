import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place } from '../support/flow.ts';

describe('flow init', () => {
  test('writes into the DAG folder when there is one, with the schema of `flow schema` beside it', async () => {
    const at = place();
    at.write('dags/other.yaml', 'steps: [{run: echo}]');
    const { code, stdout, stderr } = await at.flow(['init', 'deploy.yaml']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('run it with  flow run dags/deploy.yaml');
    expect(readdirSync(join(at.dir, 'dags')).sort()).toEqual([
      'deploy.yaml',
      'flow.schema.json',
      'other.yaml',
    ]);
    const [first] = at.read('dags/deploy.yaml').split('\n');
    expect(first).toBe('# yaml-language-server: $schema=./flow.schema.json');
    expect(at.read('dags/flow.schema.json')).toBe((await at.flow(['schema'])).stdout);
    expect(await at.flow(['validate', 'dags', '--strict'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await at.flow(['run', 'deploy', 'who=Ada'])).stdout).toContain('Hello, Ada!');
  });

  test('writes over nothing: neither the DAG nor a schema that is there', async () => {
    const at = place();
    at.write('hello.yaml', 'mine');
    at.write('flow.schema.json', '{}');
    const refused = await at.flow(['init']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('hello.yaml exists already');
    const made = await at.flow(['init', 'next']);
    expect(made.code).toBe(0);
    expect(made.stderr).toContain('flow schema > flow.schema.json');
    expect([at.read('hello.yaml'), at.read('flow.schema.json')]).toEqual(['mine', '{}']);
  });

  test('what it writes is as open as what its caller writes, unlike what flow keeps', async () => {
    const at = place();
    const umask = process.umask(0o022);
    try {
      await at.flow(['init', '--dags', 'jobs']);
    } finally {
      process.umask(umask);
    }
    const modes = ['jobs', 'jobs/hello.yaml', 'jobs/flow.schema.json'].map(
      (name) => statSync(join(at.dir, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o755, 0o644, 0o644]);
  });

  test('a folder that cannot be written is one clear line', async () => {
    const at = place();
    at.write('file', '');
    const { code, stderr } = await at.flow(['init', '--dags', 'file/dags']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[S018\] cannot write file\/dags\/hello\.yaml: .+\n$/);
  });
});
