import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { currentUmask } from './umask.ts';

/**
 * Opens a file that an author names (LANGUAGE.md §11.7), for appending; made with its directories as the umask of
 * the user says, like everything that a step makes itself.
 */
export function openAuthorFile(path: string, umask: number): number {
  // In a program that flow is embedded in it is the same one, which is then left alone.
  if (currentUmask() === umask) return openWithFolder(path);
  const own = process.umask(umask);
  try {
    return openWithFolder(path);
  } finally {
    process.umask(own);
  }
}

function openWithFolder(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, 'a', 0o666);
}

/** Null when it can be opened, else why not. */
export function tryAuthorFile(path: string, umask: number): string | null {
  try {
    closeSync(openAuthorFile(path, umask));
    return null;
  } catch (error) {
    return reasons.get((error as NodeJS.ErrnoException).code ?? '') ?? (error as Error).message;
  }
}

const reasons = new Map([
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'a file is in the way'],
  ['EEXIST', 'a file is in the way'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
]);

export function appendToAuthorFile(path: string, bytes: Uint8Array | string, umask: number): void {
  const file = openAuthorFile(path, umask);
  try {
    writeFileSync(file, bytes);
  } finally {
    closeSync(file);
  }
}
