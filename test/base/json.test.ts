import { expect, test } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import { isJsonText, jsonToText } from '../../src/base/json.ts';

test.each<[Json, string]>([
  ['as it is "', 'as it is "'],
  ['', ''],
  [true, 'true'],
  [false, 'false'],
  [null, 'null'],
  [12, '12'],
  [0.1, '0.1'],
  [1.5e-7, '1.5e-7'],
  [{ a: [1, 'x', null] }, '{"a":[1,"x",null]}'],
  [[], '[]'],
])('%j as text (§1.3, §8.1)', (value, text) => {
  expect(jsonToText(value)).toBe(text);
});

test('integers are in decimal (§1.3)', () => {
  expect(jsonToText(9_007_199_254_740_991)).toBe('9007199254740991');
  expect(jsonToText(1e20)).toBe('100000000000000000000');
});

test('one JSON value, and nothing besides it, is JSON text', () => {
  const texts = ['{"a": [1]}', ' null ', '"x"', '1e3', '', 'x', '{a: 1}', '1 2', '\uFEFF1'];
  expect(texts.filter(isJsonText)).toEqual(texts.slice(0, 4));
});
