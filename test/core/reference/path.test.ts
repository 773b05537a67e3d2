import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/base/json.ts';
import { parsePath, readPath } from '../../../src/core/reference/path.ts';

describe('PATH (§1.3)', () => {
  test.each<[string, (string | number)[] | null]>([
    ['.items[0].name', ['items', 0, 'name']],
    ['["any key"]', ['any key']],
    ['["a\\"b]"].c', ['a"b]', 'c']],
    ['[0][12]', [0, 12]],
    ['.é-2_x', ['é-2_x']],
    ['', null],
    ['.', null],
    ['items', null],
    ['.a.', null],
    ['.a b', null],
    ['[-1]', null],
    ['["a]', null],
    ['[a]', null],
  ])('%s', (text, path) => {
    expect(parsePath(text)).toEqual(path);
  });

  test('any key can be written in quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        expect(parsePath(`[${JSON.stringify(key)}]`)).toEqual([key]);
      }),
    );
  });
});

describe('readPath', () => {
  const json = JSON.parse('{"a": [{"b": null}, [1]], "__proto__": {"x": 1}, "0": "zero"}') as Json;
  test.each<[(string | number)[], Json | undefined]>([
    [[], json],
    [['a', 0, 'b'], null],
    [['a', 1, 0], 1],
    [['a', 2], undefined],
    [['a', 0, 'b', 'c'], undefined],
    [['a', 'length'], undefined],
    [['a', '0'], undefined],
    [[0], undefined],
    [['0'], 'zero'],
    [['__proto__', 'x'], 1],
    [['constructor'], undefined],
    [['a', 0, 'toString'], undefined],
  ])('%j', (path, value) => {
    expect(readPath(json, path)).toEqual(value);
  });
});
