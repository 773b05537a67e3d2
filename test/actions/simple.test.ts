import { expect, test } from 'vitest';
import { SUCCEEDED } from '../../src/actions/action.ts';
import { logWrite } from '../../src/actions/log-write.ts';
import { noop } from '../../src/actions/noop.ts';

test('§19.1 log.write prints the message with a line break and has no outputs', () => {
  const printed: unknown[] = [];
  expect(logWrite('näh\nzwei', { out: (bytes) => printed.push(bytes) })).toEqual(SUCCEEDED);
  expect(printed.join('')).toBe('näh\nzwei\n');
});

test('§19.1 noop never fails', () => {
  expect(noop()).toEqual(SUCCEEDED);
});
