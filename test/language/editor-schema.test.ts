import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { languageSchema } from '../../src/language/editor-schema.ts';
import { loadDag } from '../../src/language/load.ts';
import { refusedKeys } from '../../src/language/unsupported.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

const schema = languageSchema();
const accepts = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);

/** Every object of the schema with the way to it. */
function* objectsIn(value: unknown, path = '#'): Generator<readonly [string, JsonSchema]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [path, value as JsonSchema];
  for (const [key, inner] of Object.entries(value)) yield* objectsIn(inner, `${path}/${key}`);
}

const objects = [...objectsIn(schema)];
/** A map of properties, one of which may be named `properties`, is no schema itself. */
const isMap = (path: string): boolean => /(?<!\/properties)\/properties$/.test(path);
const tables = objects.filter(
  ([path, { properties }]) => properties !== undefined && !path.endsWith('/if') && !isMap(path),
);

/** Whether the schema accepts every document of a file; null when it cannot be read as YAML at all. */
function shapeIsFine(text: string): boolean | null {
  const documents = parseAllDocuments(text, { merge: true, version: '1.2' });
  if (!Array.isArray(documents) || documents.some((one) => one.errors.length > 0)) return null;
  return documents.every((one) => accepts(one.toJS({ maxAliasCount: -1 })));
}

/** Codes that tell of the shape of a file alone (LANGUAGE.md §2.8, §25). */
const SHAPE = ['E106', 'E107', 'E108', 'E109', 'E110', 'E901', 'E902'];

describe('the schema for editors (CLI.md §3, flow schema)', () => {
  test('it is draft-07 and stands for itself', () => {
    expect(schema['$schema']).toBe('http://json-schema.org/draft-07/schema#');
    expect(new Ajv({ strict: false }).validateSchema(schema)).toBe(true);
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  test('every key has a description', () => {
    expect(tables.length).toBeGreaterThan(10);
    const bare = tables.flatMap(([path, { properties }]) =>
      Object.entries(properties as Record<string, JsonSchema>)
        .filter(
          ([, property]) => typeof property['description'] !== 'string' || property['description'] === '',
        )
        .map(([key]) => `${path}/${key}`),
    );
    expect(bare).toEqual([]);
  });

  test('what is not supported yet is not in it (§25)', () => {
    const keysAt = (path: string): string[] =>
      Object.keys((objects.find(([at]) => at === path)?.[1] ?? {})['properties'] ?? {});
    expect(keysAt('#')).toContain('steps');
    expect(keysAt('#').filter((key) => refusedKeys('root').includes(key))).toEqual([]);
    expect(keysAt('#/definitions/step')).toContain('run');
    expect(keysAt('#/definitions/step').filter((key) => refusedKeys('step').includes(key))).toEqual([]);
    expect(keysAt('#/definitions/handler')).not.toContain('depends');
  });

  test('an editor offers the words of a field, and null where the language does (§2.1)', () => {
    const { properties } = schema as { properties: Record<string, JsonSchema> };
    expect(properties['type']?.['enum']).toEqual(['graph', 'chain', null]);
    expect(properties['timeout_sec']?.['type']).toEqual(['number', 'null']);
  });
});

/** Files that the schema and the loader see differently, with the reason. None so far. */
const DIFFERENT: Readonly<Record<string, string>> = {};

function files(): string[] {
  const golden = readdirSync('test/golden', { recursive: true, encoding: 'utf8' });
  return [
    ...readdirSync('dags').map((name) => join('dags', name)),
    ...golden.map((name) => join('test/golden', name)),
  ].filter((name) => /\.ya?ml$/.test(name) && !name.endsWith('flow.config.yaml'));
}

describe('the schema and the loader agree on the shape of a file', () => {
  test('there are files of both kinds', () => {
    const ends = files().map((file) => loadDag({ file, bytes: readFileSync(file) }).dag !== null);
    expect(ends.filter(Boolean).length).toBeGreaterThan(10);
    expect(ends.filter((end) => !end).length).toBeGreaterThan(1);
  });

  test('there are files with secrets, outputs from streams and files for them', () => {
    const all = files().map((file) => readFileSync(file, 'utf8'));
    for (const key of [
      'secrets:',
      'output: {',
      'stdout: {outputs:',
      'stderr: {artifact:',
      'output_schema:',
    ]) {
      expect(all.some((text) => text.includes(key))).toBe(true);
    }
  });

  test.for(files())('%s', (file, { expect }) => {
    if (file in DIFFERENT) return;
    const { dag, diagnostics } = loadDag({ file, bytes: readFileSync(file) });
    const errors = diagnostics.filter((d) => d.severity === 'error').map((d) => d.code);
    const fine = shapeIsFine(readFileSync(file, 'utf8'));
    if (dag !== null) expect({ fine, errors: accepts.errors ?? [] }).toEqual({ fine: true, errors: [] });
    else if (errors.every((code) => SHAPE.includes(code))) expect(fine).toBe(false);
  });

  const step = (fields: string): string => `steps: [{${fields}}]\n`;
  test.for<readonly string[]>([
    ['a number as text', step('id: a, run: 12, working_dir: 1')],
    ['null as absent', step('id: a, run: echo, depends: null, retry_policy: null, timeout_sec: null')],
    ['env as list', step('run: env, env: [A=1, {B: 2}, {C: true}]')],
    ['text as a step', 'steps: [echo hi, [echo a, {run: echo b}]]\n'],
    ['a list of commands', step('run: [echo a, {echo a: b}, 3]')],
    ['exit codes as text', step('run: echo, continue_on: {exit_code: "3"}')],
    [
      'a retry limit from a param',
      step('run: echo, retry_policy: {limit: "${params.n}", interval_sec: "2"}'),
    ],
    ['params as text', `params: A=1 B=2\n${step('run: echo')}`],
    ['params as map', `params: {A: 1, B: two}\n${step('run: echo')}`],
    ['params as list', `params: [A=1, {B: 2}, {name: C, type: integer, default: 3}]\n${step('run: echo')}`],
    [
      'a request',
      step('action: http.request, with: {method: GET, url: "http://localhost", query: {a: [1, 2]}}'),
    ],
    ['a shell', step('run: echo, with: {shell: [bash, -o, pipefail]}')],
    ['secrets', `secrets: [{name: TOKEN, provider: file, key: 12}]\n${step('run: echo')}`],
    [
      'literals as outputs',
      step('id: a, output: {n: 1.10, list: [a, {b: c}], map: {a: null}, v: {value: x}}'),
    ],
    ['outputs from streams', step('id: a, run: echo, output: {v: {from: stderr, decode: yaml, select: .x}}')],
    [
      'an output from a file',
      step('id: a, run: echo, output: {v: {from: file, path: a.txt, select: .x, decode: json}}'),
    ],
    ['one output of the run', step('run: echo, stdout: {outputs: {field: v, decode: json}}')],
    [
      'outputs of the run',
      step('run: echo, stdout: {outputs: {fields: {v: {value: 1}, w: {from: stderr}}}}'),
    ],
    ['output files', step('run: echo, stdout: 12, stderr: {artifact: a/b.txt}')],
    ['a file and outputs', step('run: echo, stdout: {artifact: a.txt, outputs: {field: v}}')],
    [
      'foreach',
      step(
        'id: a, with: null, foreach: {items: [1, {b: [2]}], key: "${foreach.item}", collect: {n: 1}, ' +
          'steps: [{run: a}, [{action: noop}, {run: b, retry_policy: {limit: 1, interval_sec: 0}}]]}',
      ),
    ],
    [
      'foreach over text',
      step('foreach: {items: "${params}", as: x, max_concurrent: 1000, steps: [{run: a}]}'),
    ],
    ['a child', step('action: dag.run, with: {dag: b, params: {A: 1, B: [2]}}')],
    ['children', step('action: dag.run, with: {dag: b, params: [A=1, {B: 2}]}, parallel: [a, 1, {b: c}]')],
    [
      'queued children',
      step(
        'action: dag.enqueue, with: {dag: b, queue: q, params: A=1}, parallel: {items: a b, max_concurrent: 1}',
      ),
    ],
    [
      'a human task',
      step(
        'id: a, action: human.task, with: {prompt: "?", form: {type: object, required: [b], properties: ' +
          '{b: {}, c: {type: integer, default: 1, minimum: 0}, d: {enum: [x, y], pattern: .}}}}',
      ),
    ],
    ['an approval', step('run: echo, approval: {prompt: "?", input: [a, b], required: [b]}')],
    ['an approval that asks nothing', step('action: noop, approval: {}')],
    ['a schedule as text', `schedule: "@daily"\n${step('run: echo')}`],
    [
      'a schedule as a list',
      `schedule: ["@daily", {expression: "@hourly"}, {at: "2037-01-01T06:00:00Z"}]\n${step('run: echo')}`,
    ],
    [
      'a schedule by kinds',
      `schedule: {start: {at: "2037-01-01T06:00:00Z"}, stop: ["@daily"], restart: null}\n${step('run: echo')}`,
    ],
    ['labels', `labels: [a, {b: c}]\n${step('run: echo')}`],
  ])('accepted by both: %s', ([, text = '']) => {
    const { diagnostics } = loadDag({ file: 'dag.yaml', bytes: Buffer.from(text) });
    expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
    expect(shapeIsFine(text)).toBe(true);
  });

  test.for<readonly string[]>([
    ['an unknown key', step('run: echo, comand: x'), 'E106'],
    ['an unknown key of an action', step('action: exec, with: {command: x, arg: []}'), 'E106'],
    ['an unknown key of a handler', `handler_on: {exit: {run: x, runs: y}}\n${step('run: echo')}`, 'E106'],
    ['an older spelling', step('run: echo, dir: x'), 'E107'],
    ['text for a number', step('run: echo, timeout_sec: soon'), 'E108'],
    ['a map for text', step('run: {a: {b: c}}'), 'E108'],
    ['a list for a name', step('id: [a], run: x'), 'E108'],
    ['a negative time', step('run: echo, timeout_sec: -1'), 'E109'],
    ['a negative limit', step('run: echo, retry_policy: {limit: -1, interval_sec: 0}'), 'E109'],
    ['a word that is none', step('run: echo, log_output: both'), 'E110'],
    ['a type that is none', `type: tree\n${step('run: echo')}`, 'E110'],
    [
      'an unknown key of a secret',
      `secrets: [{name: A, provider: env, kee: B}]\n${step('run: echo')}`,
      'E106',
    ],
    ['a provider to come', `secrets: [{name: A, provider: vault, key: B}]\n${step('run: echo')}`, 'E901'],
    ['a secret without key', `secrets: [{name: A, provider: env}]\n${step('run: echo')}`, 'E320'],
    ['an unknown key of an output', step('id: a, run: echo, output: {v: {from: stdout, paht: x}}'), 'E106'],
    ['a file without path', step('id: a, run: echo, output: {v: {from: file}}'), 'E502'],
    [
      'a path without file',
      step('run: echo, stdout: {outputs: {fields: {v: {from: stdout, path: x}}}}'),
      'E502',
    ],
    ['value and from', step('id: a, run: echo, output: {v: {value: 1, from: stdout}}'), 'E502'],
    ['select of text', step('id: a, run: echo, output: {v: {from: stdout, select: .x}}'), 'E502'],
    ['a name of an output that is none', step('id: a, run: echo, output: {a-b: 1}'), 'E502'],
    ['no outputs', step('id: a, run: echo, output: {}'), 'E502'],
    ['field and fields', step('run: echo, stdout: {outputs: {field: v, fields: {w: {value: 1}}}}'), 'E502'],
    ['a map of a stream that says nothing', step('run: echo, stdout: {}'), 'E108'],
    ['outputs from standard error', step('run: echo, stderr: {artifact: a, outputs: {field: v}}'), 'E106'],
    ['a foreach without items', step('foreach: {steps: [{run: a}]}'), 'E710'],
    ['a foreach without steps', step('foreach: {items: [1]}'), 'E710'],
    ['a foreach that is a list', step('foreach: [1]'), 'E108'],
    ['an unknown key of a foreach', step('foreach: {items: [1], item: x, steps: [{run: a}]}'), 'E106'],
    ['items that are a map', step('foreach: {items: {a: 1}, steps: [{run: a}]}'), 'E108'],
    ['no items at once', step('foreach: {items: [1], max_concurrent: 0, steps: [{run: a}]}'), 'E109'],
    [
      'too many items at once',
      step('foreach: {items: [1], max_concurrent: 1001, steps: [{run: a}]}'),
      'E109',
    ],
    ['a foreach with arguments', step('with: {}, foreach: {items: [1], steps: [{run: a}]}'), 'E205'],
    [
      'a foreach in a body',
      step('foreach: {items: [1], steps: [{foreach: {items: [], steps: []}}]}'),
      'E711',
    ],
    ['a human task in a body', step('foreach: {items: [1], steps: [{action: human.task}]}'), 'E711'],
    ['an approval in a handler', `handler_on: {exit: {run: x, approval: {}}}\n${step('run: echo')}`, 'E205'],
    ['a human task in a handler', `handler_on: {exit: {action: human.task}}\n${step('run: echo')}`, 'E205'],
    ['a child without name', step('action: dag.run, with: {params: A}'), 'E702'],
    ['a queue of dag.run', step('action: dag.run, with: {dag: b, queue: q}'), 'E106'],
    ['nested items', step('action: dag.run, with: {dag: b}, parallel: [{a: [1]}]'), 'E712'],
    ['items in items', step('action: dag.run, with: {dag: b}, parallel: {items: [[1]]}'), 'E712'],
    [
      'parallel without items',
      step('action: dag.run, with: {dag: b}, parallel: {max_concurrent: 2}'),
      'E712',
    ],
    ['a human task without id', step('action: human.task, with: {prompt: "?"}'), 'E720'],
    [
      'a form that is not flat',
      step('id: a, action: human.task, with: {prompt: "?", form: {properties: {b: {type: object}}}}'),
      'E721',
    ],
    [
      'an unknown keyword of a form',
      step('id: a, action: human.task, with: {prompt: "?", form: {properties: {b: {minlength: 1}}}}'),
      'E721',
    ],
    ['a text as approval', step('run: echo, approval: please'), 'E108'],
    ['an approval that rewinds', step('run: echo, approval: {rewind_to: a}'), 'E901'],
    ['an unknown kind', `schedule: {begin: "@daily"}\n${step('run: echo')}`, 'E106'],
    ['an unknown key of an entry', `schedule: [{cron: "@daily"}]\n${step('run: echo')}`, 'E106'],
    ['a profile', `schedule: [{expression: "@daily", profile: a}]\n${step('run: echo')}`, 'E901'],
    ['an instant to stop', `schedule: {stop: {at: "2037-01-01T06:00:00Z"}}\n${step('run: echo')}`, 'E804'],
    ['a list in a list', `schedule: [["@daily"]]\n${step('run: echo')}`, 'E804'],
    ['a policy that is none', `overlap_policy: queue\n${step('run: echo')}`, 'E110'],
    ['an action to come', step('action: git.checkout'), 'E901'],
    ['agents', `type: agent\n${step('run: echo')}`, 'E902'],
  ])('refused by both: %s', ([, text = '', code]) => {
    const { diagnostics } = loadDag({ file: 'dag.yaml', bytes: Buffer.from(text) });
    expect(diagnostics.map((d) => d.code)).toEqual([code]);
    expect(shapeIsFine(text)).toBe(false);
  });
});
