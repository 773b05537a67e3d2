import { relative } from 'node:path';

/** A path as people should see it: relative to where they are when it lies below, else absolute. */
export function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === '' || near.startsWith('..') || near.startsWith('/') ? path : near;
}
