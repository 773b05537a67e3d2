import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and what is missing above it, 0700 whatever the umask; what exists keeps its mode (J4). It is made
 * before anything is looked at: what is above it is there nearly always. The mode is looked at where the umask may have
 * taken bits from it.
 */
export function makePrivateDirectory(path: string, umask = 0o777): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process was faster, and looks after the mode.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makePrivateDirectory(dirname(path), umask);
    makePrivateDirectory(path, umask);
    return;
  }
  if ((umask & 0o700) !== 0 && (statSync(path).mode & 0o777) !== 0o700) chmodSync(path, 0o700);
}

/** Opens a new file for appending, 0600 whatever the umask; it must not exist, and no link is followed (E11). */
export function openPrivate(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  if ((fstatSync(file).mode & 0o777) !== 0o600) fchmodSync(file, 0o600);
  return file;
}

/** Creates a file as `openPrivate` does, with this content. */
export function createPrivate(path: string, content: Uint8Array | string): void {
  const file = openPrivate(path);
  try {
    writeFileSync(file, content);
  } finally {
    closeSync(file);
  }
}
