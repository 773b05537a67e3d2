import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

interface Shown {
  readonly run: { readonly state: string };
  readonly steps: readonly {
    readonly id: string;
    readonly item: string | null;
    readonly state: string;
    readonly tries: readonly unknown[];
    readonly outputs: Readonly<Record<string, unknown>>;
  }[];
}

/** `id[item] state tries` of every step, in the order of `flow status`. */
async function steps(at: Place, run = 'r-1'): Promise<string[]> {
  const { steps: all } = (await at.json(['status', run, '--json'])) as Shown;
  return all.map(({ id, item, state, tries }) => {
    return `${id}${item === null ? '' : `[${item}]`} ${state} ${tries.length}`;
  });
}

async function outputsOf(at: Place, id: string, run = 'r-1'): Promise<Readonly<Record<string, unknown>>> {
  const { steps: all } = (await at.json(['status', run, '--json'])) as Shown;
  return all.find((step) => step.id === id && step.item === null)?.outputs ?? {};
}

const LOAD = `steps:
  - {id: list, run: 'cat regions', output: REGIONS}
  - id: load
    depends: list
    foreach:
      items: \${steps.list.outputs.REGIONS}
      as: region
      key: \${foreach.region.id}
      steps:
        - id: one
          env: [{R: "\${foreach.region.id}"}]
          run: 'echo "$R" >> effects; test ! -e "bad-$R"; echo "rows of $R"'
          output: ROWS
        - {id: two, depends: one, run: 'echo "$ROWS" >> effects'}
      collect: {rows: "\${steps.one.outputs.ROWS}"}
  - {id: after, depends: load, run: echo after >> effects}
`;

function load(): Place {
  const at = place();
  at.write('regions', '[{"id":"eu","size":1},{"id":"us","size":2}]');
  at.write('dag.yaml', LOAD);
  return at;
}

describe('foreach (§16.1)', () => {
  test('runs its body once per item, and publishes what it collects, never the items', async () => {
    const at = load();
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await steps(at)).toEqual([
      ...['list succeeded 1', 'load succeeded 1', 'one[eu] succeeded 1', 'two[eu] succeeded 1'],
      ...['one[us] succeeded 1', 'two[us] succeeded 1', 'after succeeded 1'],
    ]);
    expect(await outputsOf(at, 'load')).toEqual({
      summary: { total: 2, succeeded: 2, failed: 0 },
      items: [
        { index: 0, key: 'eu', status: 'succeeded', outputs: { rows: 'rows of eu' } },
        { index: 1, key: 'us', status: 'succeeded', outputs: { rows: 'rows of us' } },
      ],
      outputs: [{ rows: 'rows of eu' }, { rows: 'rows of us' }],
    });
    const log = (await at.flow(['logs', 'r-1', 'load'])).stdout;
    expect(JSON.parse(log)).toEqual(await outputsOf(at, 'load'));
  });

  test('a failing item does not stop the others; R704 names it; resume runs that item only (§22.2)', async () => {
    const at = load();
    at.write('bad-us', '');
    const { code, stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect(code).toBe(1);
    expect(stderr).toContain('1 of 2 items failed: us');
    expect(at.read('effects').split('\n').sort()).toEqual(['', 'eu', 'rows of eu', 'us']);
    rmSync(join(at.dir, 'bad-us'));
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(await steps(at)).toEqual([
      ...['list succeeded 1', 'load succeeded 2', 'one[eu] succeeded 1', 'two[eu] succeeded 1'],
      ...['one[us] succeeded 2', 'two[us] succeeded 1', 'after succeeded 1'],
    ]);
    expect(at.read('effects').split('\n').sort()).toEqual([
      ...['', 'after', 'eu', 'rows of eu', 'rows of us', 'us', 'us'],
    ]);
  });

  test('a retry runs only the items that did not succeed (§13.3)', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - id: load
    retry_policy: {limit: 2, interval_sec: 0}
    foreach:
      items: [a, b]
      steps:
        - id: one
          env: [{I: "\${foreach.item}"}]
          run: |
            echo "$I" >> effects
            test "$I" = a || test "$(grep -c b effects)" -ge 2
`,
    );
    const { code } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect(code).toBe(0);
    expect(at.read('effects').split('\n').sort()).toEqual(['', 'a', 'b', 'b']);
    expect(await steps(at)).toEqual(['load succeeded 2', 'one[0] succeeded 1', 'one[1] succeeded 2']);
  });

  test('no items: it succeeds; an item whose collect has no value fails', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - {id: none, foreach: {items: [], steps: [{run: 'false'}]}}
  - id: some
    foreach:
      items: [1]
      steps: [{id: quiet, run: 'true', outputs: [{name: n}]}]
      collect: {n: "\${steps.quiet.outputs.n}"}
  - id: loud
    foreach:
      items: ['{"a":1}', '{}']
      steps: [{id: say, env: [{J: "\${foreach.item}"}], run: 'echo "$J"', output: {v: {from: stdout, decode: json}}}]
      collect: {a: "\${steps.say.outputs.v.a}"}
`,
    );
    await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect(await outputsOf(at, 'none')).toEqual({
      ...{ summary: { total: 0, succeeded: 0, failed: 0 }, items: [], outputs: [] },
    });
    const log = JSON.parse((await at.flow(['logs', 'r-1', 'loud'])).stdout) as {
      items: { error?: string }[];
    };
    expect(log.items[0]).toMatchObject({ status: 'succeeded', outputs: { a: '1' } });
    expect(log.items[1]).toMatchObject({ status: 'failed' });
    expect(log.items[1]?.error).toContain('steps.say.outputs.v.a');
  });

  test.each([
    ['R701', 'items: "${params.list}"', 'not json', 'must resolve to a JSON array'],
    ['R701', 'items: "${params.list}"', '{"a": 1}', 'must resolve to a JSON array'],
    [
      'R702',
      'items: "${params.list}", key: "${foreach.item}"',
      '["a", "a"]',
      'duplicate foreach item key `a`',
    ],
    ['R702', 'items: "${params.list}", key: "${foreach.item}"', '[""]', 'empty foreach item key'],
    ['R703', 'items: "${params.list}"', JSON.stringify(Array(10_001).fill(0)), 'at most 10000 items'],
  ])('%s: %s with %s', async (code, foreach, list, message) => {
    const at = place();
    at.write(
      'dag.yaml',
      `params: [{name: list, default: ''}]
steps:
  - id: load
    retry_policy: {limit: 3, interval_sec: 0}
    foreach: {${foreach}, steps: [{run: echo ran >> effects}]}
`,
    );
    at.write('params.json', JSON.stringify({ list }));
    const { stderr } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1', '--params-file', 'params.json']);
    expect(stderr).toContain(message);
    const status = (await at.json(['status', 'r-1', '--json'])) as { steps: { reason: string }[] };
    expect(status.steps[0]).toMatchObject({ reason: code, tries: [] });
    expect(existsSync(join(at.dir, 'effects'))).toBe(false);
  });

  test('max_concurrent bounds the items, max_active_steps the steps; the foreach step takes no place (§5.1)', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `max_active_steps: 1
steps:
  - id: load
    foreach:
      items: [1, 2, 3]
      max_concurrent: 2
      steps:
        - run: 'mkdir busy; echo in; rmdir busy'
        - run: 'mkdir busy; echo in; rmdir busy'
`,
    );
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(0);
  });

  test('env and working_dir of the foreach step are the base of its body; siblings hand on variables', async () => {
    const at = place();
    at.write('sub/deeper/.keep', '');
    at.write(
      'dag.yaml',
      `env: [{A: root, B: root}]
type: chain
steps:
  - id: load
    working_dir: sub
    env: [{B: outer}, {C: "\${A}-c"}]
    foreach:
      items: [x]
      steps:
        - {id: one, working_dir: deeper, run: 'echo "$A $B $C $(basename "$PWD")"', output: ONE}
        - {id: two, env: [{B: inner}], run: 'echo "$ONE | $A $B $C $(basename "$PWD") $FLOW_STEP_ID"', output: TWO}
      collect: {two: "\${steps.two.outputs.TWO}"}
`,
    );
    expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(0);
    expect((await outputsOf(at, 'load'))['outputs']).toEqual([
      { two: 'root outer root-c deeper | root inner root-c sub two' },
    ]);
  });

  test('a time limit of the foreach step ends its body, exit code 124 (§13.6); continue_on applies (§13.2)', async () => {
    const at = place();
    at.write(
      'dag.yaml',
      `steps:
  - id: load
    timeout_sec: 0.5
    continue_on: failed
    foreach: {items: [1, 2], max_concurrent: 1, steps: [{id: hang, run: sleep 60}]}
  - {id: after, depends: load, run: echo after}
`,
    );
    const { code } = await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    expect(code).toBe(0);
    expect(await steps(at)).toEqual([
      ...['load failed 1', 'hang[0] aborted 1', 'hang[1] aborted 0', 'after succeeded 1'],
    ]);
  });
});

/** Items that say that they have begun and wait for `go-<item>`. */
const GATED = `steps:
  - id: load
    foreach:
      items: [a, b, c]
      max_concurrent: 2
      steps:
        - id: one
          env: [{I: "\${foreach.item}"}]
          run: |
            echo "one $I" >> effects
            until test -e "go-$I"; do sleep 0.02; done
        - {id: two, depends: one, env: [{I: "\${foreach.item}"}], run: 'echo "two $I" >> effects'}
`;

function effects(at: Place): string[] {
  const file = join(at.dir, 'effects');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').sort() : [];
}

describe('foreach and the end of its owner (§22.2, RELIABILITY.md R13)', () => {
  test('kill -9: living steps are taken over, finished items kept, the others start as before', async () => {
    const at = place();
    at.write('dag.yaml', GATED);
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => effects(at).length === 2);
    at.write('go-a', '');
    await eventually(() => effects(at).includes('one c'));
    child.kill('SIGKILL');
    await child;
    at.write('go-c', '');
    const resumed = at.spawn(['resume', 'r-1']);
    await eventually(() => effects(at).includes('two c'));
    at.write('go-b', '');
    const { exitCode, stderr } = await resumed;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(effects(at)).toEqual(['one a', 'one b', 'one c', 'two a', 'two b', 'two c']);
    expect(await steps(at)).toEqual([
      ...['load succeeded 1', 'one[0] succeeded 1', 'two[0] succeeded 1', 'one[1] succeeded 1'],
      ...['two[1] succeeded 1', 'one[2] succeeded 1', 'two[2] succeeded 1'],
    ]);
  });

  test('a stop ends the body, also one that a dead owner left; resume goes on item by item', async () => {
    const at = place();
    at.write('dag.yaml', GATED);
    const child = at.spawn(['run', 'dag.yaml', '--run-id', 'r-1']);
    await eventually(() => effects(at).length === 2);
    child.kill('SIGINT');
    expect((await child).exitCode).toBe(130);
    expect(await steps(at)).toEqual([
      ...['load aborted 1', 'one[0] aborted 1', 'two[0] aborted 0', 'one[1] aborted 1', 'two[1] aborted 0'],
      ...['one[2] aborted 0', 'two[2] aborted 0'],
    ]);
    for (const item of ['a', 'b', 'c']) at.write(`go-${item}`, '');
    expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
    expect(effects(at)).toEqual([
      ...['one a', 'one a', 'one b', 'one b', 'one c', 'two a', 'two b', 'two c'],
    ]);
  });

  test('an item whose value has changed is a new one; its old steps stay in the history', async () => {
    const at = load();
    at.write('bad-us', '');
    await at.flow(['run', 'dag.yaml', '--run-id', 'r-1']);
    at.write('regions', '[{"size":1,"id":"eu"},{"id":"asia"}]');
    const { code } = await at.flow(['resume', 'r-1', '--from', 'list']);
    expect(code).toBe(0);
    // Everything downstream of --from runs again, all items too (R13).
    expect(await steps(at)).toEqual([
      ...['list succeeded 2', 'load succeeded 2', 'one[eu] succeeded 1', 'two[eu] succeeded 1'],
      ...['one[asia] succeeded 1', 'two[asia] succeeded 1', 'after succeeded 1'],
    ]);
    const { stdout } = await at.flow([
      'sql',
      '--csv',
      "select count(*) from step where run = 'r-1' and dropped",
    ]);
    expect(stdout).toContain('4');
  });
});
