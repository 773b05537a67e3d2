import { describe, expect, test } from 'vitest';
import { decodeOutput, outputOf, withinLimit } from '../../src/core/output-map.ts';
import type { Decoding } from '../../src/core/output-map.ts';
import { parseYamlValue } from '../../src/language/yaml-value.ts';

function decode(text: string | Uint8Array, more: Partial<Decoding> = {}) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const decoding = {
    name: 'k',
    decode: 'text',
    select: null,
    limit: 100,
    parseYaml: parseYamlValue,
  } as const;
  return decodeOutput(bytes, { ...decoding, ...more });
}

const json = (text: string) => ({ value: { type: 'json', text } });
const string = (text: string) => ({ value: { type: 'string', text } });
const error = (message: string, code = 'R504') => ({ error: { code, message } });

describe('decoding an output (LANGUAGE.md §11.4)', () => {
  test('text is trimmed; bytes that are no UTF-8 are replaced', () => {
    expect(decode(' \n a b \n')).toEqual(string('a b'));
    expect(decode(Uint8Array.of(0x61, 0xff))).toEqual(string('a\ufffd'));
  });

  test('a whole json output stays exactly as it was emitted (§8.1)', () => {
    expect(decode(' {"a": 1.10}\n', { decode: 'json' })).toEqual(json('{"a": 1.10}'));
  });

  test('what select finds is text or json', () => {
    const of = (path: (string | number)[]) =>
      decode('{"a": ["x", 1.5, null, {"b": []}]}', { decode: 'json', select: ['a', ...path] });
    expect(of([0])).toEqual(string('x'));
    expect(of([1])).toEqual(json('1.5'));
    expect(of([2])).toEqual(json('null'));
    expect(of([3])).toEqual(json('{"b":[]}'));
    expect(of([4])).toEqual(error('output.k: select: there is no value at that path'));
  });

  test('yaml', () => {
    expect(decode('a: [1, yes]\nb: ~\n', { decode: 'yaml' })).toEqual(json('{"a":[1,"yes"],"b":null}'));
    expect(decode('hello', { decode: 'yaml' })).toEqual(string('hello'));
    expect(decode('', { decode: 'yaml' })).toEqual(json('null'));
    expect(decode('a: 1\n---\nb: 2\n', { decode: 'yaml' })).toEqual(
      error('output.k: 2 YAML documents, expected one'),
    );
  });

  test('R504 says why, and never shows a part of the text', () => {
    expect(decode('hunter22', { decode: 'json' })).toEqual(error('output.k: not JSON'));
    expect(decode('\n', { decode: 'json' })).toEqual(error('output.k: empty, not JSON'));
    expect(decode('a: 1\nhunter22: [\n', { decode: 'yaml' })).toMatchObject({ error: { code: 'R504' } });
    expect(JSON.stringify(decode('a: 1\n*hunter22\n', { decode: 'yaml' }))).not.toContain('hunter22');
    expect(decode(Uint8Array.of(0xff), { decode: 'json' })).toEqual(
      error('output.k: not UTF-8, json must be'),
    );
  });

  test('R503: the limit counts bytes of the value', () => {
    expect(decode('é'.repeat(50))).toEqual(string('é'.repeat(50)));
    expect(decode('é'.repeat(51))).toEqual(error('output "k" exceeded maximum size of 100 bytes', 'R503'));
    expect(withinLimit('k', outputOf([1]), 2)).toMatchObject({ error: { code: 'R503' } });
  });
});
