import { resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { flowHome } from '../base/paths.ts';
import { expandTilde } from '../base/paths.ts';
import { defaultHome } from '../machine/default-home.ts';
import type { DagSetup, RunSettings, Setup } from '../machine/setup.ts';
import { currentUmask } from '../process/umask.ts';
import { Misuse } from './publish.ts';
import type { LoadOptions, ResumeOptions } from './types.ts';

const LOAD = ['dags'] as const;
export const RESUME = [
  ...LOAD,
  ...(['home', 'env', 'jobs', 'onFailure', 'signal', 'onEvent', 'onOutput'] as const),
];
export const RUN = [...RESUME, ...(['params', 'labels', 'runId'] as const)];
export const SUBSCRIBE = ['home', 'run', 'after', 'signal'] as const;

/** No option is passed over: a misspelled one would change what a run does. @throws Misuse */
export function checkNames<T extends object>(options: T, known: readonly (keyof T & string)[]): void {
  const names: readonly string[] = known;
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Misuse(`unknown option "${unknown}", one of ${names.join(', ')}`);
}

/** What `loadDag` depends on. @throws Misuse */
export function dagSetup(options: LoadOptions): DagSetup {
  checkNames(options, LOAD);
  return readingOf(options, {});
}

/** What an attempt depends on: the options, and what the process has at the moment. @throws Misuse */
export function runSetup(options: ResumeOptions): Setup {
  const { jobs = 0, onFailure = 'continue', env = process.env } = options;
  requireWhole('jobs', jobs);
  if (!['continue', 'drain', 'kill'].includes(onFailure)) {
    throw new Misuse(`onFailure must be one of continue, drain, kill, got ${JSON.stringify(onFailure)}`);
  }
  return {
    ...readingOf(options, { jobs, onFailure }),
    home: homeOf(options),
    umask: currentUmask(),
    // A copy: what the program changes later is not for a run that has begun.
    env: { ...env },
  };
}

/** The place that is named, else the one where the command line has it. @throws FlowError (exit 70) when none is known */
export function homeOf({ home }: { readonly home?: string | undefined }): Setup['home'] {
  const { env } = process;
  const named = home ?? filled(env['FLOW_HOME']);
  if (named === '') throw new Misuse('home must be a path');
  return flowHome(
    named === undefined
      ? defaultHome(env, filled(env['HOME']))
      : resolve(expandTilde(named, filled(env['HOME']))),
  );
}

/** @throws Misuse unless it is a whole number from 0 on */
export function requireWhole(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new Misuse(`${name} must be a whole number ≥ 0`);
}

/** The settings of the command line at their defaults (CLI.md §7). */
const DEFAULTS: RunSettings = {
  baseConfig: null,
  unresolved: 'strict',
  strictPermissions: false,
  defaultShell: null,
  tz: null,
  jobs: 0,
  maxProcesses: 256,
  maxLogSize: 100 * 1024 * 1024,
  onFailure: 'continue',
  envPassthrough: null,
  durability: 'full',
  denyPrivate: false,
};

function readingOf({ dags }: LoadOptions, given: Partial<RunSettings>): DagSetup {
  const cwd = process.cwd();
  const userHome = filled(process.env['HOME']);
  return {
    clock: systemClock,
    ...{ cwd, userHome },
    dags: resolve(cwd, expandTilde(dags ?? 'dags', userHome)),
    config: { ...DEFAULTS, ...given },
  };
}

function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
