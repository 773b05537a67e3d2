import { closeSync, mkdirSync, openSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { flowError, type FlowError } from '../../errors/diagnostic.ts';
import { EXIT } from '../../errors/exit-codes.ts';

/** The files around a database: names, rights, kind of file system. Nothing here opens one that is in use. */

const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
]);
/** Often local, sometimes not; locks may or may not work. */
const DOUBTFUL: ReadonlyMap<number, string> = new Map([
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
]);

/** Makes a private folder with all above it that are missing; one that exists keeps its rights. */
export function makePrivateFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw flowError(
      EXIT.fault,
      'S009',
      `cannot make the folder ${path}: ${why}`,
      'set FLOW_HOME to a folder that you may write to',
    );
  }
}

/** Makes an empty private file unless there is one. Before any connection: see RELIABILITY.md decision 6. */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST') return;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw flowError(
        EXIT.fault,
        'S006',
        `disk full: cannot make ${path}`,
        'free some space, then try again',
      );
    }
    throw flowError(
      EXIT.fault,
      'S008',
      `cannot make ${path}: ${error instanceof Error ? error.message : String(error)}`,
      'set FLOW_HOME to a folder that you may write to',
    );
  }
}

/** Two paths to one file would give two WALs, so every symbolic link is followed first. */
export function realDatabasePath(root: string, database: string): string {
  try {
    return realpathSync(database);
  } catch (error) {
    if (!isMissing(error)) throw unreadable(database, error);
    return join(realpathSync(root), database.slice(root.length));
  }
}

/** Size in bytes; null when there is no such file. @throws FlowError (exit 70) when it cannot be looked at. */
export function fileSize(path: string): number | null {
  try {
    return statSync(path).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw unreadable(path, error);
  }
}

/** Tells one file from another that takes its name. */
export function fileIdentity(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat ? `${stat.dev}:${stat.ino}` : null;
}

/** What to say about the file system below a folder. @throws FlowError (exit 70) for a network (C8). */
export function checkFileSystem(folder: string, type = fileSystemType(folder)): string[] {
  const network = NETWORK.get(type);
  if (network !== undefined) {
    throw flowError(
      EXIT.fault,
      'S002',
      `${folder} is on a network file system (${network}), where SQLite's locks cannot be trusted`,
      'set FLOW_HOME to a folder on a local disk',
    );
  }
  const doubtful = DOUBTFUL.get(type);
  return doubtful === undefined
    ? []
    : [`${folder} is on ${doubtful}, whose locks may not work; run \`flow doctor\` to try them`];
}

/** The numbers are Linux's; other systems have their own and are not checked. */
function fileSystemType(folder: string): number {
  return process.platform === 'linux' ? statfsSync(folder).type >>> 0 : 0;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function unreadable(path: string, error: unknown): FlowError {
  const why = error instanceof Error ? error.message : String(error);
  return flowError(EXIT.fault, 'S009', `cannot look at ${path}: ${why}`, 'look at the rights of its folder');
}
