import { describe, expect, test } from 'vitest';
import { loadDriver } from '../../src/store/sqlite/driver.ts';
import { hasDriver, loadedDrivers } from '../support/drivers.ts';
import { storeContract } from './store.contract.ts';

describe.skipIf(!hasDriver('node:sqlite'))('store on node:sqlite', () => {
  storeContract('node:sqlite');

  test('no other driver is in this process (§2.2)', () => {
    expect(() => loadDriver('better-sqlite3')).toThrow('may not join it');
    expect(loadedDrivers()).toEqual(['node:sqlite']);
  });
});
