import type { Snapshot } from '../core/records.ts';
import { stepAt } from '../core/snapshot.ts';
import type { Heritage } from './heritage.ts';
import type { Roster } from './roster.ts';
import type { Tries } from './tries.ts';

export interface TakeUpInput {
  readonly heritage: Heritage;
  readonly roster: Roster;
  readonly snapshot: Snapshot;
  readonly tries: Tries;
}

/**
 * What a dead owner left running goes on (LANGUAGE.md §22.2): the handlers that do, and steps that could not. A body
 * step goes on with its foreach step, unless the run is `stopped`.
 */
export function takeUp(
  { heritage: { attached, repeating, goingOn }, roster, snapshot, tries }: TakeUpInput,
  stopped: boolean,
): { handlers: number[]; ended: number[] } {
  const handlers: number[] = [];
  const ended: number[] = [];
  for (const [number, running] of attached) {
    const { item, kind } = stepAt(snapshot, number);
    if (item !== null && !stopped) continue;
    if (item !== null) roster.addRow({ number, item });
    attached.delete(number);
    tries.attach(roster.get(number), running);
    if (kind !== 'step') handlers.push(number);
  }
  for (const number of [...repeating, ...goingOn]) {
    const { item, state } = stepAt(snapshot, number);
    if (item !== null || state !== 'running') continue;
    if (repeating.includes(number)) tries.repeat(number);
    else if (!goOn(number, roster, tries)) ended.push(number);
  }
  return { handlers, ended };
}

function goOn(number: number, roster: Roster, tries: Tries): boolean {
  const prepared = tries.prepare(roster.get(number), true);
  if (prepared !== null) tries.start(prepared);
  return prepared !== null;
}
