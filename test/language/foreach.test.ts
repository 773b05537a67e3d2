import { describe, expect, test } from 'vitest';
import type { Foreach, Step } from '../../src/core/dag.ts';
import { dagOf, found, load, messages } from '../support/diagnose.ts';

/** A DAG with one foreach step "load" after a step "list", its fields and those of its `foreach`. */
function foreach(inner: string, outer = '', after = ''): string {
  const list = '{id: list, run: x, output: R, outputs: [{name: j, type: json}]}';
  return `steps: [${list}, {id: load, depends: list, ${outer} foreach: {${inner}}}${after}]`;
}

const ONE = 'steps: [{id: one, run: x, outputs: [{name: rows}]}]';

function bodyOf(step: Step | undefined): Foreach {
  if (step?.action.kind !== 'foreach') throw new Error('no foreach');
  return step.action;
}

describe('foreach (§16.1)', () => {
  test('defaults, and what is written', () => {
    expect(bodyOf(dagOf('steps: [{foreach: {items: [a], steps: [{run: x}]}}]').steps[0])).toMatchObject({
      ...{ items: ['a'], as: 'item', key: null, maxConcurrent: 10, collect: new Map() },
    });
    const text = foreach(
      `items: "\${steps.list.outputs.j}", as: r, key: "\${foreach.r.id}", max_concurrent: 4, ${ONE}, collect: {n: 1.10}`,
    );
    expect(bodyOf(dagOf(text).steps[1])).toMatchObject({
      ...{ items: '${steps.list.outputs.j}', as: 'r', key: '${foreach.r.id}', maxConcurrent: 4 },
      collect: new Map([['n', '1.10']]),
    });
    const { items } = bodyOf(dagOf(foreach(`items: [1.10, {a: [b, null]}, true], ${ONE}`)).steps[1]);
    expect(items).toEqual([{ number: '1.10' }, new Map([['a', ['b', null]]]), true]);
  });

  test('the body has numbers and an order of its own; groups and text are steps as elsewhere', () => {
    const steps = '[[{id: a, run: x}, {run: y}], {id: c, run: z, depends: [a]}]';
    const dag = dagOf(foreach(`items: [1], steps: ${steps}`, '', ', {id: last, run: x, depends: load}'));
    expect(dag.steps.map((step) => [step.number, step.label, step.depends])).toEqual([
      ...[[1, 'list', []] as const, [2, 'load', [1]] as const, [3, 'last', [2]] as const],
    ]);
    const body = bodyOf(dag.steps[1]).steps;
    expect(body.map((step) => [step.number, step.label, step.depends, step.kind, step.item])).toEqual([
      ...[[1, 'a', [], 'step', null] as const, [2, 'step_2', [], 'step', null] as const],
      [3, 'c', [1], 'step', null],
    ]);
    expect(found(foreach('items: [1], steps: [echo]'))).toEqual([expect.stringMatching(/^W101 /)]);
  });

  test('the body follows the type of the document', () => {
    const chain = (inner: string): string =>
      `type: chain\nsteps: [{foreach: {items: [1], steps: ${inner}}}, {run: z}]`;
    const dag = dagOf(chain('[{run: a}, [{run: b}, {run: c}], {run: d}]'));
    expect(bodyOf(dag.steps[0]).steps.map((step) => step.depends)).toEqual([[], [1], [1], [2, 3]]);
    expect(messages(chain('[{run: a, depends: []}]'))).toEqual([
      'steps[0].foreach.steps[0].depends: depends field is not allowed in a chain',
    ]);
  });

  test('defaults apply to the foreach step and to its body (§4.4)', () => {
    const text = `defaults: {timeout_sec: 3, env: {A: a}}\n${foreach(`items: [1], ${ONE}`, 'env: {B: b},')}`;
    const load = dagOf(text).steps[1];
    expect(load).toMatchObject({ timeoutSec: 3, env: [{ name: 'A' }, { name: 'B' }] });
    expect(bodyOf(load).steps[0]).toMatchObject({ timeoutSec: 3, env: [{ name: 'A' }] });
  });

  test('depends is local (§5.3)', () => {
    const across = [
      foreach('items: [1], steps: [{id: one, run: x, depends: list}]'),
      foreach(`items: [1], ${ONE}`, '', ', {id: z, run: x, depends: one}'),
    ];
    for (const text of across) {
      expect(load(text).diagnostics).toMatchObject([
        { code: 'E212', hint: 'steps of a foreach body and those outside cannot depend on each other' },
      ]);
    }
    const cycle = 'items: [1], steps: [{id: a, run: x, depends: b}, {id: b, run: x, depends: a}]';
    expect(messages(foreach(cycle))).toEqual([
      'steps[1].foreach.steps[0].depends: cyclic dependency: a → b → a',
    ]);
  });

  test('ids and names are unique in the document (E203)', () => {
    expect(messages(foreach('items: [1], steps: [{id: list, run: x}]'))).toEqual([
      'steps[1].foreach.steps[0].id: duplicate step ID "list", see line 1',
    ]);
    const twice = foreach(
      `items: [1], ${ONE}`,
      '',
      ', {name: n, foreach: {items: [1], steps: [{name: n, run: x}]}}',
    );
    expect(messages(twice)).toEqual([
      'steps[2].foreach.steps[0].name: step name "n" must be unique, see line 1',
    ]);
    expect(found(foreach('items: [1], steps: [{name: load, run: x}]'))).toEqual([
      expect.stringMatching(/^E203 /),
    ]);
  });
});

describe('codes of foreach (§16.3)', () => {
  test.each([
    ['E710', 'steps: [{run: x}]', 'steps[1].foreach: needs items'],
    ['E710', 'items: [1]', 'steps[1].foreach: needs steps'],
    ['E710', `items: [1], as: index, ${ONE}`, 'steps[1].foreach.as: "index" is reserved'],
    ['E710', `items: [1], as: key, ${ONE}`, 'steps[1].foreach.as: "key" is reserved'],
    [
      'E710',
      `items: [1], as: 1a, ${ONE}`,
      'steps[1].foreach.as must match ^[A-Za-z][A-Za-z0-9_]*$, got "1a"',
    ],
    [
      'E710',
      `items: [1], collect: {a-b: x}, ${ONE}`,
      'steps[1].foreach.collect.a-b: "a-b" is not a name, it must match ^[A-Za-z][A-Za-z0-9_]*$',
    ],
    ['E108', `items: {a: 1}, ${ONE}`, 'steps[1].foreach.items must be text or list, got map'],
    [
      'E109',
      `items: [1], max_concurrent: 1001, ${ONE}`,
      'steps[1].foreach.max_concurrent must be at most 1000',
    ],
    ['E109', `items: [1], max_concurrent: 0, ${ONE}`, 'steps[1].foreach.max_concurrent must be at least 1'],
    ['E106', `items: [1], itmes: [2], ${ONE}`, 'steps[1].foreach: unknown key "itmes"'],
    ['E201', 'items: [1], steps: []', 'steps[1].foreach.steps must be non-empty'],
    ['E201', 'items: [1], steps: {a: {run: x}}', 'steps[1].foreach.steps must be a list'],
  ])('%s: {%s}', (code, inner, message) => {
    expect(load(foreach(inner)).diagnostics).toMatchObject([{ code, message }]);
  });

  test('E711: a person and another foreach have no place in a body', () => {
    const inBody = (step: string): string[] => messages(foreach(`items: [1], steps: [{${step}}]`));
    expect(inBody('id: a, action: human.task')).toEqual([
      'steps[1].foreach.steps[0]: human.task is not allowed in a foreach body',
    ]);
    expect(inBody('run: x, approval: {prompt: "?", rewind: 1}')).toEqual([
      'steps[1].foreach.steps[0]: approval is not allowed in a foreach body',
    ]);
    expect(inBody(`foreach: {items: [1], ${ONE}}`)).toEqual([
      'steps[1].foreach.steps[0]: foreach is not allowed in a foreach body',
    ]);
  });

  test('E205: fields that a foreach step cannot have', () => {
    const fields = { with: '{}', parallel: 'a', approval: '{}', stdout: 'f', stderr: 'f', outputs: '[]' };
    for (const [key, value] of Object.entries(fields)) {
      expect(messages(foreach(`items: [1], ${ONE}`, `${key}: ${value},`))).toEqual([
        `steps[1]: ${key} is not allowed on a foreach step`,
      ]);
    }
    expect(found(foreach(`items: [1], ${ONE}`, 'output: OUT, output_schema: {}, with: null,'))).toEqual([]);
  });

  test('E202: one kind of step', () => {
    expect(messages('steps: [{run: x, foreach: {}}]')).toEqual([
      'steps[0]: run and foreach: only one is allowed',
    ]);
  });

  test('E111: items that stand in the file, and steps of all bodies (§26)', () => {
    const items = `[${'1,'.repeat(10_001)}]`;
    expect(messages(`steps: [{foreach: {items: ${items}, steps: [{run: x}]}}]`)).toEqual([
      'steps[0].foreach.items: limit: items of foreach, at most 10000, found 10001',
    ]);
    const steps = `[[${'{run: x},'.repeat(50_000)}], ${'{run: x},'.repeat(50_000)}]`;
    expect(messages(`steps: [{foreach: {items: [1], steps: ${steps}}}]`)).toEqual([
      'steps: limit: steps of a DAG, at most 100000, found 100001',
    ]);
  });
});

describe('references of foreach (§8.2, §8.8)', () => {
  const inBody = (value: string, more = ''): string[] =>
    messages(
      foreach(
        `items: [1], as: r, steps: [{id: one, run: x, output: ROWS}, {id: two, ${more} run: x, env: {V: '${value}'}}]`,
      ),
    );

  test('a body step sees the item, what the foreach step sees, and earlier steps of its item', () => {
    expect(
      inBody('${foreach.index} ${foreach.key} ${foreach.r} ${foreach.r.a[0]} ${steps.list.outputs.R}'),
    ).toEqual([]);
    expect(inBody('${steps.one.outputs.ROWS}', 'depends: one,')).toEqual([]);
    expect(inBody('${steps.one.outputs.ROWS}')).toEqual([
      'steps[1].foreach.steps[1].env.V: ${steps.one.outputs.ROWS} needs the step to have ended, add depends: one',
    ]);
    expect(inBody('${steps.two.outputs.X} ${steps.load.outputs.summary}')).toEqual([
      'steps[1].foreach.steps[1].env.V: step "two" cannot read its own output',
      'steps[1].foreach.steps[1].env.V: step "load" cannot read its own output',
    ]);
    const other = ', {id: other, run: x, output: O}';
    expect(
      messages(foreach("items: [1], steps: [{run: x, env: {V: '${steps.other.outputs.O}'}}]", '', other)),
    ).toEqual([
      'steps[1].foreach.steps[0].env.V: ${steps.other.outputs.O} needs the step to have ended, add depends: other',
    ]);
  });

  test('E411: names of an item', () => {
    expect(inBody('${foreach.item} ${foreach.index.a} ${foreach.r}')).toEqual([
      'steps[1].foreach.steps[1].env.V: unknown foreach name "item"',
      'steps[1].foreach.steps[1].env.V: unknown foreach name "index.a"',
    ]);
    const key = foreach(`items: [1], key: "\${foreach.itme} \${foreach.key}", ${ONE}`);
    expect(load(key).diagnostics.map(({ message, hint }) => [message, hint])).toEqual([
      ['steps[1].foreach.key: unknown foreach name "itme"', 'did you mean "item"?'],
      ['steps[1].foreach.key: unknown foreach name "key"', undefined],
    ]);
    const kept = load(foreach("items: [1], steps: [{run: x, env: {V: '${foreach.x}'}}]"), {
      unresolved: 'keep',
    });
    expect(kept.diagnostics.map((one) => one.message)).toEqual([
      'steps[1].foreach.steps[0].env.V: ${foreach.x} was left unchanged, reason=unknown_foreach_name',
    ]);
  });

  test('E407: only the body, its key and its collect know the item', () => {
    const text = foreach(
      `items: "[\${foreach.item}]", ${ONE}`,
      'env: {A: "${foreach.item}"},',
      ', {id: z, run: x, env: {B: "${foreach.index}"}}',
    );
    const where = load(text).diagnostics.map(({ code, path }) => [code, path]);
    expect(where).toEqual([
      ['E407', 'steps[1].env.A'],
      ['E407', 'steps[1].foreach.items'],
      ['E407', 'steps[2].env.B'],
    ]);
    expect(load(text).diagnostics[0]?.hint).toBe('only a foreach body, its key and its collect know it');
    const inParallel = foreach(
      'items: [1], steps: [{action: dag.run, with: {dag: b}, parallel: "${foreach.item}"}]',
    );
    expect(found(inParallel)).toEqual([expect.stringMatching(/^E407 /)]);
  });

  test('items and key see outer steps only, collect also the body', () => {
    const outer = '${steps.list.outputs.R}';
    const all = `items: ["${outer}"], key: "${outer}\${foreach.index}", ${ONE}`;
    expect(
      found(foreach(`${all}, collect: {a: "\${steps.one.outputs.rows} ${outer} \${foreach.item}"}`)),
    ).toEqual([]);
    for (const field of [
      'items: ["${steps.one.outputs.rows}"]',
      'items: [1], key: "${steps.one.outputs.rows}"',
    ]) {
      expect(found(foreach(`${field}, ${ONE}`))).toEqual([expect.stringMatching(/^E403 /)]);
    }
    expect(messages(foreach(`items: [1], ${ONE}, collect: {a: "\${steps.one.outputs.rwos}"}`))).toEqual([
      'steps[1].foreach.collect.a: step "one" has no output "rwos", it has rows',
    ]);
  });

  test('outside, only the aggregate is visible', () => {
    const reading = (value: string): string =>
      foreach(`items: [1], ${ONE}`, 'output: OUT,', `, {id: z, run: x, depends: load, env: {V: '${value}'}}`);
    expect(
      found(
        reading(
          '${steps.load.outputs.summary.total} ${steps.load.outputs.items[0].key} ${steps.load.outputs.outputs} ${steps.load.outputs.OUT}',
        ),
      ),
    ).toEqual([]);
    expect(load(reading('${steps.one.outputs.rows}')).diagnostics).toMatchObject([
      {
        code: 'E403',
        message: 'steps[2].env.V: unknown step "one"',
        hint: 'it stands in the body of "load": outside, read what that step collects',
      },
    ]);
    expect(messages(reading('${steps.load.outputs.rows}'))).toEqual([
      'steps[2].env.V: step "load" has no output "rows", it has summary, items, outputs, OUT',
    ]);
    expect(messages(reading('${one.stdout}'))[0]).toContain('declare an output of step "one"');
  });

  test('W401: an item that is not written in the file, in shell text (§8.9)', () => {
    const warned = (items: string, run: string, more = ''): string[] =>
      found(foreach(`items: ${items}, ${more} steps: [{run: '${run}'}]`)).map((one) => one.slice(0, 4));
    const all = 'x ${foreach.item} ${foreach.key} ${foreach.index}';
    expect(warned('[a, {b: c}]', all)).toEqual([]);
    expect(warned('\'["a"]\'', all)).toEqual([]);
    expect(warned('"${steps.list.outputs.j}"', all)).toEqual(['W401']);
    expect(warned('[a, {b: ["${steps.list.outputs.R}"]}]', all)).toEqual(['W401']);
    expect(warned('"${steps.list.outputs.j}"', all, 'key: "${foreach.item.id}",')).toEqual(['W401', 'W401']);
    expect(warned('[a]', all, 'key: "${foreach.item}-${foreach.index}",')).toEqual([]);
    expect(warned('[a]', all, 'key: "${steps.list.outputs.R}",')).toEqual(['W401']);
    const condition =
      "items: '${steps.list.outputs.j}', steps: [{run: x, preconditions: 'test ${foreach.item}'}]";
    expect(found(foreach(condition))).toEqual([expect.stringMatching(/^W401 /)]);
  });
});
