import { describe, expect, test } from 'vitest';
import type { SubDag } from '../../src/core/dag.ts';
import { dagOf, found, load, messages } from '../support/diagnose.ts';

const step = (fields: string): string => `steps: [{id: a, ${fields}}]`;

function subDag(fields: string): SubDag {
  const action = dagOf(step(fields)).steps[0]?.action;
  if (action?.kind !== 'dag.run' && action?.kind !== 'dag.enqueue') throw new Error('no sub-DAG');
  return action;
}

describe('dag.run and dag.enqueue (§17)', () => {
  test('what is written', () => {
    expect(subDag('action: dag.run, with: {dag: b}')).toEqual({
      ...{ kind: 'dag.run', dag: 'b', params: null, queue: null, parallel: null },
    });
    expect(subDag('action: dag.enqueue, with: {dag: b.yaml, queue: q, params: "A=1 B=2"}')).toMatchObject({
      ...{ kind: 'dag.enqueue', dag: 'b.yaml', params: 'A=1 B=2', queue: 'q' },
    });
    expect(subDag('action: dag.run, with: {dag: b, params: {A: 1.10, B: [x]}}').params).toEqual(
      new Map<string, unknown>([
        ['A', { number: '1.10' }],
        ['B', ['x']],
      ]),
    );
    expect(subDag('action: dag.run, with: {dag: b, params: [A=1, word, {B: 2}]}').params).toEqual([
      ...['A=1', 'word', new Map([['B', { number: '2' }]])],
    ]);
  });

  test.each([
    ['E702', 'action: dag.run', 'steps[0]: dag.run needs with.dag'],
    ['E106', 'action: dag.run, with: {dag: b, queue: q}', 'steps[0].with: unknown key "queue"'],
    ['E703', 'action: dag.run, with: {dag: " "}', 'steps[0].with.dag must not be empty'],
    [
      'E703',
      `action: dag.run, with: {dag: b, params: "A='x"}`,
      'steps[0].with.params: a quote is not closed',
    ],
    [
      'E703',
      'action: dag.run, with: {dag: b, params: [{A: 1, B: 2}]}',
      'steps[0].with.params[0] must be "K=v" text or a map of one key',
    ],
    ['E703', 'action: dag.run, with: {dag: [b]}', 'steps[0].with.dag must be text, got list'],
  ])('%s: %s', (code, fields, message) => {
    expect(load(step(fields)).diagnostics).toMatchObject([{ code, message }]);
  });

  test('outputs of the result', () => {
    const reading = (fields: string, value: string): string[] =>
      messages(`steps: [{id: a, ${fields}}, {run: x, depends: a, env: {V: '${value}'}}]`);
    const all = (...names: string[]): string => names.map((name) => `\${steps.a.outputs.${name}}`).join(' ');
    const run = 'action: dag.run, with: {dag: b}';
    expect(reading(run, all('name', 'dagRunId', 'params.A', 'outputs.X', 'status'))).toEqual([]);
    expect(reading(run, all('results', 'status.x'))).toEqual([
      'steps[1].env.V: step "a" has no output "results", it has name, dagRunId, status, params, outputs',
      'steps[1].env.V: output "status" of step "a" is text, a path needs a json output',
    ]);
    expect(
      reading(`${run}, parallel: [x]`, all('summary.total', 'results[0].status', 'outputs[0].X')),
    ).toEqual([]);
    expect(reading(`${run}, parallel: [x], output: name`, all('name'))).toEqual([]);
    const enqueue = 'action: dag.enqueue, with: {dag: b}';
    expect(reading(enqueue, all('name', 'dagRunId', 'queue', 'status'))).toEqual([]);
    expect(reading(`${enqueue}, parallel: [x]`, all('summary.queued', 'runs[0].dagRunId'))).toEqual([]);
    expect(reading(enqueue, all('runs'))).toHaveLength(1);
  });

  test('an output of the author replaces that of the action (§11.1)', () => {
    const text = `steps: [{id: a, action: dag.run, with: {dag: b}, output: {params: x}},
      {run: x, depends: a, env: {V: '\${steps.a.outputs.params.A}'}}]`;
    expect(messages(text)).toEqual([
      'steps[1].env.V: output "params" of step "a" is text, a path needs a json output',
    ]);
  });

  test('all documents of a file are handed on, the first one first (§2.2)', () => {
    const text = 'steps: [{action: dag.run, with: {dag: b}}]\n---\nname: b\nsteps: [{run: x}]\n';
    expect(load(text).documents.map((dag) => dag.name)).toEqual(['dag', 'b']);
    const { dag, documents } = load(text);
    expect(documents[0]).toBe(dag);
    expect(load(text.replace('run: x', 'rum: x')).documents).toEqual([]);
  });

  test('W701: neither a later document nor a file; what the run decides is not looked up', () => {
    const asked: string[] = [];
    const dagExists = (target: string): true | string[] => {
      asked.push(target);
      return target === 'there' || [`${target}.yaml`, `dags/${target}.yaml`];
    };
    const call = (target: string): string => `{action: dag.run, with: {dag: "${target}"}}`;
    const later = `---\nname: later\nsteps: [${call('later')}, ${call('first')}]\n`;
    const text = [
      'name: first',
      `steps: [${['later', 'there', 'gone', '${params.x}', '$X'].map(call).join(', ')}]`,
      `handler_on: {exit: {action: dag.enqueue, with: {dag: lost}}}\n${later}`,
    ].join('\n');
    expect(messages(text, { dagExists }).filter((one) => one.includes('sub-DAG'))).toEqual([
      'steps[2].with.dag: sub-DAG "gone" not found, tried gone.yaml, dags/gone.yaml',
      'handler_on.exit.with.dag: sub-DAG "lost" not found, tried lost.yaml, dags/lost.yaml',
      'steps[1].with.dag: sub-DAG "first" not found, tried first.yaml, dags/first.yaml',
    ]);
    expect([...new Set(asked)].sort()).toEqual(['first', 'gone', 'lost', 'there']);
    expect(messages(text).filter((one) => one.includes('sub-DAG'))).toEqual([]);
    expect(load(text, { dagExists }).dag).not.toBeNull();
  });
});

describe('parallel (§16.2, §16.3)', () => {
  const parallel = (value: string): string => `action: dag.run, with: {dag: b}, parallel: ${value}`;

  test('text, a list, or a map with items', () => {
    expect(subDag(parallel('"a, b"')).parallel).toEqual({ items: 'a, b', maxConcurrent: 10 });
    expect(subDag(parallel('[a, 1.10, {x: y, z: 2}]')).parallel?.items).toEqual([
      ...['a', { number: '1.10' }],
      new Map<string, unknown>([
        ['x', 'y'],
        ['z', { number: '2' }],
      ]),
    ]);
    expect(subDag(parallel('{items: "${params}", max_concurrent: 3}')).parallel).toEqual({
      ...{ items: '${params}', maxConcurrent: 3 },
    });
  });

  test.each([
    [
      '[a, [b]]',
      'steps[0].parallel[1]: nested values are not allowed, an item is text, a number or a flat map',
    ],
    [
      '{items: [{a: {b: c}}]}',
      'steps[0].parallel.items[0].a: nested values are not allowed, an item is text, a number or a flat map',
    ],
    ['{max_concurrent: 3}', 'steps[0].parallel: parallel needs items'],
    ['{items: {a: b}}', 'steps[0].parallel.items must be text or list, got map'],
  ])('E712: %s', (value, message) => {
    expect(load(step(parallel(value))).diagnostics).toMatchObject([{ code: 'E712', message }]);
  });

  test('E712: only with an action that starts runs; a wrong action says enough', () => {
    const text = 'steps[0]: parallel is allowed only with dag.run or dag.enqueue';
    expect(messages(step('run: x, parallel: [a]'))).toEqual([text]);
    expect(messages(step('action: noop, parallel: [a]'))).toEqual([text]);
    expect(messages(step('action: dag.ran, with: {dag: b}, parallel: [a]'))).toEqual([
      'steps[0].action: unknown action "dag.ran"',
    ]);
  });

  test('E106, E109, E111', () => {
    const codes = (value: string): string[] => found(step(parallel(value))).map((one) => one.slice(0, 4));
    expect(codes('{items: [a], max: 1}')).toEqual(['E106']);
    expect(codes('{items: [a], max_concurrent: 1001}')).toEqual(['E109']);
    expect(codes('{items: [a], max_concurrent: 0}')).toEqual(['E109']);
    expect(codes(`[${'a,'.repeat(10_001)}]`)).toEqual(['E111']);
  });

  test('${ITEM} in with.dag and with.params beside parallel, nowhere else (§8.2)', () => {
    const item = '"${ITEM} ${ITEM.a} ${ITEM[0]}"';
    expect(
      found(step(`action: dag.run, with: {dag: ${item}, params: {A: [${item}]}}, parallel: [a]`)),
    ).toEqual([]);
    const where = (fields: string): (string | null | undefined)[] =>
      load(step(fields)).diagnostics.map(({ code, path }) => (code === 'E407' ? path : code));
    expect(where('action: dag.run, with: {dag: "${ITEM}", params: "${ITEM}"}')).toEqual([
      ...['steps[0].with.dag', 'steps[0].with.params'],
    ]);
    expect(
      where(
        'action: dag.enqueue, with: {dag: b, queue: "${ITEM}"}, env: {A: "${ITEM}"}, parallel: ["${ITEM}"]',
      ),
    ).toEqual(['steps[0].with.queue', 'steps[0].env.A', 'steps[0].parallel[0]']);
    expect(load(step('run: x, env: {A: "${ITEM}"}')).diagnostics[0]?.hint).toBe(
      'only with.dag and with.params beside parallel know it',
    );
  });

  test('items see what a step sees (§8.8)', () => {
    const text = (depends: string): string =>
      `steps: [{id: l, run: x, output: R}, {${depends} ${parallel('"${steps.l.outputs.R}"')}}]`;
    expect(found(text('depends: l,'))).toEqual([]);
    expect(found(text(''))).toEqual([expect.stringMatching(/^E406 /)]);
  });

  test('handlers may call a DAG, but not one per item (§14)', () => {
    const handler = (fields: string): string[] =>
      messages(`steps: [{run: x}]\nhandler_on: {exit: {${fields}}}`);
    expect(handler('action: dag.run, with: {dag: b}')).toEqual([]);
    expect(handler(parallel('[a]'))).toEqual(['handler_on.exit: parallel is not allowed in a handler']);
  });
});
