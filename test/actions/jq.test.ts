import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { testIo } from './http/support.ts';
import { directory, done } from './support.ts';

const jq = (given: object, io = testIo()) => done('jq.filter', given, io);

describe('jq.filter (§19.1)', () => {
  test('every result as indented JSON; result is the one, else the list', async () => {
    const one = await jq({ filter: '.a', data: { a: { b: [] } } });
    expect([one.printed, one.outputs]).toEqual(['{\n  "b": []\n}\n', { result: { b: [] } }]);
    const many = await jq({ filter: '.[]', data: [1, 'x'] });
    expect([many.printed, many.outputs]).toEqual(['1\n"x"\n', { result: [1, 'x'] }]);
    const none = await jq({ filter: 'empty', data: 1 });
    expect([none.printed, none.outputs]).toEqual(['', { result: [] }]);
  });

  test('raw prints text as it is; a text result is a string output', async () => {
    const { printed, end } = await jq({ filter: '.[]', raw: true, data: ['a\nb', { c: 1 }] });
    expect(printed).toBe('a\nb\n{\n  "c": 1\n}\n');
    expect(end.outputs['result']?.text).toBe('["a\\nb",{"c":1}]');
    expect((await jq({ filter: '.', raw: true, data: 'x y' })).outputs).toEqual({ result: 'x y' });
  });

  test('text is read as JSON with its numbers as written, else it is a string', async () => {
    expect(
      (await jq({ filter: '.', data: '{"v":1.10,"n":12345678901234567890}' })).end.outputs['result']?.text,
    ).toBe('{"v":1.10,"n":12345678901234567890}');
    expect((await jq({ filter: 'type', data: '1 2' })).outputs).toEqual({ result: 'string' });
  });

  test('$ENV is the environment of the step, and nothing else', async () => {
    const io = testIo({ env: { NAME: 'grün', PATH: '/bin' } });
    expect((await jq({ filter: '$ENV, env.NAME', data: 1 }, io)).outputs).toEqual({
      result: [{ NAME: 'grün', PATH: '/bin' }, 'grün'],
    });
  });

  test('any run-time error fails, also after results; nothing is published', async () => {
    const late = await jq({ filter: '1, (.a | tonumber)', data: { a: 'x' } });
    expect(late.failure).toMatch(/^jq\.filter: /);
    expect([late.printed, late.outputs]).toEqual(['', {}]);
    expect((await jq({ filter: 'error("no good")', data: 1 })).failure).toMatch(/no good/);
    expect((await jq({ filter: '"bye" | halt_error', data: 1 })).failure).toMatch(/exit code 5|bye/);
  });

  test('a filter that does not compile; one that looks like an option', async () => {
    expect((await jq({ filter: 'foo(', data: 1 })).failure).toMatch(
      /^jq\.filter: the filter does not compile: /,
    );
    expect((await jq({ filter: '-1', data: 1 })).outputs).toEqual({ result: -1 });
  });

  test('input: a file; missing, or not JSON', async () => {
    const cwd = directory();
    writeFileSync(join(cwd, 'in.json'), '{"a":"é"}');
    writeFileSync(join(cwd, 'bad.json'), '{');
    expect((await jq({ filter: '.a', input: 'in.json' }, testIo({ cwd }))).outputs).toEqual({ result: 'é' });
    expect((await jq({ filter: '.', input: 'bad.json' }, testIo({ cwd }))).failure).toMatch(
      /unreadable json/,
    );
    expect((await jq({ filter: '.', input: 'no.json' }, testIo({ cwd }))).failure).toMatch(/does not exist/);
  });

  test('megabytes go through in one piece', async () => {
    const data = JSON.stringify(Array.from({ length: 100_000 }, (_, i) => ({ i, text: 'ü' })));
    const { end } = await jq({ filter: '.', data });
    expect(end.outputs['result']?.text).toBe(data);
  });

  test('a filter without end is stopped at once', async () => {
    const abort = new AbortController();
    const running = jq({ filter: 'last(repeat(1))', data: 1 }, testIo({ signal: abort.signal }));
    setImmediate(() => abort.abort());
    expect((await running).failure).toBe('jq.filter: stopped');
  });
});
