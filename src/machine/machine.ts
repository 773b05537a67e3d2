import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { perform } from '../actions/perform.ts';
import { uuidv7 } from '../base/ids.ts';
import type { RandomBytes } from '../base/ids.ts';
import { flowHome } from '../base/paths.ts';
import type { Observer } from '../core/observer.ts';
import { Places } from '../engine/places.ts';
import { runVerbs } from '../engine/runs.ts';
import type { EngineDeps, RunOptions } from '../engine/types.ts';
import { runCommand } from '../process/command.ts';
import { nodeRunFiles } from '../process/files.ts';
import { currentOwner } from '../process/identity.ts';
import { systemProcesses } from '../process/system.ts';
import { openLocks } from '../store/sqlite/lock.ts';
import type { Store } from '../store/store.ts';
import type { Setup } from './setup.ts';
import { ownerCheck } from './stores.ts';
import { subDags } from './sub-dags.ts';

/** Everything that an execution touches, and what lets go of it. */
export interface Machine {
  deps(observer: Observer): EngineDeps;
  close(): Promise<void>;
}

export interface MachineInput {
  /** Open for writing; `close` closes it. */
  readonly store: Store;
  /** The command that starts flow, for its helpers. */
  readonly flow: readonly string[];
  readonly daemon?: true;
}

/** Takes the lock that proves that this process lives. */
export function openMachine(setup: Setup, { store, flow, daemon }: MachineInput): Machine {
  const { clock, config } = setup;
  // The marker of a try is a path, compared as text: every process must write it alike.
  const home = flowHome(realpathSync(setup.home.root));
  const locks = openLocks({ home });
  const lock = `${uuidv7(clock.wall(), randomBytes)}.lock`;
  locks.hold(lock);
  const owner = { ...currentOwner(lock), home: home.root, ...(daemon && { daemon }) };
  return {
    deps: (observer) => ({
      store,
      processes: systemProcesses(clock, setup.umask, flow),
      commands: { run: runCommand },
      perform,
      clock,
      random: randomSource(),
      home,
      files: nodeRunFiles(home, setup.umask),
      owner,
      isOwnerAlive: ownerCheck(locks),
      environment: daemon === true ? passedOn(setup) : definedVariables(setup.env),
      defaultShell: config.defaultShell ?? filled(setup.env['SHELL']) ?? 'sh',
      maxLogSize: config.maxLogSize,
      timeZone: config.tz,
      denyPrivate: config.denyPrivate,
      observer,
      subDags: subDags(setup, store),
      runs: runVerbs,
    }),
    async close() {
      await store.close();
      locks.release();
    },
  };
}

/** Settings of one attempt (CLI.md §3). */
export function runOptions({ config }: Pick<Setup, 'config'>): RunOptions {
  return { places: new Places(config.jobs, config.maxProcesses), onFailure: config.onFailure };
}

/** What whoever only looks may know of the machine: what the steps of a run would see. */
export function outside(
  setup: Pick<Setup, 'home' | 'umask' | 'env'>,
): Pick<EngineDeps, 'home' | 'files' | 'environment'> {
  const { home, umask, env } = setup;
  return { home, files: nodeRunFiles(home, umask), environment: definedVariables(env) };
}

/** The variables that have a value. */
export function definedVariables(env: Setup['env']): Record<string, string> {
  const defined = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(env)) if (value !== undefined) defined[name] = value;
  return defined;
}

/** What the daemon hands to steps (LANGUAGE.md §7.2): not the socket by which it speaks to systemd, sd_notify(3). */
function passedOn({ env, config }: Setup): Record<string, string> {
  const all = definedVariables({ ...env, NOTIFY_SOCKET: undefined });
  const { envPassthrough: patterns } = config;
  if (patterns === null) return all;
  const isPassed = (name: string): boolean =>
    patterns.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
  for (const name of Object.keys(all)) if (!isPassed(name)) Reflect.deleteProperty(all, name);
  return all;
}

function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** Random bytes, of which many are made at once: each end of a try needs one, and to ask for it takes a system call. */
function randomSource(): RandomBytes {
  let made = randomBytes(0);
  return (count) => {
    if (made.length < count) made = randomBytes(1024 + count);
    const bytes = made.subarray(0, count);
    made = made.subarray(count);
    return bytes;
  };
}
