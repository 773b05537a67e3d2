import type { QueuedRun } from './records.ts';

/** What a run needs to leave its queue, besides a place. */
export interface QueueFacts {
  readonly now: number;
  /** Places of the queue of a run: taken, and how many there are; 0 is no limit. */
  places(run: QueuedRun): { readonly key: string; readonly taken: number; readonly most: number };
  /** How many runs the daemon may begin now; infinite without a limit. */
  readonly room: number;
  /** It waits until others have ended. */
  isHeld(run: QueuedRun): boolean;
}

/** The runs that may start, in order of arrival within each queue (LANGUAGE.md §21.1). */
export function nextOfQueues(queued: readonly QueuedRun[], facts: QueueFacts): QueuedRun[] {
  const begun: QueuedRun[] = [];
  const more = new Map<string, number>();
  const blocked = new Set<string>();
  for (const run of queued) {
    if (begun.length >= facts.room) break;
    if (run.dueAt !== null && run.dueAt > facts.now) continue;
    const { key, taken, most } = facts.places(run);
    // Who waits for a place keeps those behind it from overtaking; who is not due yet does not.
    if (blocked.has(key)) continue;
    const mine = more.get(key) ?? 0;
    if (most > 0 && taken + mine >= most) {
      blocked.add(key);
      continue;
    }
    if (facts.isHeld(run)) {
      blocked.add(key);
      continue;
    }
    more.set(key, mine + 1);
    begun.push(run);
  }
  return begun;
}
