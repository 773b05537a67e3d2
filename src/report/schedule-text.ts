import { formatDuration } from '../base/duration.ts';
import type { Json } from '../base/json.ts';
import { wallText } from '../core/cron/times.ts';
import { zoneOf } from '../core/cron/zone.ts';
import type { Dag } from '../core/dag.ts';
import type { ScheduleTick } from '../core/schedule.ts';
import type { Paint } from '../term/color.ts';
import { tableLines } from '../term/table.ts';
import { iso } from './times.ts';

/** A tick of a DAG. */
export interface DagTick {
  readonly dag: Dag;
  readonly tick: ScheduleTick;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** What a clock change does to a tick (LANGUAGE.md §20.4). */
const EFFECTS = {
  moved: 'moved by the clock change',
  first: 'first of two occurrences',
  second: 'second occurrence',
} as const;

/** `flow schedule`: one line per tick under a heading; seconds only when one of them has some. */
export function scheduleLines(ticks: readonly DagTick[], paint: Paint): string[] {
  const cut = ticks.every(({ tick }) => tick.at % 60_000 === 0) ? 'YYYY-MM-DD HH:MM'.length : undefined;
  const heading = ['LOCAL TIME', 'ZONE', 'UTC', 'DAG', 'KIND', 'SCHEDULE', 'POLICY', ''];
  const rows = ticks.map(({ dag, tick }) => [
    `${WEEKDAYS[new Date(wallOf(tick) * 1_000).getUTCDay()] ?? ''} ${wallText(wallOf(tick)).slice(0, cut)}`,
    tick.zone,
    paint('dim', `${wallText(tick.at / 1_000).slice(0, cut)}Z`),
    paint('bold', dag.name),
    tick.kind,
    'cron' in tick.entry ? tick.entry.cron.text : 'at',
    policyText(dag, tick),
    tick.effect === null ? '' : paint('warning', EFFECTS[tick.effect]),
  ]);
  return tableLines([heading.map((word) => paint('dim', word)), ...rows]);
}

/** `flow schedule --json` (CLI.md §8). */
export function scheduleJson(ticks: readonly DagTick[]): { [key: string]: Json } {
  return {
    ticks: ticks.map(({ dag, tick }) => ({
      dag: dag.name,
      kind: tick.kind,
      scheduled_at: iso(tick.at),
      local: `${wallText(wallOf(tick)).replace(' ', 'T')}${offsetText(offsetOf(tick))}`,
      zone: tick.zone,
      expression: 'cron' in tick.entry ? tick.entry.cron.text : null,
      policy: tick.kind === 'start' ? dag.overlapPolicy : null,
      skip_if_successful: tick.kind === 'start' && dag.skipIfSuccessful,
      catchup_window_ms: tick.kind === 'start' ? dag.catchupWindowMs : null,
      jitter_sec: tick.kind === 'stop' ? 0 : dag.jitterSec,
      clock_change: tick.effect,
    })),
  };
}

/** What happens to a start that finds the DAG busy, was missed, or is put off; a restart ends what runs. */
function policyText(dag: Dag, { kind }: ScheduleTick): string {
  if (kind === 'stop') return '';
  const jitter = dag.jitterSec === 0 ? [] : [`jitter ${secondsText(dag.jitterSec)}`];
  if (kind === 'restart') {
    const wait = dag.restartWaitSec === 0 ? [] : [`wait ${secondsText(dag.restartWaitSec)}`];
    return [...wait, ...jitter].join(', ');
  }
  const { catchupWindowMs: window } = dag;
  return [
    dag.overlapPolicy,
    ...(dag.skipIfSuccessful ? ['skip if successful'] : []),
    ...(window === null ? [] : [`catch up ${formatDuration(window)}`]),
    ...jitter,
  ].join(', ');
}

function secondsText(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : formatDuration(seconds * 1_000);
}

function offsetOf({ at, zone }: ScheduleTick): number {
  return zoneOf(zone).offsetAt(at / 1_000);
}

/** What the wall clock of its zone shows, in seconds. */
function wallOf(tick: ScheduleTick): number {
  return tick.at / 1_000 + offsetOf(tick);
}

/** `+05:30` */
function offsetText(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
