import { describe, expect, test } from 'vitest';
import { loadDriver } from '../../src/store/sqlite/driver.ts';
import { hasDriver, loadedDrivers } from '../support/drivers.ts';
import { storeContract } from './store.contract.ts';

describe.skipIf(!hasDriver('better-sqlite3'))('store on better-sqlite3', () => {
  storeContract('better-sqlite3');

  test('no other driver is in this process (§2.2)', () => {
    expect(() => loadDriver('node:sqlite')).toThrow('may not join it');
    expect(loadedDrivers()).toEqual(['better-sqlite3']);
  });
});
