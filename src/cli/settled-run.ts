import type { Snapshot } from '../core/records.ts';
import { shownState } from '../engine/ownership.ts';
import type { Reading } from './wiring.ts';

/**
 * The run as it surely is. One that looks interrupted may have ended between the look at its record and the look at its
 * owner; an owner that is gone writes nothing more, so a second look tells.
 */
export async function settledRun({ store, isOwnerAlive }: Reading, snapshot: Snapshot): Promise<Snapshot> {
  if (shownState(snapshot.run, isOwnerAlive) !== 'interrupted') return snapshot;
  return (await store.load(snapshot.run.id)) ?? snapshot;
}
