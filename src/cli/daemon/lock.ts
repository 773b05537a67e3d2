import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowHome } from '../../base/paths.ts';
import { FlowError, flowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import { openLocks } from '../../store/sqlite/lock.ts';

/** What a daemon says of itself to others, beside its lock. */
export interface DaemonFacts {
  readonly pid: number;
  readonly version: string;
  /** RFC 3339. */
  readonly since: string;
  readonly folder: string;
  readonly scheduled: number;
  readonly running: number;
  readonly draining: boolean;
  readonly next: string | null;
  readonly problems: readonly {
    readonly file: string;
    readonly message: string;
    readonly keeps_older: boolean;
  }[];
}

const LOCK = 'daemon.lock';

function factsPath(home: FlowHome): string {
  return join(home.locks, 'daemon.json');
}

export interface DaemonLock {
  /** Replaces the facts at once, so that readers see them whole. */
  write(facts: DaemonFacts): void;
  release(): void;
}

/**
 * Takes the one place of a daemon in a home (LANGUAGE.md §20.5): a kernel lock, so that a dead daemon holds nothing.
 * @throws FlowError E012 (exit 5) that names the other one.
 */
export function takeDaemonLock(home: FlowHome): DaemonLock {
  const locks = openLocks({ home });
  try {
    locks.hold(LOCK);
  } catch (error) {
    if (!(error instanceof FlowError) || error.exitCode !== EXIT.busy) throw error;
    const other = readFacts(home);
    const who = other === null ? '' : `: pid ${other.pid}, since ${other.since}`;
    const hint = 'one daemon per home: stop it first, or give this one a --home of its own';
    throw flowError(EXIT.busy, 'E012', `another daemon is running${who}`, hint);
  }
  const path = factsPath(home);
  return {
    write(facts) {
      const fresh = `${path}.${facts.pid}`;
      writeFileSync(fresh, `${JSON.stringify(facts)}\n`, { mode: 0o600 });
      renameSync(fresh, path);
    },
    release() {
      rmSync(path, { force: true });
      locks.release();
    },
  };
}

/** The daemon that runs; null: there is none. */
export function livingDaemon(home: FlowHome): DaemonFacts | null {
  if (!existsSync(join(home.locks, LOCK)) || openLocks({ home }).isFree(LOCK)) return null;
  return readFacts(home);
}

function readFacts(home: FlowHome): DaemonFacts | null {
  try {
    return JSON.parse(readFileSync(factsPath(home), 'utf8')) as DaemonFacts;
  } catch {
    // It has just begun, or has just ended.
    return null;
  }
}
