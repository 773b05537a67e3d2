import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { uuidv7 } from '../base/ids.ts';
import { flowHome } from '../base/paths.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { startLockHolder, type LockHolder } from '../process/lock-holder.ts';
import { openLocks } from '../store/sqlite/lock.ts';
import type { OwnerLocks } from '../store/store.ts';
import type { Context } from './context.ts';
import type { Finding } from './finding.ts';
import { flowCommand } from './wiring.ts';

const BROKEN = 'flow cannot tell a run that goes on from one that was killed';

/** Tries locks where they are used (RELIABILITY.md §2.3): file systems of sandboxes and networks may lie about them. */
export async function locks({ home, clock }: Context): Promise<Finding[]> {
  if (!existsSync(home.root)) return [];
  const real = flowHome(realpathSync(home.root));
  const name = `doctor-${uuidv7(clock.wall(), randomBytes)}.lock`;
  const locks = openLocks({ home: real });
  try {
    return [asFinding(await lockProblem(locks, name, () => startLockHolder(flowCommand(), real.root, name)))];
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    return [asFinding(error.message)];
  } finally {
    locks.release();
    rmSync(join(real.locks, name), { force: true });
  }
}

function asFinding(problem: string | null): Finding {
  if (problem === null) return { name: 'locks', value: 'hold', problem, fix: null };
  return { name: 'locks', value: 'do not hold', problem, fix: 'set FLOW_HOME to a folder on a local disk' };
}

/**
 * What is wrong with a lock that another process holds and is then killed; null when it keeps us out, and does so no
 * longer. @throws FlowError (exit 70) when the file cannot be made
 */
export async function lockProblem(
  locks: OwnerLocks,
  name: string,
  startHolder: () => Promise<LockHolder | string>,
): Promise<string | null> {
  const holder = await startHolder();
  if (typeof holder === 'string') return `another process cannot take a lock: ${holder}`;
  try {
    if (locks.isFree(name) || takes(locks, name))
      return `a lock that one process holds does not keep another out: ${BROKEN}`;
  } finally {
    await holder.kill();
  }
  if (!locks.isFree(name) || !takes(locks, name))
    return `the lock of a process that was killed stays: ${BROKEN}`;
  return null;
}

function takes(locks: OwnerLocks, name: string): boolean {
  try {
    locks.hold(name);
    return true;
  } catch (error) {
    if (error instanceof FlowError && error.diagnostics[0]?.code === 'S013') return false;
    throw error;
  }
}
