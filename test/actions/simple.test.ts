import { expect, test } from 'vitest';
import { SUCCEEDED } from '../../src/actions/action.ts';
import { logWrite } from '../../src/actions/log-write.ts';

test('§19.1 log.write prints the message with a line break and has no outputs', () => {
  const printed: unknown[] = [];
  expect(logWrite('näh\nzwei', { out: (bytes) => printed.push(bytes) })).toEqual(SUCCEEDED);
  expect(printed.join('')).toBe('näh\nzwei\n');
});
