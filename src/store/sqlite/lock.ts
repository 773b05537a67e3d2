import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowHome } from '../../base/paths.ts';
import { flowError, type FlowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import type { OwnerLocks } from '../store.ts';
import { chooseDriver, loadDriver, type Connection, type DriverName } from './driver.ts';
import { isBusy, storageError } from './errors.ts';
import { fileIdentity, makePrivateFile, makePrivateFolder } from './place.ts';
import { BUSY_TIMEOUT_MS } from './retry.ts';

/** What this program holds: it knows that without asking the file, which somebody may have deleted. */
const heldHere = new Set<string>();

/**
 * Kernel locks below `work/.locks` (RELIABILITY.md §2.5, §3.6): an empty database held by `BEGIN EXCLUSIVE`. The
 * kernel drops the lock however its holder dies.
 */
export function openLocks(options: { readonly home: FlowHome; readonly driver?: DriverName }): OwnerLocks {
  const driver = loadDriver(options.driver ?? chooseDriver());
  const held = new Map<string, Connection>();
  const pathOf = (name: string): string => {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
      throw new Error(`not a name of a lock: ${JSON.stringify(name)}`);
    return join(options.home.locks, name);
  };
  return {
    hold(name) {
      const path = pathOf(name);
      makePrivateFolder(options.home.locks);
      makePrivateFile(path);
      const before = fileIdentity(path);
      const db = driver(path, 'write');
      try {
        db.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
        db.exec('begin exclusive');
        // A holder that just left removes its file; a lock on a removed file locks nobody out.
        if (before === null || fileIdentity(path) !== before) throw busy(path);
      } catch (error) {
        db.close();
        throw isBusy(error) ? busy(path) : storageError(error, path);
      }
      held.set(name, db);
      heldHere.add(path);
    },
    isFree(name) {
      const path = pathOf(name);
      if (heldHere.has(path)) return false;
      if (fileIdentity(path) === null) return true;
      const db = driver(path, 'read');
      try {
        db.exec('pragma busy_timeout = 0');
        // Reading takes a shared lock, so that two who look at once do not take each other for the holder.
        db.prepare('select count(*) from sqlite_master').get();
        return true;
      } catch (error) {
        if (isBusy(error)) return false;
        throw storageError(error, path);
      } finally {
        db.close();
      }
    },
    release() {
      for (const [name, db] of held) {
        rmSync(pathOf(name), { force: true });
        db.close();
        heldHere.delete(pathOf(name));
      }
      held.clear();
    },
  };
}

function busy(path: string): FlowError {
  return flowError(EXIT.busy, 'S013', `another live process holds ${path}`);
}
