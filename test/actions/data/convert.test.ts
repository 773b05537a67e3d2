import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { testIo } from '../http/support.ts';
import { directory, done } from '../support.ts';

const convert = async (given: object) => (await done('data.convert', given)).printed;
const failure = async (given: object) => (await done('data.convert', given)).failure;

describe('data.convert (§19.1)', () => {
  test('csv: quotes, delimiters and line breaks in fields, a byte order mark, CRLF', async () => {
    const data = '\uFEFFid,text\r\n1,"a, ""b""\nc"\r\n2,\r\n';
    expect(JSON.parse(await convert({ from: 'csv', to: 'json', data }))).toEqual([
      { id: '1', text: 'a, "b"\nc' },
      { id: '2', text: '' },
    ]);
    expect(await convert({ from: 'csv', to: 'csv', data })).toBe('id,text\n1,"a, ""b""\nc"\n2,\n');
    expect(await convert({ from: 'csv', to: 'tsv', data })).toBe('id\ttext\n1\t"a, ""b""\nc"\n2\t\n');
  });

  test('rows without header are lists; headers name them or rename the columns', async () => {
    const json = async (given: object): Promise<unknown> =>
      JSON.parse(await convert({ from: 'tsv', to: 'json', data: 'a\tb\n1\t2\n', ...given }));
    expect(await json({ has_header: false })).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
    expect(await json({ has_header: false, headers: ['x', 'y'] })).toEqual([
      { x: 'a', y: 'b' },
      { x: '1', y: '2' },
    ]);
    expect(await json({ headers: ['x', 'y'] })).toEqual([{ x: '1', y: '2' }]);
    expect(await json({ columns: ['b'] })).toEqual([{ b: '2' }]);
    expect(await convert({ from: 'csv', to: 'json', delimiter: ';', data: 'a;b\n1;2\n' })).toContain(
      '"b": "2"',
    );
  });

  test('maps with different keys share one header; null and missing are empty', async () => {
    const data = [{ a: 1, b: null }, { c: { x: [1] } }];
    expect(await convert({ from: 'json', to: 'csv', data })).toBe('a,b,c\n1,,\n,,"{""x"":[1]}"\n');
    expect(await convert({ from: 'json', to: 'csv', data, columns: ['c', 'a'] }).catch(String)).toBe(
      'c,a\n,1\n"{""x"":[1]}",\n',
    );
    expect(await convert({ from: 'json', to: 'csv', data, has_header: false })).toBe(
      '1,,\n,,"{""x"":[1]}"\n',
    );
  });

  test('numbers keep their text, text that looks like one stays text', async () => {
    const yaml = 'version: 1.10\nid: 12345678901234567890\ntext: "1.10"\nmode: 0o17\nno: no\n';
    expect(await convert({ from: 'yaml', to: 'json', data: yaml })).toBe(
      '{\n  "version": 1.10,\n  "id": 12345678901234567890,\n  "text": "1.10",\n  "mode": 15,\n  "no": "no"\n}\n',
    );
    const csv = await convert({ from: 'yaml', to: 'csv', data: yaml });
    expect(csv).toBe('version,id,text,mode,no\n1.10,12345678901234567890,1.10,0o17,no\n');
    const json = '{"a":1.10,"b":1E400,"c":"1.10","__proto__":-0}';
    expect(await convert({ from: 'json', to: 'yaml', data: json })).toBe(
      'a: 1.10\nb: 1E400\nc: "1.10"\n__proto__: -0\n',
    );
    expect(await convert({ from: 'json', to: 'text', data: json })).toBe(`${json}\n`);
  });

  test('result is the text, by path where it is JSON', async () => {
    const { outputs, end } = await done('data.convert', { from: 'yaml', to: 'json', data: 'a: [1]' });
    expect(outputs['result']).toEqual({ a: [1] });
    expect(end.outputs['result']?.type).toBe('json');
    expect((await done('data.convert', { from: 'yaml', to: 'csv', data: 'a: 1' })).outputs).toEqual({
      result: 'a\n1',
    });
  });

  test('yaml: aliases and merge keys', async () => {
    const data = 'base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}\n';
    expect(JSON.parse(await convert({ from: 'yaml', to: 'json', data }))).toEqual({
      base: { x: 1, y: 2 },
      more: { x: 1, y: 3 },
    });
  });

  test.each([
    [{ from: 'json', to: 'yaml', data: '{"a":' }, /unreadable json: /],
    [{ from: 'yaml', to: 'json', data: 'a: [1' }, /unreadable yaml: line 1: /],
    [{ from: 'yaml', to: 'json', data: 'a: 1\na: 2' }, /key "a" occurs twice/],
    [{ from: 'yaml', to: 'json', data: 'a: 1\n---\nb: 2' }, /expected one document/],
    [{ from: 'yaml', to: 'json', data: 'a: &a [*a]' }, /cyclic alias \*a/],
    [{ from: 'yaml', to: 'json', data: 'a: .inf' }, /\.inf is no JSON number/],
    [{ from: 'yaml', to: 'json', data: '['.repeat(100) }, /nested deeper/],
    [{ from: 'csv', to: 'json', data: 'a,b\n"1,2\n' }, /unreadable rows: /],
    [{ from: 'csv', to: 'json', data: 'a,b\n1\n' }, /row 1 has 1 fields, expected 2 columns/],
    [{ from: 'csv', to: 'json', data: 'a,a\n1,2\n' }, /column "a" occurs twice/],
    [{ from: 'csv', to: 'json', data: 'a,b\n1,2\n', columns: ['z'] }, /no column "z"/],
    [{ from: 'json', to: 'csv', data: [1] }, /item 1 is no row/],
    [{ from: 'json', to: 'yaml', input: 'missing.json' }, /missing.json": does not exist \(ENOENT\)/],
  ])('unreadable data fails: %j', async (given, message) => {
    expect(await failure(given)).toMatch(message);
  });

  test('an alias bomb ends at the limit of nodes, not of memory', async () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 10; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(',')}]`,
      );
    expect(await failure({ from: 'yaml', to: 'json', data: lines.join('\n') })).toMatch(/nodes/);
  });

  test('input is a file, relative to the directory of the step; it must be UTF-8', async () => {
    const cwd = directory();
    writeFileSync(join(cwd, 'in.csv'), 'a\n1\n');
    writeFileSync(join(cwd, 'bad.csv'), Buffer.from([0x61, 0xe9, 0x0a]));
    const io = testIo({ cwd });
    expect((await done('data.convert', { from: 'csv', to: 'yaml', input: 'in.csv' }, io)).printed).toBe(
      '- a: "1"\n',
    );
    const bad = await done('data.convert', { from: 'csv', to: 'yaml', input: 'bad.csv' }, io);
    expect(bad.failure).toMatch(/is not UTF-8/);
  });
});

describe('data.pick (§19.1)', () => {
  const data = { items: [{ name: 'a b', n: 1.5, list: ['x', null] }], 'any key': true };

  test.each([
    [{ select: '.items[0].name' }, '"a b"\n', 'a b'],
    [{ select: '.items[0].name', raw: true }, 'a b\n', 'a b'],
    [{ select: '.items[0].n', raw: true }, '1.5\n', 1.5],
    [{ select: '["any key"]' }, 'true\n', true],
    [{ select: '.items[0].list', to: 'yaml' }, '- x\n- null\n', '- x\n- null'],
    [{ select: '.items', to: 'csv', columns: ['name'] }, 'name\na b\n', 'name\na b'],
  ])('%j', async (given, printed, result) => {
    const got = await done('data.pick', { from: 'json', data, ...given });
    expect([got.failure, got.printed, got.outputs['result']]).toEqual([null, printed, result]);
  });

  test('no such value fails, and so does a key of text or a prototype', async () => {
    for (const select of [
      '.items[1]',
      '.items.name',
      '["any key"].x',
      '.constructor',
      '.items[0].name.length',
    ]) {
      expect((await done('data.pick', { from: 'json', data, select })).failure).toBe(
        `data.pick: no value at ${select}`,
      );
    }
  });
});
