import fc from 'fast-check';
import { expect, test } from 'vitest';
import { position } from '../../src/errors/position.ts';

test('§2.5 line and column count from 1, columns in code points, in any order of questions', () => {
  const text = fc.array(fc.constantFrom('a', 'é', '名', '🙂', '\t', '\n', '\r\n'), { maxLength: 40 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(40), { maxLength: 20 }), (characters, places) => {
      const source = { file: 'f.yaml', text: characters.join('') };
      for (const place of places) {
        const before = characters.slice(0, place).join('');
        const line = before.split('\n');
        expect(position({ source, start: before.length, end: before.length })).toEqual({
          line: line.length,
          column: [...(line.at(-1) ?? '')].length + 1,
        });
      }
    }),
  );
});

test('a place inside of a wide character has the column of the next one', () => {
  const source = { file: 'f.yaml', text: '🙂x' };
  expect([0, 1, 2, 3].map((start) => position({ source, start, end: start }).column)).toEqual([1, 2, 2, 3]);
});
