import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { FlowError, flowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';
import type { Connection, Driver } from './driver.ts';
import { primaryCode, SQLITE } from './errors.ts';

const TEMPORARY = 'flow-backup-';
const LEFTOVER = /^flow-backup-([1-9]\d*)-[0-9a-f]{8}\.tmp(-journal)?$/;

/**
 * A consistent copy of a database that is in use: `VACUUM INTO` a temporary name, which is not flushed by itself
 * (RELIABILITY.md §2.5), then fsync, then its name. @throws FlowError (exit 1) when the target exists.
 */
export function backup(db: Connection, target: string): void {
  if (existsSync(target)) throw taken(target);
  const folder = dirname(target);
  const temporary = join(folder, `${TEMPORARY}${process.pid}-${randomBytes(4).toString('hex')}.tmp`);
  clearLeftovers(folder);
  try {
    closeSync(openSync(temporary, 'wx', 0o600));
    db.prepare('vacuum into ?').run(temporary);
    flush(temporary);
    putInPlace(temporary, target);
    flush(folder);
  } catch (error) {
    if (error instanceof Error && ('syscall' in error || isSpace(error))) throw unwritable(target, error);
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** What backups that were killed left in the folder; that of a process which may still live stays. */
function clearLeftovers(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const [, pid] = LEFTOVER.exec(name) ?? [];
      if (pid !== undefined && !mayLive(Number(pid))) rmSync(join(folder, name), { force: true });
    }
  } catch {
    // A folder that cannot be read, or somebody else's file: no reason not to make the copy.
  }
}

function mayLive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/**
 * The database as it is before a migration that rewrites tables, beside it; a connection of its own sees all that is
 * committed while another one holds the write lock. @throws FlowError (exit 70) when there is no room for it.
 */
export function copyBeforeMigration(driver: Driver, path: string, from: number, now: number): string {
  const target = `${path}.schema-${from}.${now}`;
  const db = driver(path, 'read');
  try {
    backup(db, target);
    return target;
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    const hint = 'the database was left as it was: make room beside it, then run `flow db migrate`';
    throw flowError(EXIT.fault, 'S012', error.message, hint);
  } finally {
    db.close();
  }
}

/** A hard link never overwrites; where the file system has none, a rename must do. */
function putInPlace(temporary: string, target: string): void {
  try {
    linkSync(temporary, target);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST') throw taken(target);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    renameSync(temporary, target);
  }
}

/** The copy is not the database: no connection to it is open, so it may be opened here. */
function flush(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The copy's disk is full or fails, not necessarily the database's. */
function isSpace(error: unknown): boolean {
  const code = primaryCode(error);
  return code === SQLITE.full || code === SQLITE.ioerr || code === SQLITE.cantopen;
}

function unwritable(target: string, error: Error): FlowError {
  return flowError(EXIT.failed, 'S012', `cannot write the copy ${target}: ${error.message}`);
}

function taken(target: string): FlowError {
  return flowError(
    EXIT.failed,
    'S012',
    `${target} exists already; a backup never overwrites`,
    'choose another name',
  );
}
