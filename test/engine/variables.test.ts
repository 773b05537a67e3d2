import { expect, test } from 'vitest';
import { SharedVariables, Variables } from '../../src/engine/variables.ts';

const shared = new SharedVariables(
  new Map([
    ['A', 'shared'],
    ['B', 'shared'],
    ['N', 'a\0b'],
  ]),
);

test('variables of a step lie over those that it shares, which stay as they are', () => {
  const env = new Variables(shared);
  env.set('B', '');
  env.set('C', 'own');
  expect(['A', 'B', 'C', 'D'].map((name) => env.get(name))).toEqual(['shared', '', 'own', undefined]);
  expect(Object.entries(env.toRecord())).toEqual([
    ['A', 'shared'],
    ['B', ''],
    ['N', 'a\0b'],
    ['C', 'own'],
  ]);
  const copy = env.toMap();
  env.set('C', 'later');
  expect([copy.get('B'), copy.get('C'), copy.size]).toEqual(['', 'own', 4]);
  expect(new Variables(shared).get('B')).toBe('shared');
});

test('any name can be one of a variable', () => {
  const env = new Variables(new SharedVariables(new Map([['constructor', 'x']])));
  expect(env.get('toString')).toBeUndefined();
  env.set('__proto__', 'y');
  expect(Object.entries(env.toRecord())).toEqual([
    ['constructor', 'x'],
    ['__proto__', 'y'],
  ]);
});

test('a NUL byte is found, unless the step has another value', () => {
  const env = new Variables(shared);
  expect(env.withNul()).toBe('N');
  env.set('N', 'ab');
  expect(env.withNul()).toBeNull();
  env.set('C', '\0');
  expect(env.withNul()).toBe('C');
});
