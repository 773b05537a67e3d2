import { describe, expect, test } from 'vitest';
import { dagOf, found, load, messages } from '../support/diagnose.ts';

const step = (action: string, given: string): string => `steps: [{id: a, action: ${action}, with: ${given}}]`;

describe('actions inside flow (§19.1)', () => {
  test('E702: required keys, and one of data and input', () => {
    expect(messages('steps: [{action: jq.filter}]')).toEqual(['steps[0]: jq.filter needs with.filter']);
    expect(messages(step('jq.filter', '{filter: .}'))).toEqual([
      'steps[0]: jq.filter needs with.data or with.input',
    ]);
    expect(messages(step('data.pick', '{from: json, select: .a, data: 1, input: f}'))).toEqual([
      'steps[0]: data.pick needs with.data or with.input, not both',
    ]);
    expect(messages(step('file.copy', '{source: a}'))).toEqual([
      'steps[0]: file.copy needs with.destination',
    ]);
  });

  test.each([
    [
      'data.convert',
      '{from: xml, to: json, data: 1}',
      'steps[0].with.from: "xml", allowed: json, yaml, csv, tsv, text',
    ],
    [
      'data.pick',
      '{from: json, select: a, data: 1}',
      'steps[0].with.select must be a path as .items[0].name, got "a"',
    ],
    [
      'data.convert',
      '{from: csv, to: json, data: x, delimiter: ab}',
      'steps[0].with.delimiter must be one character, got "ab"',
    ],
    [
      'file.write',
      '{path: a, content: b, mode: 0o888}',
      'steps[0].with.mode must be octal digits as 0644, got "0o888"',
    ],
    ['file.read', '{path: a, max_bytes: x}', 'steps[0].with.max_bytes must be int, got text'],
    ['outputs.write', '{values: [1]}', 'steps[0].with.values must be map, got list'],
    [
      'outputs.write',
      '{values: {a b: 1}}',
      'steps[0].with.values["a b"]: "a b" is no output name, it must match ^[A-Za-z][A-Za-z0-9_]*$',
    ],
    ['wait.duration', '{duration: 90}', 'steps[0].with.duration must be a duration as 90s, got "90"'],
    [
      'wait.until',
      '{until: 2026-02-30 10:00}',
      'steps[0].with.until must be RFC 3339 or YYYY-MM-DD HH:MM[:SS], got "2026-02-30 10:00"',
    ],
    ['wait.file', '{path: a, poll_interval: 0s}', 'steps[0].with.poll_interval must be more than 0'],
    ['wait.http', '{url: "ftp://a"}', 'steps[0].with.url: only http and https are allowed, got "ftp:"'],
  ])('E703: %s %s', (action, given, message) => {
    expect(found(step(action, given)).map((line) => line.slice(0, 4))).toEqual(['E703']);
    expect(messages(step(action, given))).toEqual([message]);
  });

  test('what holds a reference is looked at when the step starts', () => {
    for (const [action, given] of [
      ['wait.duration', '{duration: "$T"}'],
      ['wait.until', '{until: "$T"}'],
      ['file.write', '{path: a, content: b, mode: "$M"}'],
      ['data.pick', '{from: json, select: "${context.run.id}", data: 1}'],
    ] as const) {
      expect(messages(step(action, given))).toEqual([]);
    }
  });

  test('E504: a path out of the artifacts directory', () => {
    const paths = ['/etc/x', 'a/../../x', '..', '"${env.X}/../a"'];
    for (const path of paths) {
      expect(found(step('artifact.read', `{path: ${path}}`)).map((line) => line.slice(0, 4))).toEqual([
        'E504',
      ]);
    }
    expect(messages(step('artifact.read', '{path: a..b/c}'))).toEqual([]);
  });

  test('mode is the text as written, numbers in data keep theirs', () => {
    const modes = ['0644', '"0644"', '644'].map(
      (mode) => dagOf(step('file.mkdir', `{path: a, mode: ${mode}}`)).steps[0]?.action,
    );
    expect(modes.map((action) => action?.kind === 'file.mkdir' && action.mode)).toEqual([
      '0644',
      '0644',
      '644',
    ]);
    const action = dagOf(step('jq.filter', '{filter: ., data: {v: 1.10}}')).steps[0]?.action;
    expect(action?.kind === 'jq.filter' && action.data).toEqual(new Map([['v', { number: '1.10' }]]));
  });

  test('outputs that actions publish can be referenced, by path where they are JSON', () => {
    const read = (action: string, given: string, ref: string): string[] =>
      messages(
        `steps:\n- {id: a, action: ${action}, with: ${given}}\n- {depends: a, run: x, env: [{V: "\${steps.a.outputs.${ref}}"}]}`,
      );
    expect(read('outputs.write', '{values: {t: x, j: [1]}}', 'j[0]')).toEqual([]);
    expect(read('outputs.write', '{values: {t: x, j: [1]}}', 't.x')[0]).toMatch(/is text/);
    expect(read('outputs.write', '{values: {t: x}}', 'z')[0]).toMatch(/has no output "z", it has t/);
    expect(read('jq.filter', '{filter: ., data: 1}', 'result.a[0]')).toEqual([]);
    expect(read('file.list', '{path: .}', 'files[0].path')).toEqual([]);
    expect(read('wait.file', '{path: .}', 'path')[0]).toMatch(/has no output "path", it has none/);
  });

  test('§8.8: a jq filter and a select are class ref: $NAME is not flow’s, references are', () => {
    expect(messages(step('jq.filter', '{filter: "$ENV.X, ${params.x}", data: 1}'))).toEqual([
      expect.stringMatching(/no params are declared/),
    ]);
  });

  test('E803: time zones (§20.3)', () => {
    expect(load(`timezone: Europe/Berlin\n${step('noop', '{}')}`).dag?.timezone).toBe('Europe/Berlin');
    expect(messages(`timezone: Mars/Base\n${step('noop', '{}')}`)).toEqual([
      'timezone: unknown time zone "Mars/Base"',
    ]);
  });
});
