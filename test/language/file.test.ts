import { describe, expect, test } from 'vitest';
import { dagOf, found, load, messages, shown } from '../support/diagnose.ts';

const STEP = 'steps: [{run: x}]\n';

describe('bytes and YAML (§2.1, G)', () => {
  test('a byte order mark and CRLF are accepted, and scripts get LF', () => {
    const dag = dagOf('\ufeffsteps:\r\n  - run: |\r\n      echo a\r\n      echo b\r\n');
    expect(dag.steps[0]?.action).toMatchObject({ form: 'script', text: 'echo a\necho b\n' });
  });

  test('positions count without the byte order mark and with CRLF', () => {
    expect(found('\ufeffsteps:\r\n  - run: x\r\n    bad: 1\r\n')).toEqual(['E106 3:5']);
  });

  test('UTF-16 and latin-1 are named (G18)', () => {
    const utf16 = Uint8Array.from([...'a: 1\n'].flatMap((c) => [c.charCodeAt(0), 0]));
    expect(messages('', { bytes: utf16 })).toEqual(['yaml: the file is UTF-16LE, not UTF-8']);
    const marked = Uint8Array.from([0xfe, 0xff, 0, 0x61]);
    expect(messages('', { bytes: marked })).toEqual(['yaml: the file is UTF-16BE, not UTF-8']);
    const latin = Uint8Array.from([...'a: 1\nb: caf\xe9 x\n'].map((c) => c.charCodeAt(0)));
    expect(found('', { bytes: latin })).toEqual(['E102 2:7']);
    expect(messages('', { bytes: latin })[0]).toContain('byte 0xe9');
  });

  test('NUL is refused, raw and escaped (G8)', () => {
    expect(found('steps: [{run: "a\\0b"}]')).toEqual(['E102 1:15']);
    expect(found('steps: [{run: a\0b}]')).toEqual(['E102 1:15']);
    expect(messages('steps: [{run: "\\uD800"}]')).toEqual([
      'yaml: text must not contain one half of a surrogate pair',
    ]);
    expect(found('steps: [{run: "\\uD83D\\uDE00"}]')).toEqual([]);
  });

  test('tabs as indentation, unknown tags, malformed YAML (E102)', () => {
    expect(found('steps:\n\t- run: x\n')[0]).toBe('E102 2:1');
    expect(found('steps: [{run: !!binary aGk=}]\n')).toEqual(['E102 1:15']);
    expect(found('steps: [{run: !foo x}]\n')).toEqual(['E102 1:15']);
    expect(found('steps: [{run: x}\n')[0]).toMatch(/^E102/);
    expect(found(`? [a, b]\n: 1\n${STEP}`)).toEqual(['E102 1:3']);
  });

  test('malformed YAML: the first problem of a line, what to write, and where the open quote or bracket is', () => {
    expect(found('steps:\n  - run: echo: a: b\n  - run: @x\n')).toEqual(['E102 2:10', 'E102 3:10']);
    expect(shown('steps:\n  - run: echo: a: b\n')).toContain('hint: put text that holds ": " in quotes');
    expect(shown('name: x\nsteps\n')).toContain('hint: write "key: value", with a space behind the colon');
    expect(shown("steps: [{run: 'it's'}]")).toContain('hint: put the whole value in one pair of quotes');
    expect(shown('steps: [{run: "a\\qb"}]')).toContain(String.raw`hint: write "\\" for a backslash`);
    expect(shown('steps: [{run: *.txt}]')).toContain('hint: put text that begins with * in quotes');
    expect(shown('x: &here 1\nsteps: [{run: *hree}]')).toContain('hint: did you mean "here"?');
    expect(shown('steps:\r  - run: x\r')).toContain('hint: end lines with LF or CRLF');
    const opened = (text: string): string | undefined =>
      shown(text)
        .split('\n')
        .find((line) => line.endsWith('note: it was opened here'));
    expect(opened('steps:\n  - {run: x, env: [A=b\n  - run: y\n')).toMatch(/^dag.yaml:2:19:/);
    expect(opened('steps:\n  - run: "x\n    id: y\n')).toMatch(/^dag.yaml:2:10:/);
    expect(opened("steps:\n  - id: 'a'\n    run: 'x\n")).toMatch(/^dag.yaml:3:10:/);
  });

  test('a %YAML directive does not change the types: yes stays text', () => {
    expect(dagOf(`%YAML 1.1\n---\n${STEP}env: {A: yes, B: 010}\n`).env).toEqual([
      { name: 'A', value: 'yes' },
      { name: 'B', value: '010' },
    ]);
  });

  test('duplicate keys show both lines (E105, G5)', () => {
    expect(shown('steps:\n  - run: x\n    id: a\n    run: y\n')).toBe(
      [
        'dag.yaml:4:5: error[E105] "run" is already defined on line 2',
        '    3 |     id: a',
        '    4 |     run: y',
        '      |     ^^^',
        'dag.yaml:2:5: note: first defined here',
        '    1 | steps:',
        '    2 |   - run: x',
        '      |     ^^^',
        '',
      ].join('\n'),
    );
  });

  test('keys of object prototypes are only unknown keys (G6)', () => {
    const text = `__proto__: 1\nconstructor: 2\nsteps: [{run: x, __proto__: {a: 1}, toString: 1}]\n`;
    expect(found(text)).toEqual(['E106 1:1', 'E106 2:1', 'E106 3:18', 'E106 3:37']);
    const names = dagOf(`${STEP}env: {__proto__: a, constructor: b}\nlabels: {__proto__: c, toString: d}\n`);
    expect(names.env.map((e) => e.name)).toEqual(['__proto__', 'constructor']);
    expect([...names.labels]).toEqual([
      ['__proto__', 'c'],
      ['toString', 'd'],
    ]);
  });

  test('text keeps the form it has in the file (§1.3, G7)', () => {
    const values = ['1.10', '12345678901234567890', '1_000', '0o17', '1e3', 'no', 'True', '.inf', '+5', '~'];
    const text = `${STEP}env:\n${values.map((v, i) => `  - V${i}: ${v}\n`).join('')}`;
    expect(dagOf(text).env.map((e) => e.value)).toEqual([...values.slice(0, -1), '']);
  });
});

describe('aliases and limits (§2.1, §26)', () => {
  test('anchors, aliases and merge keys: own keys win, then the earlier map', () => {
    const dag = dagOf(
      [
        'steps:',
        '  - &a {id: one, run: x, timeout_sec: 5}',
        '  - {<<: *a, id: two}',
        '  - {<<: [{timeout_sec: 7, run: y}, *a], id: three}',
      ].join('\n'),
    );
    expect(dag.steps.map((s) => [s.id, s.timeoutSec])).toEqual([
      ['one', 5],
      ['two', 5],
      ['three', 7],
    ]);
    expect(found(`${STEP}env: {<<: 5}\n`)).toEqual(['E102 2:11']);
  });

  test('an anchor cycle and an unknown alias have their line (G3)', () => {
    expect(messages('a: &a {b: *a}\nsteps: [{run: x}]\n')).toEqual(['yaml: cyclic alias "*a"']);
    expect(found('steps: [{run: *nope}]\n')).toEqual(['E102 1:15']);
  });

  test('an alias bomb ends at the limit of nodes (G2)', () => {
    const list = (of: string): string => `[${Array.from({ length: 9 }, () => of).join(',')}]`;
    const lines = [`a: &a ${list('x')}`];
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh', 'hi'])
      lines.push(`${to}: &${to} ${list(`*${from}`)}`);
    expect(messages(lines.join('\n'))).toEqual(['limit: YAML nodes after aliases, at most 1000000']);
  });

  test('nesting ends at 64 levels, written or through aliases (G4)', () => {
    const nested = (n: number): string => `${'['.repeat(n)}${']'.repeat(n)}`;
    expect(found(`x: ${nested(63)}\n${STEP}`)).toEqual(['E106 1:1']);
    expect(found(`x: ${nested(64)}\n${STEP}`)).toEqual(['E111 1:67']);
    expect(found('['.repeat(20_000))).toEqual(['E111 1:65']);
    expect(messages(`x: [&a ${nested(40)}, ${'['.repeat(30)}*a${']'.repeat(30)}]\n`)).toEqual([
      'limit: nesting, at most 64 levels',
    ]);
  });

  test('files over 4 MiB and DAGs over 100,000 steps (G1)', () => {
    expect(found(`#${' '.repeat(4 * 1024 * 1024)}`)).toEqual(['E111']);
    const steps = `{run: x},`.repeat(100_001);
    expect(messages(`steps: [${steps}]`)).toEqual([
      'steps: limit: steps of a DAG, at most 100000, found 100001',
    ]);
  });
});

describe('documents and names (§2.2, §2.3)', () => {
  test('empty files and documents (E101)', () => {
    expect(messages('')).toEqual(['the file is empty']);
    expect(messages('# nothing\n')).toEqual(['the file is empty']);
    expect(messages(`${STEP}---\n`)).toEqual(['document 2 is empty']);
  });

  test('a document must be a map (E108)', () => {
    expect(messages('- run: x\n')).toEqual(['document must be map, got list']);
  });

  test('the name: option, field, stem', () => {
    expect(dagOf(STEP, { file: 'some/dir/nightly.v2.yml' }).name).toBe('nightly.v2');
    expect(dagOf(`name: own\n${STEP}`).name).toBe('own');
    expect(dagOf(`name: own\n${STEP}`, { name: 'given' }).name).toBe('given');
  });

  test('names that break the pattern (E103)', () => {
    expect(found(`name: -x\n${STEP}`)).toEqual(['E103 1:7']);
    expect(found(STEP, { name: '../x' })).toEqual(['E103']);
    expect(found(`name: ${'n'.repeat(101)}\n${STEP}`)).toEqual(['E103 1:7']);
    const { diagnostics } = load(STEP, { file: 'my dag.yaml' });
    expect(diagnostics[0]).toMatchObject({ code: 'E103', hint: 'add "name:" to the file' });
  });

  test('later documents are checked and need names that differ (E104)', () => {
    expect(found(`${STEP}---\n${STEP}---\nname: dag\nsteps: [{runn: x}]\n`)).toEqual([
      'E104 3:1',
      'E104 5:7',
      'E106 6:10',
    ]);
    expect(dagOf(`${STEP}---\nname: sub\n${STEP}`).name).toBe('dag');
  });
});
