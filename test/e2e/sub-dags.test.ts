import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

interface Shown {
  readonly run: { readonly state: string; readonly reason: string | null };
  readonly steps: readonly {
    readonly id: string;
    readonly state: string;
    readonly reason: string | null;
    readonly tries: readonly unknown[];
    readonly children: readonly string[];
    readonly outputs: Readonly<Record<string, unknown>>;
  }[];
}

async function status(at: Place, run = 'r-1'): Promise<Shown> {
  return at.json(['status', run, '--json']);
}

async function stepOf(at: Place, id: string, run = 'r-1'): Promise<Shown['steps'][number]> {
  const step = (await status(at, run)).steps.find((one) => one.id === id);
  if (step === undefined) throw new Error(`no step ${id}`);
  return step;
}

function effects(at: Place): string[] {
  const file = join(at.dir, 'effects');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').sort() : [];
}

const CHILD = `---
name: child
params: [{name: what, required: true}, {name: n, type: integer, default: 1}]
steps:
  - {id: up, run: 'echo "up $what $n" >> effects; test ! -e "bad-$what"; echo "$what"', output: OUT}
  - {id: down, depends: up, run: 'echo "down $what" >> effects'}
`;

describe('dag.run (§17)', () => {
  test('a later document runs as a run of its own, with its params, and gives its outputs', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `env: [{SECRET_OF_PARENT: x}]
steps:
  - {id: kid, action: dag.run, with: {dag: child, params: {what: a b, n: 7}}}
  - {id: after, depends: kid, run: 'echo "\${steps.kid.outputs.outputs.OUT} \${steps.kid.outputs.params.n}"', output: AFTER}
${CHILD}`,
    );
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(effects(at)).toEqual(['down a b', 'up a b 7']);
    expect((await stepOf(at, 'after')).outputs).toEqual({ AFTER: 'a b 7' });
    const kid = await stepOf(at, 'kid');
    const [id = ''] = kid.children;
    expect(kid.outputs).toEqual({
      ...{ name: 'child', dagRunId: id, params: { what: 'a b', n: 7 }, outputs: { OUT: 'a b' } },
      status: 'succeeded',
    });
    const child = await at.json(['status', id, '--json']);
    expect(child).toMatchObject({ run: { dag: 'child', state: 'succeeded', trigger: 'subdag' } });
    // A child run is found by its id, and by its parent; nowhere else (CLI.md §1).
    expect(((await at.json(['history', '--json'])) as { runs: unknown[] }).runs).toHaveLength(1);
    const log = JSON.parse((await at.flow(['logs', 'r-1', 'kid'])).stdout) as unknown;
    expect(log).toEqual(kid.outputs);
  });

  test('a file beside the DAG file, then a name in the DAG folder; it runs in its own directory', async () => {
    const at = place();
    at.write(
      'main/dag.yaml',
      'steps:\n  - {id: a, action: dag.run, with: {dag: lib/one}}\n  - {id: b, action: dag.run, with: {dag: two}}\n',
    );
    at.write('main/lib/one.yaml', 'steps: [{id: w, run: basename "$PWD", output: W}]');
    at.write('dags/two.yml', 'steps: [{id: w, run: basename "$PWD", output: W}]');
    const { code, stderr } = await at.flow(['run', 'main/dag.yaml', '--run-id', 'r-1']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect((await stepOf(at, 'a')).outputs['outputs']).toEqual({ W: 'lib' });
    expect((await stepOf(at, 'b')).outputs['outputs']).toEqual({ W: 'dags' });
  });

  test('root_name, root_id and trigger of a child (§8.3)', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `name: outer
steps: [{id: kid, action: dag.run, with: {dag: mid}}]
---
name: mid
steps: [{id: kid, action: dag.run, with: {dag: inner}}]
---
name: inner
steps: [{run: 'echo "\${run.root_name} \${run.root_id} \${trigger.type} \${dag.name}" > facts'}]
`,
    );
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(0);
    expect(at.read('facts')).toBe('outer r-1 subdag inner\n');
  });

  test.each([
    ['R710', 'dag: "no${run.id}"', '', /sub-DAG `nor-1` not found: tried .*nor-1\.yaml/],
    ['R711', 'dag: broken', 'steps: [{run: x, depends: y}]', /sub-DAG `broken` is not valid: E212/],
    ['R711', 'dag: broken, params: {b: 1}', 'params: [{a: 1}]\nsteps: [{run: x}]', /unknown parameter "b"/],
    [
      'R714',
      'dag: broken',
      'steps: [{id: ask, action: human.task, with: {prompt: "?"}}]',
      /has a human task, `ask`/,
    ],
    ['R713', 'dag: broken', 'steps: [{action: dag.run, with: {dag: broken}}]', /at most 16 levels|failed/],
  ])('%s: %s', async (code, given, file, message) => {
    const at = place();
    at.write('broken.yaml', file);
    at.write(
      'dag.yaml',
      `steps: [{id: kid, action: dag.run, with: {${given}}, retry_policy: {limit: 1, interval_sec: 0}}]`,
    );
    const { stderr, code: exit } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect(exit).toBe(1);
    expect(stderr).toMatch(message);
    const kid = await stepOf(at, 'kid');
    if (code === 'R713') expect(stderr).toContain('at most 16 levels');
    // What fails before it begins is not retried (§13.3).
    else expect([kid.reason, kid.tries.length]).toEqual([code, 1]);
  });

  test('R712: a failed child fails the step; retry and resume go on in the same child run', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps: [{id: kid, action: dag.run, with: {dag: child, params: {what: x}}, retry_policy: {limit: 1, interval_sec: 0}}]
${CHILD}`,
    );
    at.write('bad-x', '');
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/sub-DAG `child` failed, run \w{8}: up failed/);
    expect(effects(at)).toEqual(['up x 1', 'up x 1']);
    rmSync(join(at.dir, 'bad-x'));
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    const { children, tries } = await stepOf(at, 'kid');
    expect([children.length, tries.length]).toEqual([1, 3]);
    expect(effects(at)).toEqual(['down x', 'up x 1', 'up x 1', 'up x 1']);
  });

  test('skipped when its root precondition is not met, in part when the child is, aborted with it', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - {id: skips, action: dag.run, with: {dag: unmet}}
  - {id: half, action: dag.run, with: {dag: partly}}
---
name: unmet
preconditions: 'false'
steps: [{run: echo never}]
---
name: partly
steps: [{run: 'true'}, {run: 'false', continue_on: failed}]
`,
    );
    const { code } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect(code).toBe(0);
    const { run, steps } = await status(at);
    expect(run.state).toBe('partially_succeeded');
    expect(steps.map(({ id, state, reason }) => [id, state, reason])).toEqual([
      ['skips', 'skipped', 'precondition_not_met'],
      ['half', 'succeeded', null],
    ]);
  });

  test('a repetition makes a new child, --from too; a child resumed alone leaves its parent as it is', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps: [{id: kid, action: dag.run, with: {dag: child, params: {what: x}}, repeat_policy: {repeat: true, limit: 2}}]
${CHILD}`,
    );
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(0);
    expect((await stepOf(at, 'kid')).children).toHaveLength(2);
    expect((await at.flow(['resume', 'r-1', '--from', 'kid'])).code).toBe(0);
    const { children } = await stepOf(at, 'kid');
    expect(children).toHaveLength(4);
    const alone = await at.flow(['resume', children[0] ?? '', '--from', 'down']);
    expect(alone.code).toBe(0);
    expect(alone.stderr).toContain('r-1');
    expect((await status(at)).run.state).toBe('succeeded');
  });
});

describe('parallel (§16.2)', () => {
  test('a child per item, equal ones once; what failed is run again by resume', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - id: many
    action: dag.run
    with: {dag: child, params: {what: "\${ITEM.name}"}}
    parallel: {items: [{name: a}, {name: b}, {name: a}], max_concurrent: 1}
${CHILD}`,
    );
    at.write('bad-b', '');
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(1);
    rmSync(join(at.dir, 'bad-b'));
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(effects(at)).toEqual(['down a', 'down b', 'up a 1', 'up b 1', 'up b 1']);
    const { outputs, children } = await stepOf(at, 'many');
    expect(children).toHaveLength(2);
    expect(outputs['summary']).toEqual({ total: 3, succeeded: 3, failed: 0 });
    expect(outputs['outputs']).toEqual([{ OUT: 'a' }, { OUT: 'b' }, { OUT: 'a' }]);
  });

  test('items as words, JSON or an object; without params the item is the params', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `params: [{name: words, default: 'what=a, what=b;"what=c"'}, {name: json, default: '{"what": "d", "n": 2}'}]
steps:
  - {id: words, action: dag.run, with: {dag: child}, parallel: "\${params.words}"}
  - {id: object, action: dag.run, with: {dag: child}, parallel: "\${params.json}"}
${CHILD}`,
    );
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(effects(at).filter((line) => line.startsWith('up'))).toEqual([
      ...['up a 1', 'up b 1', 'up c 1', 'up d 2'],
    ]);
  });

  test('R703: no items', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `params: [{name: words, default: ' '}]
steps: [{id: many, action: dag.run, with: {dag: child}, parallel: "\${params.words}"}]
${CHILD}`,
    );
    const { stderr } = await at.flow(['run', 'dag.yaml']);
    expect(stderr).toContain('parallel has no items');
  });

  test('-j bounds the steps of child runs too (CLI.md §3)', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps: [{id: many, action: dag.run, with: {dag: child, params: {n: "\${ITEM}"}}, parallel: [1, 2, 3]}]
---
name: child
params: [{name: n}]
steps: [{run: 'mkdir busy; echo in; rmdir busy'}, {run: 'mkdir busy; echo in; rmdir busy'}]
`,
    );
    expect((await at.flow(['run', 'dag.yaml', '-j', '1'])).code).toBe(0);
  });
});

describe('dag.enqueue (§17, §21.1)', () => {
  test('leaves queued runs, once for each id, also when it is tried again; resume starts one', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - id: later
    action: dag.enqueue
    with: {dag: child, params: "what=\${ITEM}", queue: nightly}
    parallel: [a, b]
    retry_policy: {limit: 1, interval_sec: 0}
    output_schema: {const: never}
${CHILD}`,
    );
    const { code } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect(code).toBe(1);
    const { runs } = (await at.json(['history', 'child', '--json'])) as {
      runs: { id: string; state: string }[];
    };
    expect(runs.map(({ state }) => state)).toEqual(['queued', 'queued']);
    expect(effects(at)).toEqual([]);
    expect((await at.flow(['resume', runs[0]?.id ?? ''])).code).toBe(0);
    expect(effects(at)).toEqual(['down b', 'up b 1']);
  });

  test('its result names the run and its queue', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps: [{id: later, action: dag.enqueue, with: {dag: child, params: {what: a}}}]
${CHILD}`,
    );
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(0);
    const { outputs } = await stepOf(at, 'later');
    expect(outputs).toMatchObject({ name: 'child', queue: 'child', status: 'queued' });
    expect(await at.json(['status', String(outputs['dagRunId']), '--json'])).toMatchObject({
      run: { state: 'queued' },
    });
  });
});

const GATED = `steps:
  - {id: kid, action: dag.run, with: {dag: child}}
  - {id: after, depends: kid, run: echo after >> effects}
handler_on: {abort: {run: echo abort of parent >> effects}}
---
name: child
handler_on: {abort: {run: echo abort of child >> effects}}
steps:
  - id: gated
    run: |
      echo begun >> effects
      until test -e go; do sleep 0.02; done
      echo done >> effects
  - {id: last, depends: gated, run: echo last >> effects}
`;

describe('a child run and the end of its owner (§22.2, RELIABILITY.md R12)', () => {
  test('kill -9: the step of the child goes on, resume of the parent takes it over', async () => {
    const at = place();
    at.write('dag.yaml', GATED);
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => effects(at).includes('begun'));
    child.kill('SIGKILL');
    await child;
    const resumed = at.spawn(['resume', 'r-1']);
    await eventually(async () => (await at.flow(['events', 'r-1'])).stdout.includes('step.adopted'));
    at.write('go', '');
    const { exitCode, stderr } = await resumed;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(effects(at)).toEqual(['after', 'begun', 'done', 'last']);
    expect((await stepOf(at, 'kid')).tries).toHaveLength(1);
  });

  test('a stop reaches the child: its steps end, the abort handlers of both run; exit 130', async () => {
    const at = place();
    at.write('dag.yaml', GATED);
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => effects(at).includes('begun'));
    child.kill('SIGINT');
    expect((await child).exitCode).toBe(130);
    expect(effects(at)).toEqual(['abort of child', 'abort of parent', 'begun']);
    const kid = await stepOf(at, 'kid');
    expect(kid.state).toBe('aborted');
    const [id = ''] = kid.children;
    expect(await at.json(['status', id, '--json'])).toMatchObject({
      run: { state: 'aborted', reason: 'sigint' },
    });
    at.write('go', '');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(effects(at)).toEqual([
      ...['abort of child', 'abort of parent', 'after', 'begun', 'begun', 'done', 'last'],
    ]);
  });

  test('a stop whose owner died is finished with the child: nothing is left running', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps: [{id: kid, action: dag.run, with: {dag: child}}]
max_clean_up_time_sec: 60
---
name: child
max_clean_up_time_sec: 60
steps:
  - id: stubborn
    run: |
      trap '' TERM
      echo begun >> effects
      until test -e go; do sleep 0.02; done
      echo done >> effects
`,
    );
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => effects(at).includes('begun'));
    child.kill('SIGTERM');
    await eventually(async () => (await at.flow(['events', 'r-1'])).stdout.includes('run.aborting'));
    child.kill('SIGKILL');
    await child;
    const resumed = at.spawn(['resume', 'r-1']);
    await eventually(async () => (await status(at)).run.state === 'aborting');
    at.write('go', '');
    const { exitCode, stderr } = await resumed;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    // Ended by the stop, and run again by the resume.
    expect(effects(at)).toEqual(['begun', 'begun', 'done', 'done']);
  });
});

describe('a child run that waits for a person (§17, §18.2)', () => {
  test('also in a foreach body: the run waits when nothing else is to do, and goes on with the answer', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - id: all
    foreach:
      items: [a, b]
      steps:
        - {id: kid, action: dag.run, with: {dag: child, params: {what: "\${foreach.item}"}}}
        - {id: after, depends: kid, env: [{W: "\${foreach.item}"}], run: 'echo "after $W" >> effects'}
---
name: child
params: [{name: what}]
steps: [{id: plan, run: 'echo "plan $what" >> effects; test "$what" = b', continue_on: failed}, {id: ok, depends: plan, run: 'echo ok', approval: {prompt: "\${params.what}?"}}]
`,
    );
    const first = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect({ code: first.code, stderr: first.stderr }).toMatchObject({ code: 3 });
    expect((await status(at)).run.state).toBe('waiting');
    const { steps } = await status(at);
    const kids = steps.filter(({ id }) => id === 'kid');
    expect(kids.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    for (const { children } of kids) {
      expect((await at.flow(['approve', children[0] ?? '', 'ok'])).code).toBe(0);
    }
    const { code, stderr } = await at.flow(['resume', 'r-1']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(effects(at)).toEqual(['after a', 'after b', 'plan a', 'plan b']);
  });
});

test('the summary shows no account of child runs, in a foreach body neither', async () => {
  const at = place();
  at.write(
    'dag.yaml',
    `steps:
  - id: all
    foreach: {items: [a], steps: [{id: kid, action: dag.run, with: {dag: child}}]}
---
name: child
steps: [{id: breaks, run: exit 3}]
`,
  );
  const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
  expect(code).toBe(1);
  const summary = stderr.slice(stderr.indexOf('\n\n'));
  expect(summary).toContain('\nkid[0] failed: sub-DAG `child` failed');
  expect(summary).not.toContain('dagRunId');
  expect(summary).not.toContain('.out');
});
