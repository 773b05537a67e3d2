import { expandTilde } from '../base/paths.ts';
import type { Lookup } from './variables.ts';

/** `~` and `~/…` stand for the home directory of a step's environment. */
export function expandHome(path: string, env: Lookup): string {
  return expandTilde(path, env.get('HOME'));
}
