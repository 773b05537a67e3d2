import { describe, expect, test } from 'vitest';
import { FlowError } from '../../src/errors/diagnostic.ts';
import { checkFileSystem } from '../../src/store/sqlite/place.ts';

describe('the file system of the database (§2.3, C8)', () => {
  test.each([
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [0xfe534d42, 'SMB2'],
  ])('%i is refused by name', (type, name) => {
    expect(() => checkFileSystem('/home/u', type)).toThrow(FlowError);
    expect(() => checkFileSystem('/home/u', type)).toThrow(`network file system (${name})`);
  });

  test.each([0xef53, 0x01021994, 0x9123683e])('%i is taken without a word', (type) => {
    expect(checkFileSystem('/home/u', type)).toEqual([]);
  });

  test.each([0x01021997, 0x65735546])('%i is taken with a warning', (type) => {
    expect(checkFileSystem('/home/u', type)).toEqual([expect.stringContaining('flow doctor')]);
  });
});
