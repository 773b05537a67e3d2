import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { FlowError, flowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';

/** Extended result codes of SQLite that flow tells apart (RELIABILITY.md §2.6). */
export const SQLITE = {
  error: 1,
  busy: 5,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  constraint: 19,
  notadb: 26,
  ioerrFsync: 1034,
  ioerrDirFsync: 1290,
} as const;

/** better-sqlite3 names the code, node:sqlite numbers it. An unlisted name counts as the listed one it begins with. */
const CODES: readonly (readonly [string, number])[] = [
  ['SQLITE_IOERR_DIR_FSYNC', SQLITE.ioerrDirFsync],
  ['SQLITE_IOERR_FSYNC', SQLITE.ioerrFsync],
  ['SQLITE_IOERR_WRITE', 778],
  ['SQLITE_BUSY_RECOVERY', 261],
  ['SQLITE_BUSY_SNAPSHOT', 517],
  ['SQLITE_BUSY', SQLITE.busy],
  ['SQLITE_READONLY', SQLITE.readonly],
  ['SQLITE_IOERR', SQLITE.ioerr],
  ['SQLITE_CORRUPT', SQLITE.corrupt],
  ['SQLITE_FULL', SQLITE.full],
  ['SQLITE_CANTOPEN', SQLITE.cantopen],
  ['SQLITE_CONSTRAINT', SQLITE.constraint],
  ['SQLITE_NOTADB', SQLITE.notadb],
  ['SQLITE_ERROR', SQLITE.error],
];

/** SQLite's result code of a driver's error, extended where the driver tells; null for any other error. */
export function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  if (error.code === 'ERR_SQLITE_ERROR' && 'errcode' in error) return Number(error.errcode);
  const name = String(error.code);
  if (!name.includes('SQLITE_')) return null;
  const numbered = /^UNKNOWN_SQLITE_ERROR_(\d+)$/.exec(name);
  if (numbered) return Number(numbered[1]);
  return CODES.find(([known]) => name === known || name.startsWith(`${known}_`))?.[1] ?? SQLITE.error;
}

/** The primary code, without what extends it. */
export function primaryCode(error: unknown): number | null {
  const code = resultCode(error);
  return code === null ? null : code & 0xff;
}

/** Contention: 5, 261, 517. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === SQLITE.busy;
}

/** After a failed fsync nothing on the same connection proves anything. */
export function isFsync(error: unknown): boolean {
  const code = resultCode(error);
  return code === SQLITE.ioerrFsync || code === SQLITE.ioerrDirFsync;
}

/** Worth trying again for a while: contention, a full disk, a write error that is not of fsync. */
export function isPassing(error: unknown): boolean {
  if (isFsync(error)) return false;
  const code = primaryCode(error);
  return code === SQLITE.busy || code === SQLITE.full || code === SQLITE.ioerr;
}

/** A fault of the file or the machine, which concerns everything that is written; others are of one statement. */
export function isStorageFault(error: unknown): boolean {
  const { busy, readonly, ioerr, corrupt, full, cantopen, notadb } = SQLITE;
  const code = primaryCode(error);
  return (
    code !== null && [busy, readonly, ioerr, corrupt, full, cantopen, notadb].some((fault) => fault === code)
  );
}

const RESUMABLE = 'everything recorded so far is safe and the run can be resumed';

/** A driver's error as people read it: exit 70, the path, what is safe, what to do. Others pass unchanged. */
export function storageError(error: unknown, path: string): Error {
  if (error instanceof FlowError) return error;
  const code = resultCode(error);
  const cause = error instanceof Error ? error : new Error(String(error));
  if (code === null) return cause;
  const made = describe(code, path, cause.message);
  made.cause = cause;
  return made;
}

function describe(code: number, path: string, detail: string): FlowError {
  const fault = (id: string, message: string, hint?: string): FlowError =>
    flowError(EXIT.fault, id, message, hint);
  switch (code & 0xff) {
    case SQLITE.notadb:
      return fault(
        'S004',
        `${path} is not a database; it was left untouched`,
        'set FLOW_HOME to another folder, or move the file away',
      );
    case SQLITE.corrupt:
      return fault(
        'S005',
        `the database ${path} is damaged (${detail}); nothing was changed or deleted`,
        'run `flow db check` to see how far, then put the newest copy made by `flow db backup` in its place',
      );
    case SQLITE.full:
      return fault(
        'S006',
        `disk full at ${path}, ${freeSpace(path)}: ${RESUMABLE}`,
        'free some space, then run `flow resume`',
      );
    case SQLITE.ioerr:
      return fault(
        'S007',
        `cannot ${code === SQLITE.ioerrFsync ? 'flush' : 'read or write'} ${path} (I/O error ${code}): ${RESUMABLE}`,
        'check the disk and the file size limit (`ulimit -f`), then run `flow resume`',
      );
    case SQLITE.readonly:
      return fault(
        'S008',
        `cannot write to ${path}: the file or its folder is read-only`,
        'make it writable, or set FLOW_HOME to another folder',
      );
    case SQLITE.cantopen:
      return fault(
        'S009',
        `cannot open ${path}: its folder is missing or closed to you, or no file descriptors are left`,
        'look at the rights of the folder and at `ulimit -n`',
      );
    case SQLITE.busy:
      return fault(
        'S010',
        `the database ${path} is locked by another program: ${RESUMABLE}`,
        'end the program that holds it (`fuser` names it), then try again',
      );
    default:
      return fault('S011', `the database ${path} refused a statement: ${detail}`);
  }
}

function freeSpace(path: string): string {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return `free ${((bavail * bsize) / 2 ** 20).toFixed(1)} MB`;
  } catch (error) {
    return `free space unknown (${error instanceof Error ? error.message : String(error)})`;
  }
}
