import type { Snapshot } from '../core/records.ts';
import { stepAt } from '../core/snapshot.ts';
import type { Heritage } from './heritage.ts';
import type { Roster } from './roster.ts';
import type { Tries } from './tries.ts';

interface TakingUp {
  readonly heritage: Heritage;
  readonly snapshot: Snapshot;
  readonly roster: Roster;
  readonly tries: Tries;
  /** The run is being stopped. */
  readonly stopped: boolean;
  /** Gets the handlers that are attached: they do not run a second time. */
  readonly handled: Set<number>;
  readonly stepEnded: (step: number) => void;
}

/** What a dead owner left running goes on. */
export function takeUp({ heritage, snapshot, roster, tries, stopped, handled, stepEnded }: TakingUp): void {
  const { attached, repeating, goingOn } = heritage;
  for (const [number, running] of attached) {
    const { item, kind } = stepAt(snapshot, number);
    // A body step goes on with its foreach step, if that does.
    if (item !== null && !stopped) continue;
    if (item !== null) roster.addRow({ number, item });
    attached.delete(number);
    tries.attach(roster.get(number), running);
    if (kind !== 'step') handled.add(number);
  }
  for (const number of [...repeating, ...goingOn]) {
    const { item, state } = stepAt(snapshot, number);
    if (item !== null || state !== 'running') continue;
    if (repeating.includes(number)) {
      tries.repeat(number);
      continue;
    }
    const prepared = tries.prepare(roster.get(number), true);
    if (prepared === null) stepEnded(number);
    else tries.start(prepared);
  }
}
