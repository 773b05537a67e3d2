import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotJson, parseJsonValue, pickValue, valueToJson, valueToText } from '../../src/base/value.ts';

describe('values that pass through', () => {
  test('JSON comes out as it went in, but for its white space', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(valueToJson(parseJsonValue(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test('indented as JSON.stringify does it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(valueToJson(parseJsonValue(text), 2)).toBe(JSON.stringify(JSON.parse(text), null, 2));
      }),
    );
  });

  test('numbers keep their text; those that JSON does not know are written anew, or not at all', () => {
    expect(valueToJson(parseJsonValue('[1.10, 1E400, -0, 12345678901234567890]'))).toBe(
      '[1.10,1E400,-0,12345678901234567890]',
    );
    const written = ['0o17', '0x1F', '+1', '007', '.5', '1.', '-.5e3'].map((number) => ({ number }));
    expect(valueToJson(written)).toBe('[15,31,1,7,0.5,1,-0.5e3]');
    expect(() => valueToJson({ number: '.nan' })).toThrow(NotJson);
    expect(valueToText({ number: '0o17' })).toBe('0o17');
  });

  test('bad and too deep JSON is refused', () => {
    expect(() => parseJsonValue('[1,]')).toThrow(SyntaxError);
    expect(() => parseJsonValue('['.repeat(2_000) + ']'.repeat(2_000))).toThrow(/nested deeper/);
  });

  test('a path picks own keys only', () => {
    const value = parseJsonValue('{"a":[{"__proto__":1}]}');
    expect(pickValue(value, ['a', 0, '__proto__'])).toEqual({ number: '1' });
    expect(pickValue(value, ['a', 'length'])).toBeUndefined();
    expect(pickValue(value, ['a', 0, 'constructor'])).toBeUndefined();
  });
});
