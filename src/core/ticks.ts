import type { TickOutcome } from './records.ts';
import { SCHEDULE_KINDS, scheduleTicks } from './schedule.ts';
import type { OverlapPolicy, ScheduleEntry, ScheduleTick } from './schedule.ts';

/** A younger tick counts as live: a short restart misses nothing (LANGUAGE.md §20.6). */
export const GRACE_MS = 60_000;
/** So many ticks of a DAG are decided one by one; of more, the oldest share a row (RELIABILITY.md §5.3). */
const MOST_TICKS = 1_000;
/** The older ones are counted up to here. */
const MOST_COUNTED = 100_000;

/** How an entry is told from others: as it is written, with the zone that it means now. */
export function entryKey(entry: ScheduleEntry, zone: string): string {
  const what = 'cron' in entry ? entry.cron.text : `at ${new Date(entry.at).toISOString()}`;
  return `${entry.kind} ${what} ${entry.zone ?? zone}`;
}

/** An entry, and the last of its ticks that is decided. */
export interface EntryCursor {
  readonly entry: ScheduleEntry;
  readonly key: string;
  readonly at: number;
}

/** Ticks that are due and not decided. */
export interface DueTicks {
  /** In order; of each instant one of each kind. */
  readonly ticks: readonly ScheduleTick[];
  /** What there is before them, when it is too much. */
  readonly older: OlderTicks | null;
  /** Where the cursors stand afterwards, of the entries that moved. */
  readonly moved: readonly { readonly key: string; readonly at: number }[];
}

export interface OlderTicks {
  readonly first: ScheduleTick;
  readonly last: ScheduleTick;
  /** At most 100,000 are counted for an entry. */
  readonly count: number;
}

/** All ticks later than the cursor of their entry, up to `now`. */
export function dueTicks(cursors: readonly EntryCursor[], zone: string, now: number): DueTicks {
  const due = cursors.map((cursor) => ({ key: cursor.key, ...dueOf(cursor, zone, now) }));
  const order = (a: ScheduleTick, b: ScheduleTick): number =>
    a.at - b.at || SCHEDULE_KINDS.indexOf(a.kind) - SCHEDULE_KINDS.indexOf(b.kind);
  const all = due.flatMap(({ ticks }) => ticks).sort(order);
  // Several entries that match one instant make one tick (LANGUAGE.md §20.1); the sort keeps the first one first.
  const ticks = all.filter((tick, i) => tick.at !== all[i - 1]?.at || tick.kind !== all[i - 1]?.kind);
  const cut = ticks.splice(0, Math.max(0, ticks.length - MOST_TICKS));
  const older = [...due.flatMap((one) => one.older ?? []), ...cut.map(alone)].reduce<OlderTicks | null>(
    together,
    null,
  );
  const moved = due.flatMap(({ key, ticks: own }) => own.slice(-1).map(({ at }) => ({ key, at })));
  return { ticks, older, moved };
}

function alone(tick: ScheduleTick): OlderTicks {
  return { first: tick, last: tick, count: 1 };
}

function together(a: OlderTicks | null, b: OlderTicks): OlderTicks {
  if (a === null) return b;
  return {
    first: a.first.at <= b.first.at ? a.first : b.first,
    last: a.last.at >= b.last.at ? a.last : b.last,
    count: a.count + b.count,
  };
}

/** The newest ticks of an entry one by one, and what comes before them together. */
function dueOf(
  { entry, at }: EntryCursor,
  zone: string,
  now: number,
): { readonly ticks: ScheduleTick[]; readonly older: OlderTicks | null } {
  const start = beginning(entry, zone, at, now);
  let older: OlderTicks | null = null;
  for (const tick of start === at ? [] : between(entry, zone, at, start)) {
    older = together(older, alone(tick));
    if (older.count >= MOST_COUNTED) break;
  }
  return { ticks: [...between(entry, zone, start, now)], older };
}

function* between(entry: ScheduleEntry, zone: string, after: number, until: number): Generator<ScheduleTick> {
  for (const tick of scheduleTicks([entry], zone, after)) {
    if (tick.at > until) return;
    yield tick;
  }
}

/** Where at least the newest 1,000 begin: a clock that was years ahead must not make millions of ticks. */
function beginning(entry: ScheduleEntry, zone: string, from: number, now: number): number {
  for (let span = 3_600_000; now - span > from; span *= 8) {
    let count = 0;
    for (const _ of between(entry, zone, now - span, now)) if (++count > MOST_TICKS) return now - span;
  }
  return from;
}

/** The first tick later than the cursors; null when none is left. */
export function nextDue(cursors: readonly EntryCursor[], zone: string): number | null {
  let least: number | null = null;
  for (const { entry, at } of cursors) {
    for (const tick of scheduleTicks([entry], zone, at)) {
      least = Math.min(least ?? tick.at, tick.at);
      break;
    }
  }
  return least;
}

/** What the decision depends on. */
export interface TickFacts {
  readonly now: number;
  readonly policy: OverlapPolicy;
  readonly catchupWindowMs: number | null;
  readonly skipIfSuccessful: boolean;
  /** A run of the DAG is queued, running or aborting (§20.7). */
  readonly busy: boolean;
  /** Runs that wait in the queue and were started by a tick. */
  readonly queued: readonly string[];
  /** When a run of the DAG last succeeded. */
  readonly succeededAt: number | null;
  /** The last tick before these. */
  readonly previousAt: number;
  /** Why no run can be started, with the reason of CLI.md §8; null: it can. */
  readonly broken: { readonly reason: 'invalid_file' | 'missing_params'; readonly message: string } | null;
}

/** What becomes of one tick. */
export interface TickVerdict {
  readonly tick: ScheduleTick;
  readonly outcome: TickOutcome;
  readonly reason: string | null;
  readonly message: string | null;
  /** A new run waits in the queue. */
  readonly starts: boolean;
  readonly trigger: 'scheduler' | 'catchup';
}

export interface Verdicts {
  readonly ticks: readonly TickVerdict[];
  /** The runs of before that are taken out of the queue, with their ticks. */
  readonly replaced: readonly string[];
  /** The present runs are stopped. */
  readonly stops: boolean;
  /** Those in the queue are aborted too. */
  readonly empties: boolean;
}

/** What becomes of the ticks that are due, in order (LANGUAGE.md §20.6, §20.7). */
export function decideTicks(due: readonly ScheduleTick[], facts: TickFacts): Verdicts {
  const { now, policy, catchupWindowMs, broken } = facts;
  const isLive = (tick: ScheduleTick): boolean => tick.at >= now - GRACE_MS;
  const isOffered = (tick: ScheduleTick): boolean =>
    tick.kind === 'start' && catchupWindowMs !== null && tick.at >= now - catchupWindowMs;
  const onlyNewest = policy === 'latest' || policy === 'cancel_running';
  const newest = onlyNewest ? due.findLast((tick) => !isLive(tick) && isOffered(tick)) : undefined;
  let { busy, previousAt } = facts;
  let stops = false;
  let empties = false;
  const replaced: string[] = [];
  const verdicts: TickVerdict[] = [];
  /** The place of the run that this decision starts and that has not begun. */
  let fresh: number | null = null;
  const replaceFresh = (): void => {
    const mine = fresh === null ? undefined : verdicts[fresh];
    if (fresh !== null && mine !== undefined)
      verdicts[fresh] = { ...mine, outcome: 'skipped', reason: 'overlap', starts: false };
    if (fresh !== null) ({ busy } = facts);
    fresh = null;
  };
  for (const tick of due) {
    const live = isLive(tick);
    const trigger = live ? 'scheduler' : 'catchup';
    const base = { tick, message: null, reason: null, starts: false, trigger } as const;
    const previous = previousAt;
    if (tick.kind === 'start') previousAt = tick.at;
    if (!live && (!isOffered(tick) || (onlyNewest && tick !== newest))) {
      verdicts.push({ ...base, outcome: 'missed', reason: 'no_daemon' });
    } else if (tick.kind === 'stop') {
      // Among several that wait, the one that would be running by now is not known.
      if (policy !== 'all') replaceFresh();
      stops = true;
      verdicts.push({ ...base, outcome: 'started' });
    } else if (broken !== null) {
      verdicts.push({ ...base, outcome: 'missed', ...broken });
    } else if (tick.kind === 'start' && facts.skipIfSuccessful && (facts.succeededAt ?? -1) > previous) {
      verdicts.push({ ...base, outcome: 'skipped', reason: 'already_succeeded' });
    } else if (tick.kind === 'start' && policy === 'skip' && busy) {
      verdicts.push({ ...base, outcome: 'skipped', reason: 'overlap' });
    } else {
      if (tick.kind === 'restart') [stops, busy] = [true, true];
      else if (policy === 'cancel_running') [stops, empties] = [true, true];
      else if (policy === 'latest') replaced.push(...facts.queued.filter((run) => !replaced.includes(run)));
      if (tick.kind === 'restart' || onlyNewest) replaceFresh();
      fresh = verdicts.push({ ...base, outcome: 'started', starts: true }) - 1;
      busy = true;
    }
  }
  return { ticks: verdicts, replaced, stops, empties };
}
