import type { Owner } from '../core/records.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { isOwnerAlive } from '../process/identity.ts';
import { openLocks } from '../store/sqlite/lock.ts';
import { openStore } from '../store/sqlite/open.ts';
import type { OwnerLocks, Store } from '../store/store.ts';
import type { Context } from './context.ts';
import type { ReadStore } from './read-store.ts';
import { flowVersion } from './version.ts';

export interface Reading {
  readonly store: ReadStore;
  /** True when the owner's process lives or its lock is held. */
  readonly isOwnerAlive: (owner: Owner) => boolean;
}

/** As if a database were there, with nothing in it. */
const EMPTY: ReadStore = {
  load: () => Promise.resolve(null),
  definition: () => Promise.resolve(null),
  runs: () => Promise.resolve([]),
  idsLike: () => Promise.resolve([]),
  events: () => Promise.resolve([]),
  ticks: () => Promise.resolve([]),
  suspended: () => Promise.resolve([]),
};

/** The code of "no database yet". */
const NO_DATABASE = 'S014';

/** Opens the store for a command that only looks; nothing is made, and without a database all is empty. */
export async function withReading<T>(context: Context, work: (reading: Reading) => Promise<T>): Promise<T> {
  let store: Store;
  try {
    store = await openReadOnly(context);
  } catch (error) {
    if (!(error instanceof FlowError) || error.diagnostics[0]?.code !== NO_DATABASE) throw error;
    return work({ store: EMPTY, isOwnerAlive: () => false });
  }
  try {
    const locks = openLocks({ home: context.home });
    return await work({ store, isOwnerAlive: ownerCheck(locks) });
  } finally {
    await store.close();
  }
}

/** @throws FlowError (exit 1, S014) when there is no database yet. */
export async function openReadOnly(context: Context): Promise<Store> {
  const { home, clock } = context;
  const store = await openStore({ home, clock, readOnly: true, flowVersion, onWaiting: waiting(context) });
  if (!context.quiet) for (const note of store.notes) tell(context, note);
  return store;
}

/** Dead is only who is dead by identity and by lock (RELIABILITY.md §3.6). */
export function ownerCheck(locks: OwnerLocks): (owner: Owner) => boolean {
  return (owner) => isOwnerAlive(owner) || !locks.isFree(owner.lock);
}

/** Tells people why a command waits. */
export function waiting(context: Context): (message: string) => void {
  return (message) => tell(context, message);
}

function tell({ err, paintErr }: Context, message: string): void {
  err.write(`${paintErr('warning', 'note:')} ${message}\n`);
}
