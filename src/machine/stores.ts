import type { Owner } from '../core/records.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { isOwnerAlive, isThisProcess } from '../process/identity.ts';
import { openLocks } from '../store/sqlite/lock.ts';
import { openStore } from '../store/sqlite/open.ts';
import type { OwnerLocks, Store } from '../store/store.ts';
import type { ReadStore } from './read-store.ts';
import type { Setup } from './setup.ts';
import { flowVersion } from './version.ts';

/** A store that is looked at, and who of the owners in it lives. */
export interface Reading {
  readonly store: ReadStore;
  /** True when the owner's process lives or its lock is held. */
  readonly isOwnerAlive: (owner: Owner) => boolean;
}

/** What is said of the storage: told to people as a note. */
export type Tell = (message: string) => void;

/** As if a database were there, with nothing in it. */
const EMPTY: ReadStore = {
  load: () => Promise.resolve(null),
  definition: () => Promise.resolve(null),
  compiled: () => Promise.resolve(null),
  runs: () => Promise.resolve([]),
  idsLike: () => Promise.resolve([]),
  events: () => Promise.resolve([]),
  ticks: () => Promise.resolve([]),
  suspended: () => Promise.resolve([]),
};

/** The code of "no database yet". */
const NO_DATABASE = 'S014';

type Place = Pick<Setup, 'home' | 'clock'>;

/** Opens the store to look only; nothing is made, and without a database all is empty. `waiting`: as `openToRead`. */
export async function reading<T>(
  place: Place,
  tell: { readonly note: Tell; readonly waiting: Tell },
  work: (reading: Reading) => Promise<T>,
): Promise<T> {
  const store = await openIfThere(place, tell);
  if (store === null) return work({ store: EMPTY, isOwnerAlive: () => false });
  try {
    return await work({ store, isOwnerAlive: ownerCheck(openLocks({ home: place.home })) });
  } finally {
    await store.close();
  }
}

/** The store to look only; null when there is no database yet. */
export async function openIfThere(
  place: Place,
  tell: { readonly note: Tell; readonly waiting: Tell },
): Promise<Store | null> {
  try {
    return await openToRead(place, tell);
  } catch (error) {
    if (error instanceof FlowError && error.diagnostics[0]?.code === NO_DATABASE) return null;
    throw error;
  }
}

/**
 * `note` hears what is special about the database, `waiting` that somebody else holds it.
 * @throws FlowError (exit 1, S014) when there is no database yet.
 */
export async function openToRead(
  { home, clock }: Place,
  { note, waiting }: { readonly note: Tell; readonly waiting: Tell },
): Promise<Store> {
  const store = await openStore({ home, clock, readOnly: true, flowVersion, onWaiting: waiting });
  for (const one of store.notes) note(one);
  return store;
}

/** Dead is only who is dead by identity and by lock (RELIABILITY.md §3.6). */
export function ownerCheck(locks: OwnerLocks): (owner: Owner) => boolean {
  // A program that flow is embedded in outlives its runs: of its own runs only the lock says whether one goes on.
  return (owner) => (isOwnerAlive(owner) && !isThisProcess(owner)) || !locks.isFree(owner.lock);
}
