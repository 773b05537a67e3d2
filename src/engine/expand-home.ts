import { expandTilde } from '../base/paths.ts';

/** `~` and `~/…` stand for the home directory of a step's environment. */
export function expandHome(path: string, env: ReadonlyMap<string, string>): string {
  return expandTilde(path, env.get('HOME'));
}
