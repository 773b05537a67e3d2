import { statSync } from 'node:fs';

/** False for a log file that is empty or gone. */
export function hasOutput(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
