import { systemClock } from '../base/clock.ts';
import type { FlowHome } from '../base/paths.ts';
import type { Snapshot } from '../core/records.ts';
import { goesOn } from '../engine/ownership.ts';
import { pause } from '../engine/pause.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { openIfThere, ownerCheck } from '../machine/stores.ts';
import { nameOf } from '../report/reporter.ts';
import { openLocks } from '../store/sqlite/lock.ts';
import type { Store } from '../store/store.ts';
import { flowEvent } from './listen.ts';
import { checkNames, homeOf, requireWhole, SUBSCRIBE } from './options.ts';
import type { FlowEvent, SubscribeOptions } from './types.ts';

const PAGE = 1_000;
const LOOK_EVERY_MS = 200;

/** The journal in order, also what other processes write; see `subscribe`. */
export async function* follow(options: SubscribeOptions): AsyncGenerator<FlowEvent, void, undefined> {
  checkNames(options, SUBSCRIBE);
  const { run = null, after = 0, signal = new AbortController().signal } = options;
  requireWhole('after', after);
  const home = homeOf(options);
  const store = await opened(home, run, signal);
  if (store === null) return;
  try {
    yield* eventsOf({ home, store, run, signal }, after);
  } finally {
    await store.close();
  }
}

interface Followed {
  readonly home: FlowHome;
  readonly store: Store;
  /** Null: all runs. */
  readonly run: string | null;
  readonly signal: AbortSignal;
}

async function* eventsOf(
  { home, store, run, signal }: Followed,
  after: number,
): AsyncGenerator<FlowEvent, void, undefined> {
  const isOwnerAlive = ownerCheck(openLocks({ home }));
  let seq = after;
  for (;;) {
    // Asked before the journal is read: what came until then is told before the end.
    const record = run === null ? null : await store.load(run);
    if (run !== null && record === null) throw flowError(EXIT.usage, 'E003', `no run "${run}"`);
    const last = record !== null && !goesOn(record.run, isOwnerAlive);
    for (;;) {
      const page = await store.events({ ...(run !== null && { run }), after: seq, limit: PAGE });
      const snapshots = new Map<string, Snapshot | null>();
      for (const entry of page) {
        if (signal.aborted) return;
        if (entry.run !== null && !snapshots.has(entry.run)) {
          snapshots.set(entry.run, await store.load(entry.run));
        }
        const snapshot = entry.run === null ? null : snapshots.get(entry.run);
        seq = entry.seq;
        yield flowEvent(entry, (step) =>
          snapshot == null ? { step: String(step), item: null } : nameOf(snapshot, step),
        );
      }
      if (page.length < PAGE) break;
    }
    if (last || signal.aborted) return;
    await pause(systemClock, LOOK_EVERY_MS, signal);
  }
}

/** Waits for a database unless a run is named, which cannot be there without one. Null: the signal came first. */
async function opened(home: FlowHome, run: string | null, signal: AbortSignal): Promise<Store | null> {
  const silent = { note: () => undefined, waiting: () => undefined };
  while (!signal.aborted) {
    const store = await openIfThere({ home, clock: systemClock }, silent);
    if (store !== null) return store;
    if (run !== null) throw flowError(EXIT.usage, 'E003', `no run "${run}"`);
    await pause(systemClock, LOOK_EVERY_MS, signal);
  }
  return null;
}
