import { parseDuration } from '../base/duration.ts';
import { isTimeZone } from '../base/instant.ts';
import type { ParamDeclaration } from '../core/dag.ts';
import type { Retention, Schedule, Scheduling } from '../core/schedule.ts';
import { field, keyAt } from './place.ts';
import type { Place } from './place.ts';
import { add, quote, report } from './report.ts';
import type { Report } from './report.ts';
import type { RootFields } from './root-fields.ts';
import { readEntries } from './schedule-entries.ts';

/** Reads what a document says to the daemon (LANGUAGE.md §20, §21.1, §21.4). */
export function readScheduling(
  into: Report,
  root: Place,
  map: RootFields,
  params: readonly ParamDeclaration[] | null,
): Scheduling {
  const schedule = readSchedule(into, root, map.timezone);
  checkStarts(into, root, schedule, params ?? []);
  return {
    schedule,
    jitterSec: map.jitter_sec ?? 0,
    catchupWindowMs: readWindow(into, root, map.catchup_window),
    overlapPolicy: map.overlap_policy ?? 'skip',
    skipIfSuccessful: map.skip_if_successful ?? false,
    restartWaitSec: map.restart_wait_sec ?? 0,
    queue: map.queue ?? null,
    maxActiveRuns: readMaxActiveRuns(into, root, map),
    retention: readRetention(into, root, map),
  };
}

function readSchedule(into: Report, root: Place, timezone: string | undefined): Schedule | null {
  const place = field(root, 'schedule');
  if (place === null) return null;
  const zone = timezone !== undefined && isTimeZone(timezone) ? timezone : null;
  const entries = readEntries(into, place, zone);
  return entries.length === 0 ? null : entries;
}

/** Nobody is there to give the values of params (W802). */
function checkStarts(
  into: Report,
  root: Place,
  schedule: Schedule | null,
  params: readonly ParamDeclaration[],
): void {
  if (schedule === null || !schedule.some(({ kind }) => kind !== 'stop')) return;
  params.forEach((param, i) => {
    if (!param.required || param.default !== null || param.eval !== null) return;
    const name = quote(param.name ?? String(i + 1));
    const text = `param ${name} has no value: scheduled starts will fail`;
    report(into, 'W802', keyAt(root, 'schedule'), text, { hint: 'give it a default' });
  });
}

function readWindow(into: Report, root: Place, written: string | undefined): number | null {
  if (written === undefined) return null;
  const ms = parseDuration(written);
  if (ms === null) {
    const at = field(root, 'catchup_window') ?? root;
    add(into, 'E110', at, `invalid catchup_window ${quote(written)}, write a duration as 6h or 2d12h`);
  }
  return ms;
}

/** An older spelling (§2.6): a limit of its own is what a queue of the configuration has. */
function readMaxActiveRuns(into: Report, root: Place, map: RootFields): number {
  if (map.max_active_runs === undefined) return 1;
  const write = 'write queue: NAME and the max_concurrency of that queue in flow.config.yaml';
  const useless = map.queue === undefined ? '' : ' and has no effect beside queue';
  const text = `"max_active_runs" is deprecated${useless}, ${write}`;
  report(into, 'W101', keyAt(root, 'max_active_runs'), text, { label: '' });
  return map.queue === undefined ? Math.max(0, map.max_active_runs) : 1;
}

function readRetention(into: Report, root: Place, map: RootFields): Retention {
  const { hist_retention_days: days, hist_retention_runs: runs } = map;
  if (days !== undefined && runs !== undefined) {
    const text = 'hist_retention_days and hist_retention_runs cannot be combined';
    report(into, 'E112', keyAt(root, 'hist_retention_runs'), text, { label: '' });
  }
  return runs === undefined ? { days: days ?? 30 } : { runs };
}
