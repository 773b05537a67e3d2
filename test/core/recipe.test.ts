import { describe, expect, test } from 'vitest';
import type { Dag, Step } from '../../src/core/dag.ts';
import { changedFields, recipeOf } from '../../src/core/recipe.ts';
import { load } from '../support/diagnose.ts';

/** The DAG of a text that must be right. */
function loaded(text: string): Dag {
  const { dag, diagnostics } = load(text);
  if (dag === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return dag;
}

/** The fields in which the last steps of two files differ. */
function changes(before: string, now: string): string[] {
  const [old, edited] = [loaded(before), loaded(now)];
  const last = ({ steps }: Dag): Step => steps.at(-1) as Step;
  return changedFields(recipeOf(old, last(old)), recipeOf(edited, last(edited)));
}

const step = (fields: string, root = ''): string =>
  `${root}\nsteps:\n  - {id: up, run: echo}\n  - {${fields}}\n`;

describe('the recipe of a step: LANGUAGE.md §22.3', () => {
  test.each([
    ['run', 'run: echo a', 'run: echo b', ['run']],
    ['the form of run', 'run: echo a', 'run: [echo a]', ['run']],
    ['a shell of its own', 'run: echo', 'run: echo, with: {shell: bash}', ['shell']],
    ['env', 'run: echo, env: [{A: "1"}]', 'run: echo, env: [{A: "2"}]', ['env']],
    [
      'the order of env',
      'run: echo, env: [{A: "1"}, {B: "$A"}]',
      'run: echo, env: [{B: "$A"}, {A: "1"}]',
      ['env'],
    ],
    ['working_dir', 'run: echo', 'run: echo, working_dir: /tmp', ['working_dir']],
    ['output', 'run: echo, output: A', 'run: echo, output: B', ['output']],
    ['an output map', 'run: echo, id: a', 'run: echo, id: a, output: {x: {from: stdout}}', ['output']],
    ['outputs', 'run: echo, id: a', 'run: echo, id: a, outputs: [{name: x}]', ['outputs']],
    ['stdout', 'run: echo', 'run: echo, stdout: out.txt', ['stdout']],
    [
      'outputs from stdout',
      'run: echo, id: a',
      'run: echo, id: a, stdout: {outputs: {field: x}}',
      ['stdout'],
    ],
    ['stderr', 'run: echo', 'run: echo, stderr: {artifact: err.txt}', ['stderr']],
    ['run to action', 'run: echo', 'action: noop', ['run', 'action']],
    [
      'with',
      'action: http.request, with: {method: GET, url: "http://a/"}',
      'action: http.request, with: {method: GET, url: "http://b/"}',
      ['with'],
    ],
    [
      'the action',
      'action: file.stat, with: {path: a}',
      'action: file.read, with: {path: a}',
      ['action', 'with'],
    ],
  ])('%s', (_what, before, now, fields) => {
    expect(changes(step(before), step(now))).toEqual(fields);
    expect(changes(step(now), step(now))).toEqual([]);
  });

  test.each([
    ['policies', 'retry_policy: {limit: 3, interval_sec: 1}'],
    ['continue_on', 'continue_on: failed'],
    ['repeat_policy', 'repeat_policy: {repeat: true, limit: 2, interval_sec: 1}'],
    ['limits of time', 'timeout_sec: 5'],
    ['signals', 'signal_on_stop: SIGINT, on_interrupt: fail'],
    ['conditions', 'preconditions: [{condition: "a", expected: "a"}]'],
    ['order', 'depends: up'],
    ['names', 'id: other, name: Other, description: another'],
    ['the log', 'log_output: merged'],
  ])('%s are no part of it', (_what, fields) => {
    expect(changes(step('run: echo'), step(`run: echo, ${fields}`))).toEqual([]);
  });

  test('the order of keys, older spellings and `defaults` make no difference', () => {
    const http = 'action: http.request, with: {method: GET, url: "http://a/", headers: {a: "1", b: "2"}}';
    const turned = 'action: http.request, with: {headers: {b: "2", a: "1"}, url: "http://a/", method: GET}';
    expect(changes(step(http), step(turned))).toEqual([]);
    expect(changes(step('run: echo'), step('command: echo'))).toEqual([]);
    const defaults = step('run: echo', 'defaults: {env: [{A: "1"}]}');
    expect(changes(step('run: echo, env: [{A: "1"}]'), defaults)).toEqual([]);
  });

  test('consts stand in it with their values, also within a word of a variable and between quotes', () => {
    const text = (value: string, run: string, env = '${consts.A}'): string =>
      step(`run: "${run}", env: [{X: "${env}"}]`, `consts: [{A: ${value}}]`);
    expect(changes(text('x', 'echo ${consts.A}'), text('x', 'echo x', 'x'))).toEqual([]);
    expect(changes(text('x', 'echo ${consts.A}'), text('y', 'echo ${consts.A}'))).toEqual(['run', 'env']);
    const nested = '${Y:-${consts.A}}';
    expect(changes(text('x', 'echo', nested), text('y', 'echo', nested))).toEqual(['env']);
    expect(changes(text('x', 'echo', nested), text('x', 'echo', '${Z:-${consts.A}}'))).toEqual(['env']);
    expect(changes(text('x', "echo '${consts.A}'", ''), text('y', "echo '${consts.A}'", ''))).toEqual([
      'run',
    ]);
  });

  test('what is escaped is no const', () => {
    const text = (value: string): string => step("run: 'echo \\${consts.A}'", `consts: [{A: ${value}}]`);
    expect(changes(text('x'), text('y'))).toEqual([]);
  });

  test('params and outputs stay as they are written', () => {
    const text = (value: string): string => step('run: "echo ${params.P}"', `params: [{P: ${value}}]`);
    expect(changes(text('a'), text('b'))).toEqual([]);
  });

  test('the shell of the root counts where a step names none', () => {
    expect(changes(step('run: echo', 'shell: sh'), step('run: echo', 'shell: bash'))).toEqual(['shell']);
    const own = 'run: echo, with: {shell: zsh}';
    expect(changes(step(own, 'shell: sh'), step(own, 'shell: bash'))).toEqual([]);
    expect(changes(step('action: noop', 'shell: sh'), step('action: noop', 'shell: bash'))).toEqual([]);
  });
});

describe('foreach and child runs', () => {
  const body = (overrides: Partial<Step>): Step => ({
    ...(loaded(step('run: echo, id: b')).steps[1] as Step),
    ...overrides,
  });
  const foreach = (more: object, inner: Step = body({})): Step =>
    body({
      action: {
        kind: 'foreach',
        items: ['a', 'b'],
        as: 'item',
        key: null,
        maxConcurrent: 1,
        steps: [inner],
        collect: new Map(),
        ...more,
      },
    });
  const around = { consts: new Map([['A', 'x']]), shell: null };
  const differ = (a: Step, b: Step): string[] => changedFields(recipeOf(around, a), recipeOf(around, b));

  test('items, key and what the body does count; how many run at once, and the policies of the body, do not', () => {
    expect(differ(foreach({}), foreach({ items: ['a'] }))).toEqual(['foreach']);
    expect(differ(foreach({}), foreach({ key: '${foreach.item}' }))).toEqual(['foreach']);
    const other = body({ action: { kind: 'run', form: 'command', text: 'echo no', shell: null } });
    expect(differ(foreach({}), foreach({}, other))).toEqual(['foreach']);
    expect(differ(foreach({}), foreach({ maxConcurrent: 9 }))).toEqual([]);
    expect(differ(foreach({}), foreach({}, body({ timeoutSec: 9 })))).toEqual([]);
  });

  test('dag.run: the child and its params, and the list of parallel', () => {
    const child = (more: object): Step =>
      body({
        action: {
          kind: 'dag.run',
          dag: 'b',
          params: new Map([['P', '${consts.A}']]),
          queue: null,
          parallel: null,
          ...more,
        },
      });
    expect(differ(child({}), child({ params: new Map([['P', 'x']]) }))).toEqual([]);
    expect(differ(child({}), child({ params: new Map([['P', 'y']]) }))).toEqual(['with']);
    expect(differ(child({}), child({ dag: 'c' }))).toEqual(['with']);
    expect(differ(child({}), child({ parallel: { items: ['1'], maxConcurrent: 1 } }))).toEqual(['parallel']);
  });
});
