import { realpathSync } from 'node:fs';
import { openMachine as openMachineOn, type Machine } from '../machine/machine.ts';
import { ownerCheck, type Reading } from '../machine/stores.ts';
import { flowVersion } from '../machine/version.ts';
import { openLocks } from '../store/sqlite/lock.ts';
import type { Migrated } from '../store/sqlite/migrations.ts';
import { openStore } from '../store/sqlite/open.ts';
import type { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import type { Context } from './context.ts';
import { waiting } from './reading.ts';

export { definedVariables, outside, type Machine } from '../machine/machine.ts';
export { openReadOnly, withReading, type Reading } from './reading.ts';

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

/**
 * Opens the store for writing and takes the lock that proves that this process lives. `note` says what people should
 * know about the storage, as that somebody else holds it.
 */
export async function openMachine(
  context: Context,
  as: { readonly daemon?: true } = {},
  note = waiting(context),
): Promise<Machine> {
  const store = await openForWriting(context, note);
  return openMachineOn(context, { store, flow: flowCommand(), ...as });
}

/** How this flow was started, for the helpers that it starts. */
export function flowCommand(): string[] {
  const [node, script] = process.argv;
  return script === undefined ? [] : [node ?? process.execPath, realpathSync(script)];
}
