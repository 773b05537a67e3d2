import { dateMatches, nextDate } from './calendar.ts';
import type { Cron } from './cron.ts';
import { missingTime } from './gap.ts';
import { DAY, nextTime } from './times.ts';
import type { Change, Zone } from './zone.ts';

/** An instant at which an expression fires, in milliseconds. */
export interface CronTick {
  readonly at: number;
  /**
   * What a clock change did to it: `moved` stands for times that do not exist, `first` and `second` are the
   * occurrences of a time that comes twice (LANGUAGE.md §20.4).
   */
  readonly effect: 'moved' | 'first' | 'second' | null;
}

/**
 * The first tick later than an instant, in whole seconds (§20.2); null when none is left. Goes from date to date, so
 * an expression that fires once in years costs no more than one of every minute.
 */
export function nextTick(cron: Cron, zone: Zone, after: number): CronTick | null {
  const from = Math.floor(after / 1_000) + 1;
  // The day before may come a second time, or end in a gap.
  let day = Math.floor((from + zone.offsetAt(from)) / DAY) - 1;
  const last = day + 146_100;
  for (let date = nextDate(cron, day); date !== null && date < last; date = nextDate(cron, day)) {
    const tick = firstOn(cron, zone, date, from);
    day = date + 1;
    if (tick === null) continue;
    // A clock that is put back over midnight brings times of two dates in turn.
    const other = dateMatches(cron, day) ? firstOn(cron, zone, day, from) : null;
    return other !== null && other.at < tick.at ? other : tick;
  }
  return null;
}

/** A stretch of time without a clock change. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

/** The first tick from an instant on whose nominal time lies on a date. */
function firstOn(cron: Cron, zone: Zone, date: number, from: number): CronTick | null {
  const changes = zone.changes((date - 1) * DAY, (date + 2) * DAY);
  const stretches = stretchesOf(zone, date, changes);
  for (const [i, stretch] of stretches.entries()) {
    const change = changes[i - 1];
    if (change !== undefined && change.at >= from && cron.kind === 'fixed') {
      const missing = missingTime(cron, date, change);
      if (missing !== null) return { at: change.at * 1_000, effect: missing.alsoReal ? null : 'moved' };
    }
    const tick = within(cron, date, stretch, from, stretches);
    if (tick !== null) return tick;
  }
  return null;
}

function stretchesOf(zone: Zone, date: number, changes: readonly Change[]): Stretch[] {
  const begin = (date - 1) * DAY;
  const end = (date + 2) * DAY;
  const starts = [{ at: begin, after: zone.offsetAt(begin) }, ...changes];
  return starts.map(({ at, after }, i) => ({ from: at, to: starts[i + 1]?.at ?? end, offset: after }));
}

function within(
  cron: Cron,
  date: number,
  stretch: Stretch,
  from: number,
  all: readonly Stretch[],
): CronTick | null {
  const { offset } = stretch;
  const midnight = date * DAY - offset;
  const begin = Math.max(stretch.from, from, midnight);
  const end = Math.min(stretch.to, midnight + DAY);
  for (let least = begin; least < end;) {
    const time = nextTime(cron, least - midnight);
    if (time === null || midnight + time >= end) return null;
    const instant = midnight + time;
    const effect = occurrence(instant + offset, stretch, all);
    if (effect !== 'second' || cron.kind === 'wildcard') return { at: instant * 1_000, effect };
    least = pastRepeat(instant + offset, stretch, all) - offset;
  }
  return null;
}

function occurrence(wall: number, own: Stretch, all: readonly Stretch[]): 'first' | 'second' | null {
  const other = all.find((one) => one !== own && shows(one, wall));
  if (other === undefined) return null;
  return other.from < own.from ? 'second' : 'first';
}

/** The wall time from which on an earlier stretch has not shown it already. */
function pastRepeat(wall: number, own: Stretch, all: readonly Stretch[]): number {
  return Math.max(
    ...all.filter((one) => one.from < own.from && shows(one, wall)).map((one) => one.to + one.offset),
  );
}

function shows({ from, to, offset }: Stretch, wall: number): boolean {
  return wall >= from + offset && wall < to + offset;
}
