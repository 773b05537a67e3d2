import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { perform } from '../actions/perform.ts';
import { uuidv7 } from '../base/ids.ts';
import { flowHome } from '../base/paths.ts';
import type { Observer } from '../core/observer.ts';
import { runVerbs } from '../engine/runs.ts';
import type { EngineDeps } from '../engine/types.ts';
import { runCommand } from '../process/command.ts';
import { nodeRunFiles } from '../process/files.ts';
import { currentOwner } from '../process/identity.ts';
import { systemProcesses } from '../process/system.ts';
import { openLocks } from '../store/sqlite/lock.ts';
import type { Migrated } from '../store/sqlite/migrations.ts';
import { openStore } from '../store/sqlite/open.ts';
import type { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import type { Context } from './context.ts';
import { ownerCheck, waiting, type Reading } from './reading.ts';
import { subDags } from './sub-dags.ts';
import { flowVersion } from './version.ts';

export { openReadOnly, withReading, type Reading } from './reading.ts';

/** What a command that only looks may know of the machine: what the steps of a run would see. */
export function outside(context: Context): Pick<EngineDeps, 'home' | 'files' | 'environment'> {
  const { home, umask, env } = context;
  return { home, files: nodeRunFiles(home, umask), environment: definedVariables(env) };
}

/** Opens the store for one request of a person; this process owns nothing. */
export async function withRequest<T>(
  context: Context,
  work: (at: Reading & { readonly store: Store }) => Promise<T>,
): Promise<T> {
  const store = await openForWriting(context);
  try {
    return await work({ store, isOwnerAlive: ownerCheck(openLocks({ home: context.home })) });
  } finally {
    await store.close();
  }
}

async function openForWriting(context: Context, note = waiting(context)): Promise<Store> {
  const { home, clock, config } = context;
  const { durability } = config;
  const store = await openStore({ home, clock, durability, flowVersion, onWaiting: note });
  for (const one of store.notes) note(one);
  if (store.migrated !== null && !context.quiet) note(migratedText(store.migrated));
  return store;
}

/** What was done to a database of an older flow, for people. */
export function migratedText({ from, to, copy }: Migrated): string {
  const kept = copy === null ? '' : `; a copy as it was before is ${copy}`;
  return `the database was brought forward from schema ${from} to schema ${to}${kept}`;
}

/** For a command that writes and runs nothing. @throws FlowError (exit 1, S014) when there is no database yet. */
export async function openToWrite(context: Context): Promise<SqliteStore> {
  const { home, clock, config } = context;
  const { durability } = config;
  return openStore({ home, clock, durability, create: false, flowVersion, onWaiting: waiting(context) });
}

/** Everything that an execution touches, and what lets go of it. */
export interface Machine {
  deps(observer: Observer): EngineDeps;
  close(): Promise<void>;
}

/**
 * Opens the store for writing and takes the lock that proves that this process lives. `note` says what people should
 * know about the storage, as that somebody else holds it.
 */
export async function openMachine(
  context: Context,
  as: { readonly daemon?: true } = {},
  note = waiting(context),
): Promise<Machine> {
  const { clock, config } = context;
  const store = await openForWriting(context, note);
  // The marker of a try is a path, compared as text: every process must write it alike.
  const home = flowHome(realpathSync(context.home.root));
  const locks = openLocks({ home });
  const lock = `${uuidv7(clock.wall(), randomBytes)}.lock`;
  locks.hold(lock);
  const owner = { ...currentOwner(lock), home: home.root, ...as };
  return {
    deps: (observer) => ({
      store,
      processes: systemProcesses(clock, context.umask, flowCommand()),
      commands: { run: runCommand },
      perform,
      clock,
      random: randomBytes,
      home,
      files: nodeRunFiles(home, context.umask),
      owner,
      isOwnerAlive: ownerCheck(locks),
      environment: as.daemon === true ? passedOn(context) : definedVariables(context.env),
      defaultShell: config.defaultShell ?? filled(context.env['SHELL']) ?? 'sh',
      maxLogSize: config.maxLogSize,
      timeZone: config.tz,
      denyPrivate: config.denyPrivate,
      observer,
      subDags: subDags(context, store),
      runs: runVerbs,
    }),
    async close() {
      await store.close();
      locks.release();
    },
  };
}

/** How this flow was started, for the helpers that it starts. */
export function flowCommand(): string[] {
  const [node, script] = process.argv;
  return script === undefined ? [] : [node ?? process.execPath, realpathSync(script)];
}

/** The variables that have a value. */
export function definedVariables(env: Context['env']): Record<string, string> {
  const defined = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(env)) if (value !== undefined) defined[name] = value;
  return defined;
}

/** What the daemon hands to steps (LANGUAGE.md §7.2): not the socket by which it speaks to systemd, sd_notify(3). */
function passedOn({ env, config }: Context): Record<string, string> {
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
