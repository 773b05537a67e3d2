import { readFileSync, statSync } from 'node:fs';
import { FlowError, flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const LONGEST = 2 ** 30;

/**
 * The bytes of a regular file; pipes, devices and directories are refused before they are opened (RELIABILITY.md
 * G17). Of a file beyond the loader's limit only the size is handed on, as zeros.
 * @throws FlowError (exit 2)
 */
export function readRegularFile(path: string, code: string, shown: string): Uint8Array {
  const refuse = (why: string): FlowError => flowError(EXIT.usage, code, `${shown}: ${why}`);
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw refuse('is a directory, expected a file');
    if (!stats.isFile()) throw refuse('is not a regular file');
    return stats.size > MAX_BYTES ? new Uint8Array(Math.min(stats.size, LONGEST)) : readFileSync(path);
  } catch (error) {
    if (error instanceof FlowError) throw error;
    throw refuse(readReason(error as NodeJS.ErrnoException));
  }
}

function readReason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'no such file';
  if (error.code === 'EACCES') return 'permission denied';
  return `cannot be read: ${error.message}`;
}
