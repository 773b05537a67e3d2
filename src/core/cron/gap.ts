import { dateMatches } from './calendar.ts';
import type { Cron } from './cron.ts';
import { DAY, nextTime } from './times.ts';
import type { Change, Zone } from './zone.ts';

/** A time that a clock change leaves out, and that an expression names. */
export interface MissingTime {
  /** What the wall clock never shows, in seconds. */
  readonly wall: number;
  /** The end of the gap is a time of the expression itself. */
  readonly alsoReal: boolean;
}

/**
 * The first time of a date that lies in the gap of a change; what lies there runs at its end (LANGUAGE.md §20.4).
 * Null also for a gap that takes a whole day away.
 */
export function missingTime(cron: Cron, date: number, { at, before, after }: Change): MissingTime | null {
  if (after <= before || after - before >= DAY) return null;
  const midnight = date * DAY;
  const end = at + after - midnight;
  const time = nextTime(cron, Math.max(0, at + before - midnight));
  if (time === null || time >= Math.min(DAY, end)) return null;
  return { wall: midnight + time, alsoReal: nextTime(cron, end) === end };
}

/** The first time of a fixed expression that does not exist between two instants (in seconds), with its change. */
export function firstMissing(
  cron: Cron,
  zone: Zone,
  from: number,
  to: number,
): { readonly wall: number; readonly change: Change } | null {
  if (cron.kind === 'wildcard') return null;
  for (const change of zone.changes(from, to)) {
    const last = Math.floor((change.at + change.after - 1) / DAY);
    for (let date = Math.floor((change.at + change.before) / DAY); date <= last; date++) {
      const missing = dateMatches(cron, date) ? missingTime(cron, date, change) : null;
      if (missing !== null) return { wall: missing.wall, change };
    }
  }
  return null;
}
