import type { Cron } from './cron/cron.ts';
import { nextTick, type CronTick } from './cron/next.ts';
import { zoneOf } from './cron/zone.ts';

/** In the order of ticks of one instant: what ends a run comes before what begins one. */
export const SCHEDULE_KINDS = ['stop', 'restart', 'start'] as const;
export type ScheduleKind = (typeof SCHEDULE_KINDS)[number];

/** The entries of `schedule` in file order (LANGUAGE.md §20.1). */
export type Schedule = readonly ScheduleEntry[];
export type ScheduleEntry = CronEntry | OnceEntry;

interface Entry {
  readonly kind: ScheduleKind;
  /** Of its prefix, else of `timezone`; null: the zone that is set outside of the file (§20.3). */
  readonly zone: string | null;
}

export interface CronEntry extends Entry {
  readonly cron: Cron;
}

/** `at`: fires once, at an instant in milliseconds. */
export interface OnceEntry extends Entry {
  readonly kind: 'start';
  readonly at: number;
}

export type OverlapPolicy = 'skip' | 'all' | 'latest' | 'cancel_running';

/** What is kept of ended runs (§21.4); 0 days is all of them. */
export type Retention = { readonly days: number } | { readonly runs: number };

/** What a DAG says to the daemon: when it starts, what happens when it is busy, what is kept. */
export interface Scheduling {
  /** Null: nothing is scheduled. */
  readonly schedule: Schedule | null;
  /** Most that a start is put off. */
  readonly jitterSec: number;
  /** Missed starts inside of it are made up; null: none are. */
  readonly catchupWindowMs: number | null;
  readonly overlapPolicy: OverlapPolicy;
  readonly skipIfSuccessful: boolean;
  readonly restartWaitSec: number;
  /** Null: the DAG's private queue. */
  readonly queue: string | null;
  /** Concurrency of the private queue; 0 is no limit. */
  readonly maxActiveRuns: number;
  readonly retention: Retention;
}

/** One scheduled instant of a DAG; `entry` is the first one that names it. */
export interface ScheduleTick extends CronTick {
  readonly kind: ScheduleKind;
  readonly zone: string;
  readonly entry: ScheduleEntry;
}

/**
 * The ticks later than an instant, in order: entries that match one instant make one tick of each kind (§20.1).
 * `zone` is that of entries without one.
 */
export function* scheduleTicks(schedule: Schedule, zone: string, after: number): Generator<ScheduleTick> {
  const heads = schedule.map((entry) => nextOf(entry, zone, after));
  for (;;) {
    const next = heads.reduce(earlier, null);
    if (next === null) return;
    yield next;
    heads.forEach((head, i) => {
      if (head?.at === next.at && head.kind === next.kind) heads[i] = nextOf(head.entry, zone, head.at);
    });
  }
}

function nextOf(entry: ScheduleEntry, standard: string, after: number): ScheduleTick | null {
  const zone = entry.zone ?? standard;
  const tick = 'cron' in entry ? nextTick(entry.cron, zoneOf(zone), after) : once(entry, after);
  return tick === null ? null : { ...tick, kind: entry.kind, zone, entry };
}

function once({ at }: OnceEntry, after: number): CronTick | null {
  return at > after ? { at, effect: null } : null;
}

function earlier(a: ScheduleTick | null, b: ScheduleTick | null): ScheduleTick | null {
  if (a === null || b === null) return a ?? b;
  const order = a.at - b.at || SCHEDULE_KINDS.indexOf(a.kind) - SCHEDULE_KINDS.indexOf(b.kind);
  return order <= 0 ? a : b;
}
