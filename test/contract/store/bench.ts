import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { flowHome, type FlowHome } from '../../../src/base/paths.ts';
import { FlowError } from '../../../src/errors/diagnostic.ts';
import { loadDriver, type Connection, type DriverName } from '../../../src/store/sqlite/driver.ts';
import { openStore, type OpenOptions } from '../../../src/store/sqlite/open.ts';
import type { Store } from '../../../src/store/store.ts';

/** What every part of the contract works with: a fresh folder per test, and stores that are closed after it. */
export interface Bench {
  readonly driver: DriverName;
  /** `home` is below `root` and does not exist yet; a test may point it elsewhere. */
  readonly place: { root: string; home: FlowHome };
  readonly store: (options?: Partial<OpenOptions>) => Promise<Store>;
  /** Closes before the test ends. */
  readonly close: (store: Store) => Promise<void>;
  /** A second connection, as another program would have. */
  readonly outsider: (path?: string) => Connection;
  /** The FlowError that the work must end with. */
  readonly refusal: (work: Promise<unknown>) => Promise<FlowError>;
}

export function makeBench(driver: DriverName): Bench {
  const place = { root: '', home: flowHome('/') };
  let open: Store[] = [];

  beforeEach(() => {
    place.root = mkdtempSync(join(realpathSync(tmpdir()), 'flow-store-'));
    place.home = flowHome(join(place.root, 'home'));
  });

  afterEach(async () => {
    await Promise.all(open.map((store) => store.close()));
    open = [];
    rmSync(place.root, { recursive: true, force: true });
  });

  return {
    driver,
    place,
    async store(options = {}) {
      const made = await openStore({
        home: place.home,
        clock: systemClock,
        driver,
        flowVersion: '0.1.0',
        ...options,
      });
      open.push(made);
      return made;
    },
    async close(store) {
      open = open.filter((other) => other !== store);
      await store.close();
    },
    outsider: (path = place.home.database) => loadDriver(driver)(path, 'write'),
    async refusal(work) {
      const error: unknown = await work.then(
        () => null,
        (reason: unknown) => reason,
      );
      if (!(error instanceof FlowError)) throw new Error(`expected a FlowError, got ${String(error)}`);
      return error;
    },
  };
}
