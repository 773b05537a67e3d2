import { resolve } from 'node:path';
import { expandTilde } from '../base/paths.ts';
import type { ActionIo } from './action.ts';
import { ActionFailure } from './result.ts';

/** A path that an author wrote: `~` is expanded, relative ones begin at the step's directory. */
export function inDirectory(io: Pick<ActionIo, 'cwd' | 'env'>, path: string): string {
  if (path === '') throw new ActionFailure('the path is empty');
  return resolve(io.cwd, expandTilde(path, io.env['HOME']));
}
