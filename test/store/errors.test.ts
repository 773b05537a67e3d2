import { describe, expect, test } from 'vitest';
import { flowError, FlowError } from '../../src/errors/diagnostic.ts';
import { EXIT } from '../../src/errors/exit-codes.ts';
import { isBusy, isFsync, isPassing, resultCode, storageError } from '../../src/store/sqlite/errors.ts';

/** As the two drivers throw the same thing. */
const node = (errcode: number): Error => Object.assign(new Error('m'), { code: 'ERR_SQLITE_ERROR', errcode });
const better = (code: string): Error => Object.assign(new Error('m'), { code });

describe('what an error of SQLite means (§2.6)', () => {
  test.each([
    ['SQLITE_FULL', 13],
    ['SQLITE_IOERR_WRITE', 778],
    ['SQLITE_IOERR_FSYNC', 1034],
    ['SQLITE_BUSY', 5],
    ['SQLITE_BUSY_SNAPSHOT', 517],
    ['SQLITE_BUSY_RECOVERY', 261],
    ['UNKNOWN_SQLITE_ERROR_4874', 4874],
  ])('%s is %i on both drivers', (name, code) => {
    expect(resultCode(better(name))).toBe(code);
    expect(resultCode(node(code))).toBe(code);
  });

  test('an unlisted name counts as the code it extends, another error as none', () => {
    expect(resultCode(better('SQLITE_READONLY_DIRECTORY'))).toBe(8);
    expect(resultCode(better('SQLITE_CONSTRAINT_TRIGGER'))).toBe(19);
    expect(resultCode(better('ENOENT'))).toBeNull();
    expect(resultCode(new Error('m'))).toBeNull();
    expect(resultCode('SQLITE_FULL')).toBeNull();
  });

  test('what is worth trying again', () => {
    expect([5, 261, 517, 13, 778, 10].map((code) => isPassing(node(code)))).toEqual(Array(6).fill(true));
    expect([1034, 1290, 11, 26, 8, 14, 19].map((code) => isPassing(node(code)))).toEqual(
      Array(7).fill(false),
    );
    expect([5, 261, 517, 13].map((code) => isBusy(node(code)))).toEqual([true, true, true, false]);
    expect(isFsync(better('SQLITE_IOERR_FSYNC'))).toBe(true);
  });

  test('each becomes exit 70 with the path; a full disk names what is free and what is safe', () => {
    for (const code of [13, 778, 1034, 8, 11, 26, 14, 5, 517, 261, 1]) {
      const error = storageError(node(code), '/tmp/flow.db');
      expect(error).toBeInstanceOf(FlowError);
      expect(error).toMatchObject({ exitCode: EXIT.fault });
      expect(error.message).toContain('/tmp/flow.db');
    }
    expect(storageError(node(13), '/tmp/flow.db').message).toMatch(/disk full .* free [\d.]+ MB.*resumed/);
  });

  test('other errors pass unchanged', () => {
    const bug = new TypeError('x');
    const made = flowError(EXIT.usage, 'E001', 'm');
    expect(storageError(bug, '/p')).toBe(bug);
    expect(storageError(made, '/p')).toBe(made);
  });
});
