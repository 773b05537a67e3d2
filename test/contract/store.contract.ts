import type { DriverName } from '../../src/store/sqlite/driver.ts';
import { makeBench } from './store/bench.ts';
import { answersContract } from './store/answers.ts';
import { commitsContract } from './store/commits.ts';
import { constraintsContract } from './store/constraints.ts';
import { faultsContract } from './store/faults.ts';
import { guardContract } from './store/guard.ts';
import { locksContract } from './store/locks.ts';
import { migrationContract } from './store/migration.ts';
import { newestSchemaContract } from './store/newest-schema.ts';
import { openingContract } from './store/opening.ts';
import { peopleContract } from './store/people.ts';
import { removalContract } from './store/removal.ts';
import { replicatorContract } from './store/replicator.ts';
import { rowsContract } from './store/rows.ts';
import { ticksContract } from './store/ticks.ts';

/** What every driver must do. Each runs it in a process of its own, as the two may not meet (§2.2). */
export function storeContract(driver: DriverName): void {
  const bench = makeBench(driver);
  rowsContract(bench);
  guardContract(bench);
  answersContract(bench);
  constraintsContract(bench);
  commitsContract(bench);
  openingContract(bench);
  faultsContract(bench);
  locksContract(bench);
  migrationContract(bench);
  newestSchemaContract(bench);
  peopleContract(bench);
  removalContract(bench);
  replicatorContract(bench);
  ticksContract(bench);
}
