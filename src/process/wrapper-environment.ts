import { dirname, join } from 'node:path';
import { MARKER } from './marker.ts';

/** Variables that shells do not pass on as they got them: positional params, and what they reset for themselves. */
export const NOT_PASSED_ON = /^([0-9]+|IFS|OPTIND)$/;

/** Set by `cd`, so they are set again after it. */
const OF_CD = ['PWD', 'OLDPWD'];

/** What every POSIX shell can set and remove; bash refuses to change the second kind. */
const CHANGEABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FIXED = /^(_|UID|EUID|PPID|SHELLOPTS|BASH.*|POSIXLY_CORRECT|SHLVL|LINENO)$/;

export type Environment = Readonly<Record<string, string>>;

/** What a try has otherwise than the wrapper that runs it. */
export interface EnvironmentChange {
  readonly set: Environment;
  readonly unset: readonly string[];
}

/**
 * The marker of the wrappers of a run: below its folder, like those of its tries, so that what is looked for there is
 * found, and of no try.
 */
export function wrapperMarker(dir: string): string {
  return join(dirname(dir), 'wrapper');
}

/** With what a wrapper starts that is to run tries with environments like this one. */
export function wrapperEnvironment(env: Environment, dir: string): Environment {
  const kept = Object.entries(env).filter(([name]) => !OF_CD.includes(name) && !NOT_PASSED_ON.test(name));
  return { ...Object.fromEntries(kept), [MARKER]: wrapperMarker(dir) };
}

/** Null when a shell cannot be trusted to make the change. */
export function environmentChange(from: Environment, to: Environment): EnvironmentChange | null {
  const set: Record<string, string> = {};
  for (const name in to) {
    const value = to[name] ?? '';
    if (from[name] === value || NOT_PASSED_ON.test(name)) continue;
    if (!changeable(name)) return null;
    set[name] = value;
  }
  const unset = OF_CD.filter((name) => to[name] === undefined);
  for (const name in from) {
    if (to[name] !== undefined) continue;
    if (!changeable(name)) return null;
    unset.push(name);
  }
  return { set, unset };
}

function changeable(name: string): boolean {
  return CHANGEABLE.test(name) && !FIXED.test(name);
}
