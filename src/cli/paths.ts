import { join, relative } from 'node:path';

/** `~` and `~/x` become paths in the user's home; anything else stays. */
export function expandHome(path: string, userHome: string | undefined): string {
  if (userHome === undefined || (path !== '~' && !path.startsWith('~/'))) return path;
  return join(userHome, path.slice(1));
}

/** A path as people should see it: relative to where they are when it lies below, else absolute. */
export function shownPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === '' || near.startsWith('..') || near.startsWith('/') ? path : near;
}
