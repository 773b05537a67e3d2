import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { place, type Place } from '../support/flow.ts';
import { junitProblems } from '../support/junit-schema.ts';
import { parseXml, type Element } from '../support/xml.ts';

/** The suites of a report that keeps to the schema. */
function suites(at: Place, file = 'junit.xml'): readonly Element[] {
  const root = parseXml(at.read(file));
  expect(junitProblems(root)).toEqual([]);
  expect(root.name).toBe('testsuites');
  return root.children;
}

/** `name: verdict type message` of each case. */
function verdicts(suite: Element | undefined): string[] {
  return (suite?.children ?? []).map(({ attributes, children }) => {
    const [one] = children.filter(({ name }) => ['failure', 'error', 'skipped'].includes(name));
    const verdict =
      one === undefined
        ? 'passed'
        : `${one.name} ${one.attributes['type'] ?? ''}: ${one.attributes['message'] ?? ''}`;
    return `${attributes['classname'] ?? ''} ${attributes['name'] ?? ''} ${verdict}`;
  });
}

function part(suite: Element | undefined, title: string, name: string): string | undefined {
  const found = suite?.children.find(({ attributes }) => attributes['name'] === title);
  return found?.children.find((child) => child.name === name)?.text;
}

describe('--junit FILE (CLI.md §3)', () => {
  test('a suite for the run and each child run, a case for each step, with its outcome', async () => {
    const at = place();
    at.write(
      'etl.yaml',
      `handler_on: {failure: {run: echo told}, success: {run: echo never}}
steps:
  - {id: good, run: 'echo out; echo err >&2'}
  - {id: merged, log_output: merged, run: 'echo out; echo err >&2'}
  - {id: bad, run: 'echo why; exit 3', retry_policy: {limit: 1, interval_sec: 0}}
  - {id: after, depends: bad, run: echo}
  - {id: lint, run: exit 9, continue_on: failed}
  - {id: unmet, run: echo, preconditions: ['false']}
  - id: each
    foreach: {items: [eu, us], as: r, key: "\${foreach.r}", steps: [{id: copy, run: 'test "\${foreach.r}" = eu'}]}
  - {id: deploy, action: dag.run, with: {dag: child}}
---
name: child
steps: [{id: send, run: echo sent}]
`,
    );
    const { code } = await at.flow(['run', 'etl.yaml', '--junit', 'out/junit.xml', '--run-id', 'r-1']);
    expect(code).toBe(1);
    const [etl, child, ...more] = suites(at, 'out/junit.xml');
    expect(more).toEqual([]);
    expect(verdicts(etl)).toEqual([
      'etl good passed',
      'etl merged passed',
      'etl bad failure exit_code: exit code 3, try 2 of 2',
      'etl after error upstream_failed: upstream failed: bad',
      'etl lint skipped continue_on: failed, allowed by continue_on: exit code 9',
      expect.stringMatching(/^etl unmet skipped precondition_not_met: /),
      expect.stringMatching(/^etl each failure R704: /),
      'etl.each copy[eu] passed',
      'etl.each copy[us] failure exit_code: exit code 1',
      'etl deploy passed',
      'etl onFailure passed',
    ]);
    expect(etl?.attributes).toMatchObject({ name: 'etl', id: 'r-1', file: join(at.dir, 'etl.yaml') });
    expect(child?.attributes['name']).toBe('child (deploy)');
    expect(verdicts(child)).toEqual(['child (deploy) send passed']);
    expect([part(etl, 'good', 'system-out'), part(etl, 'good', 'system-err')]).toEqual(['out\n', 'err\n']);
    expect(part(etl, 'merged', 'system-out')).toBe('out\nerr\n');
    expect(part(etl, 'merged', 'system-err')).toBe(undefined);
    expect(part(etl, 'bad', 'failure')).toBe('exit code 3, try 2 of 2\nwhy');
    // Others are to read it, and nothing is left beside it.
    expect(statSync(join(at.dir, 'out/junit.xml')).mode).toBe(statSync(join(at.dir, 'etl.yaml')).mode);
    expect(readdirSync(join(at.dir, 'out'))).toEqual(['junit.xml']);
  });

  test('holds the last 64 KiB of a stream, whatever bytes they are, and no secret', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `secrets: [{name: TOKEN, provider: env, key: MY_TOKEN}]
steps:
  - {id: long, run: seq 1 30000}
  - {id: odd, run: "printf '\\\\000\\\\033[31mred\\\\033[0m \\\\377 ]]> <&>'"}
  - {id: secret, run: 'echo "it is $TOKEN"; exit 1'}
`,
    );
    await at.flow(['run', 'dag.yaml', '--junit', 'junit.xml'], { env: { MY_TOKEN: 'correct-horse' } });
    const [suite] = suites(at);
    const long = part(suite, 'long', 'system-out') ?? '';
    expect(long).toMatch(/^\[flow: \d+ bytes left out here\]\n/);
    expect(long).toMatch(/\n30000\n$/);
    expect(long.length).toBeLessThan(66_000);
    expect(part(suite, 'odd', 'system-out')).toBe('\ufffdred \ufffd ]]> <&>');
    expect(part(suite, 'secret', 'failure')).toBe('exit code 1\nit is ***');
    expect(at.read('junit.xml')).not.toContain('correct-horse');
  });

  test('is written when the run waits, and anew by the attempt that goes on', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `type: chain
steps:
  - {id: build, run: echo built}
  - {id: ask, action: human.task, with: {prompt: "Go?"}}
  - {id: ship, run: echo shipped}
`,
    );
    expect((await at.flow(['run', 'dag.yaml', '--junit', 'junit.xml'])).code).toBe(3);
    expect(verdicts(suites(at)[0])).toEqual([
      'dag build passed',
      'dag ask skipped waiting: waits for a person',
      'dag ship skipped pending: has not ended yet',
    ]);
    const answer = ['complete', 'last', 'ask', '--resume', '--junit', 'second.xml'];
    expect((await at.flow(answer)).code).toBe(0);
    expect(verdicts(suites(at, 'second.xml')[0])).toEqual([
      'dag build passed',
      'dag ask passed',
      'dag ship passed',
    ]);
  });

  test('is written after an abort, with what was stopped as errors', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `type: chain\nsteps:\n  - {id: a, run: 'touch begun; sleep 60'}\n  - {id: b, run: echo}\n`,
    );
    const running = at.spawn(['run', 'dag.yaml', '--junit', 'junit.xml', '--output', 'grouped']);
    await eventually(() => existsSync(join(at.dir, 'begun')));
    running.kill('SIGTERM');
    expect((await running).exitCode).toBe(143);
    expect(verdicts(suites(at)[0])).toEqual([
      expect.stringMatching(/^dag a error sigterm: /),
      expect.stringMatching(/^dag b error \w+: /),
    ]);
  });

  test('a root precondition that is not met is no error: the run exits 0', async () => {
    const at = place();
    at.write('dag.yaml', `preconditions: ['false']\nsteps: [{id: a, run: echo}]\n`);
    expect((await at.flow(['run', 'dag.yaml', '--junit', 'junit.xml'])).code).toBe(0);
    expect(verdicts(suites(at)[0])).toEqual([expect.stringMatching(/^dag a skipped precondition_not_met: /)]);
  });

  test('works with resume and rerun, beside every mode of output', async () => {
    const at = place();
    at.write('dag.yaml', `type: chain\nsteps:\n  - {id: a, run: echo}\n  - {id: b, run: test -e go}\n`);
    await at.flow(['run', 'dag.yaml', '--json', '--junit', '1.xml', '--events', 'events']);
    expect(verdicts(suites(at, '1.xml')[0])).toEqual([
      'dag a passed',
      'dag b failure exit_code: exit code 1',
    ]);
    at.write('go', '');
    await at.flow(['resume', '--junit', '2.xml', '--output', 'plain']);
    await at.flow(['rerun', 'last', '--junit', '3.xml', '--output', 'grouped']);
    for (const file of ['2.xml', '3.xml']) {
      expect(verdicts(suites(at, file)[0])).toEqual(['dag a passed', 'dag b passed']);
    }
  });

  test('a place that cannot be written is refused before anything runs', async () => {
    const at = place();
    at.write('dag.yaml', 'steps: [{run: echo}]\n');
    writeFileSync(join(at.dir, 'file'), '');
    mkdirSync(join(at.dir, 'folder'));
    for (const path of ['file/junit.xml', 'folder']) {
      const { code, stderr } = await at.flow(['run', 'dag.yaml', '--junit', path]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^error\[E001\] --junit: cannot write .*: /)]);
    }
    expect(existsSync(at.home)).toBe(false);
  });

  test('one that cannot be written in the end is a warning, and the outcome stays', async () => {
    const at = place();
    at.write('dag.yaml', `steps: [{id: a, run: 'rm -r out'}]\n`);
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--junit', 'out/junit.xml']);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^warning: cannot write the JUnit report /m)]);
  });
});
