import { describe, expect, test } from 'vitest';
import { dagOf, found, messages } from '../support/diagnose.ts';

const map = (entry: string): string => `steps: [{id: a, run: x, output: ${entry}}]`;

describe('output map (LANGUAGE.md §11.4)', () => {
  test('literals keep their type, numbers as they are written; a step may be nothing but a map', () => {
    const dag = dagOf(
      'steps: [{id: a, output: {t: x, n: 1.10, i: 12345678901234567890, l: [1, {b: ~}], z: ~}}]',
    );
    expect(dag.steps[0]?.action).toEqual({ kind: 'outputs' });
    expect(dag.steps[0]?.outputMap.map(({ name, source }) => [name, source])).toEqual([
      ['t', { kind: 'literal', value: 'x' }],
      ['n', { kind: 'number', text: '1.10' }],
      ['i', { kind: 'number', text: '12345678901234567890' }],
      ['l', { kind: 'literal', value: [1, { b: null }] }],
      ['z', { kind: 'literal', value: null }],
    ]);
  });

  test('sources', () => {
    const dag = dagOf(
      map('{a: {value: {from: x}}, b: {from: file, path: p, decode: json, select: ".x[0]"}}'),
    );
    expect(dag.steps[0]?.outputMap.map((entry) => entry.source)).toEqual([
      { kind: 'literal', value: { from: 'x' } },
      { kind: 'file', path: 'p', decode: 'json', select: ['x', 0] },
    ]);
  });

  test.each([
    ['{}', 'steps[0].output must be a name or mapping, this mapping is empty'],
    ['[a]', 'steps[0].output must be a name or mapping'],
    ['{1a: x}', 'steps[0].output.1a: "1a" is not a name, it must match ^[A-Za-z][A-Za-z0-9_]*$'],
    ['{a: {from: stdin}}', 'steps[0].output.a: invalid from "stdin", allowed: stdout, stderr, file'],
    ['{a: {from: file}}', 'steps[0].output.a: from: file needs path'],
    ['{a: {from: stdout, path: x}}', 'steps[0].output.a: path goes with from: file only'],
    [
      '{a: {from: stdout, decode: xml}}',
      'steps[0].output.a: invalid decode "xml", allowed: text, json, yaml',
    ],
    ['{a: {from: stdout, select: .x}}', 'steps[0].output.a: select needs decode: json or yaml'],
    [
      '{a: {from: stdout, decode: json, select: x}}',
      'steps[0].output.a: select "x" is not a path such as .items[0].name',
    ],
    ['{a: {value: 1, from: stdout}}', 'steps[0].output.a: value and from: only one is allowed'],
    ['{a: [.inf]}', 'steps[0].output.a: ".inf" has no exact JSON number'],
  ])('E502: %s', (text, message) => {
    expect(messages(map(text))).toEqual([message]);
    expect(found(map(text))[0]).toMatch(/^E502 /);
  });

  test('E501: one name in two kinds', () => {
    const text = `steps: [{id: a, run: x, outputs: [{name: v}], output: {v: 1}, stdout: {outputs: {field: v}}}]`;
    expect(messages(text)).toEqual([
      'steps[0].output.v: duplicate output name "v"',
      'steps[0].stdout.outputs.field: duplicate output name "v"',
    ]);
  });

  test('references know the names and types (§8.2), and are checked in literals and paths (§8.8)', () => {
    const text = `steps:
  - {id: a, run: x, output: {t: x, j: {from: stdout, decode: json}, s: {from: stdout, decode: json, select: .a}}}
  - {id: b, depends: a, output: {x: ["\${steps.a.outputs.j.k}", "\${steps.a.outputs.s.k}"]}}
  - {id: c, depends: a, output: {x: "\${steps.a.outputs.t.k}", y: {from: file, path: "\${steps.b.outputs.x}"}}}
  - {id: d, run: x, stdout: "\${steps.zz.outputs.x}", stderr: {artifact: "\${consts.none}"}}
`;
    expect(found(text).map((line) => line.split(' ')[0])).toEqual(['E410', 'E406', 'E403', 'E401']);
  });

  test('E205: handlers publish no map', () => {
    const text =
      'handler_on: {exit: {run: x, output: {a: 1}, stdout: {outputs: {field: b}}}}\nsteps: [{run: x}]';
    expect(messages(text)).toEqual([
      'handler_on.exit: an output map is not allowed in a handler',
      'handler_on.exit: stdout.outputs is not allowed in a handler',
    ]);
  });
});

describe('stdout: {outputs: …} (§11.5)', () => {
  test('one field, or several', () => {
    const text = `steps:
  - {id: a, run: x, stdout: {outputs: {field: k, decode: json, select: .a}}}
  - {id: b, run: x, stdout: {outputs: {fields: {x: {value: 1}, y: {from: stderr}}}}}
`;
    const entries = dagOf(text).steps.flatMap((step) => step.outputMap);
    expect(entries.map(({ name, ofRun, source }) => [name, ofRun, source.kind])).toEqual([
      ['k', true, 'stdout'],
      ['x', true, 'number'],
      ['y', true, 'stderr'],
    ]);
  });

  test.each([
    ['{}', 'steps[0].stdout.outputs: needs either field or fields'],
    ['{field: a, fields: {b: {value: 1}}}', 'steps[0].stdout.outputs: needs either field or fields'],
    ['{fields: [a]}', 'steps[0].stdout.outputs.fields must be a map of outputs'],
    ['{fields: {a: x}}', 'steps[0].stdout.outputs.fields.a must be a map with value or from'],
    [
      '{fields: {a: {value: 1}}, select: .a}',
      'steps[0].stdout.outputs: select goes with field, not with fields',
    ],
  ])('E502: %s', (text, message) => {
    expect(messages(`steps: [{id: a, run: x, stdout: {outputs: ${text}}}]`)).toEqual([message]);
  });
});

describe('files and schema (§11.7)', () => {
  test.each([
    ['stdout: {artifact: ../x}', 'E504', 'artifact "../x" must be inside the artifacts directory'],
    ['stderr: {artifact: /x}', 'E504', 'artifact "/x" must be inside the artifacts directory'],
    ['stdout: [x]', 'E108', 'must be map, got list'],
    ['stderr: {}', 'E108', 'must be a path or {artifact: path}'],
    ['output_schema: {type: text}', 'E503', 'type must be one of'],
    ['output_schema: {$ref: "http://x/y"}', 'E503', '$ref must be local'],
    ['output_schema: x', 'E503', 'must be a map or a boolean'],
  ])('%s is %s', (text, code, message) => {
    const file = `steps: [{id: a, run: x, ${text}}]`;
    expect(found(file)[0]).toMatch(code);
    expect(messages(file)[0]).toContain(message);
  });
});

describe('secrets (§10)', () => {
  test('all fields are literal', () => {
    const text = 'secrets: [{name: A, provider: env, key: "$B"}]\nsteps: [{run: x}]';
    expect(dagOf(text).secrets).toEqual([{ name: 'A', provider: 'env', key: '$B' }]);
  });

  test.each([
    ['x', 'E320', 'must be a list'],
    ['[x]', 'E320', 'must be a map with name, provider and key'],
    ['[{name: A, provider: env}]', 'E320', 'key is required'],
    ['[{name: A, provider: env, key: " "}]', 'E320', 'must not be empty'],
    ['[{name: 1A, provider: env, key: x}]', 'E320', '"1A" is not a name'],
    ['[{name: FLOW_X, provider: env, key: x}]', 'E320', 'must not start with FLOW_ or DAGU_'],
    ['[{name: DAG_NAME, provider: env, key: x}]', 'E320', 'collides'],
    ['[{name: A, provider: env, key: x}, {name: A, provider: env, key: y}]', 'E320', 'duplicate secret "A"'],
    ['[{name: A, provider: vault, key: x}]', 'E901', '"provider: vault" is not supported yet'],
    ['[{name: A, ref: x}]', 'E901', '"ref" is not supported yet'],
    ['[{name: A, provider: env, kee: x}]', 'E106', 'unknown key "kee"'],
  ])('%s is %s', (text, code, message) => {
    const file = `secrets: ${text}\nsteps: [{run: x}]`;
    expect(found(file)[0]).toMatch(code);
    expect(messages(file)[0]).toContain(message);
  });
});
