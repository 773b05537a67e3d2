import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { didYouMean, editDistance, nearest } from '../../src/errors/suggest.ts';

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['same', 'same', 0],
    ['biuld', 'build', 1],
    ['retry', 'retires', 3],
    ['abc', '', 3],
    ['a💩c', 'abc', 1],
    ['ca', 'abc', 3],
  ])('%j to %j', (a, b, distance) => {
    expect(editDistance(a, b, 10)).toBe(distance);
  });

  test('gives up beyond its limit', () => {
    expect(editDistance('kitten', 'sitting', 2)).toBe(3);
    expect(editDistance('a', 'a'.repeat(1_000), 2)).toBe(3);
  });

  test('is the same both ways and zero only for the same word', () => {
    const word = fc
      .array(fc.constantFrom('a', 'b', 'c'), { maxLength: 7 })
      .map((letters) => letters.join(''));
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 7 }), (a, b, limit) => {
        const distance = editDistance(a, b, limit);
        expect(distance > limit).toBe(editDistance(b, a, limit) > limit);
        expect(distance === 0).toBe(a === b);
        expect(Math.min(distance, limit + 1)).toBe(Math.min(editDistance(a, b, 20), limit + 1));
      }),
    );
  });
});

describe('nearest (§2.5)', () => {
  test('distance 2, or 1 for up to four letters', () => {
    expect(nearest('depnds', ['depends', 'delay', 'description'])).toEqual(['depends']);
    expect(nearest('evn', ['env'])).toEqual(['env']);
    expect(nearest('evn', ['even', 'env', 'event'])).toEqual(['env', 'even']);
    expect(nearest('rnu', ['run', 'urn2'])).toEqual(['run']);
    expect(nearest('xyz', ['run'])).toEqual([]);
  });

  test('at most three, nearest first, then by name, without repeats', () => {
    expect(nearest('stepx', ['stepd', 'stepb', 'stepa', 'step', 'stepaa', 'stepa'])).toEqual([
      'step',
      'stepa',
      'stepb',
    ]);
    expect(nearest('build', ['bu', 'buil', 'buildxy'])).toEqual(['buil', 'buildxy']);
  });
});

test.each([
  [['build'], 'did you mean "build"?'],
  [['build', 'built'], 'did you mean "build" or "built"?'],
  [['build', 'built', 'guild'], 'did you mean "build", "built" or "guild"?'],
])('didYouMean %j', (known, hint) => {
  expect(didYouMean('biuld', known)).toBe(hint);
});

test('didYouMean is null when nothing is near', () => {
  expect(didYouMean('deploy', ['build'])).toBeNull();
});
