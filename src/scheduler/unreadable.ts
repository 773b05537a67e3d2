import { parseCron } from '../core/cron/parse.ts';
import type { CursorRecord } from '../core/records.ts';
import { SCHEDULE_KINDS, type ScheduleEntry } from '../core/schedule.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { DagEntry, FileProblem } from './types.ts';

/**
 * The DAGs of files that cannot be read since before this daemon began, by what is stored of their schedules: their
 * ticks are recorded as missed, with the error (LANGUAGE.md §20.6).
 */
export function unreadable(rows: readonly CursorRecord[], problems: readonly FileProblem[]): DagEntry[] {
  const messages = new Map(problems.map(({ file, message }) => [file, message] as const));
  const schedules = new Map<string, { file: string; message: string; entries: ScheduleEntry[] }>();
  for (const { dag, entry, file } of rows) {
    const message = messages.get(file);
    const read = message === undefined ? null : readEntry(entry);
    if (message === undefined || read === null) continue;
    const known = schedules.get(dag) ?? { file, message, entries: [] };
    known.entries.push(read);
    schedules.set(dag, known);
  }
  return [...schedules].map(([name, { file, message, entries }]) => ({
    name,
    file,
    scheduling: {
      schedule: entries,
      ...{ jitterSec: 0, catchupWindowMs: null, overlapPolicy: 'skip', skipIfSuccessful: false },
      ...{ restartWaitSec: 0, queue: null, maxActiveRuns: 1, retention: { days: 30 } },
    },
    load: () => Promise.reject(flowError(EXIT.usage, 'E002', message)),
  }));
}

/** Back from the key of an entry (`entryKey`): kind, expression, zone. */
function readEntry(key: string): ScheduleEntry | null {
  const [kindWord, ...rest] = key.split(' ');
  const zone = rest.pop() ?? null;
  const kind = SCHEDULE_KINDS.find((one) => one === kindWord);
  if (kind === undefined) return null;
  if (rest[0] === 'at') {
    const at = Date.parse(rest[1] ?? '');
    return kind === 'start' && Number.isFinite(at) ? { kind, zone, at } : null;
  }
  const parsed = parseCron(rest.join(' '));
  return 'cron' in parsed ? { kind, zone, cron: parsed.cron } : null;
}
