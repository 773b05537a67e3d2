import { parseInstant } from '../base/instant.ts';
import { firstMissing } from '../core/cron/gap.ts';
import { parseCron } from '../core/cron/parse.ts';
import { DAY, wallText } from '../core/cron/times.ts';
import { cronWarnings } from '../core/cron/warnings.ts';
import { zoneOf } from '../core/cron/zone.ts';
import type { CronEntry, OnceEntry, ScheduleEntry, ScheduleKind } from '../core/schedule.ts';
import { check } from './check.ts';
import { reportTimeZone } from './literals.ts';
import { field, isLeafPlace, isMapPlace, items, keyAt } from './place.ts';
import type { At, Place } from './place.ts';
import { report } from './report.ts';
import type { Report } from './report.ts';
import { ENTRY, SCHEDULE } from './schedule-fields.ts';
import type { ObjectSchema } from './schema.ts';
import { isNull } from './tree.ts';
import type { Leaf, MapNode } from './tree.ts';
import { notYet } from './unsupported.ts';

const SHAPE = 'must be a cron expression, {expression: …}, {at: …}, or a list of these';
/** Every clock that is put forward once a year is so within these days. */
const LOOK_AHEAD = 400 * DAY;

interface Context {
  readonly into: Report;
  readonly kind: ScheduleKind;
  /** `timezone` of the document. */
  readonly zone: string | null;
}

/** All entries of `schedule` in file order (LANGUAGE.md §20.1). */
export function readEntries(into: Report, place: Place, zone: string | null): ScheduleEntry[] {
  if (!isMapPlace(place) || isEntry(place)) return readList({ into, kind: 'start', zone }, place);
  if (check(into, place, SCHEDULE, 'other') === null) return [];
  const kinds = (['start', 'stop', 'restart'] as const).filter((kind) => field(place, kind) !== null);
  if (kinds.length === 0 && hasOnly(place, SCHEDULE)) {
    report(into, 'E804', place, 'needs start, stop or restart');
  }
  return kinds.flatMap((kind) => readList({ into, kind, zone }, field(place, kind) ?? place));
}

function isEntry({ node }: Place<MapNode>): boolean {
  return Object.keys(ENTRY.shape).some((key) => node.entries.has(key));
}

/** A key that is unknown is told as such, and may be what is missing. */
function hasOnly({ node }: Place<MapNode>, schema: ObjectSchema): boolean {
  return [...node.entries.keys()].every((key) => key in schema.shape);
}

function readList(context: Context, place: Place): ScheduleEntry[] {
  const all = place.node.kind === 'list' ? items(place) : [place];
  return all.flatMap((one) => readEntry(context, one) ?? []);
}

function readEntry(context: Context, place: Place): ScheduleEntry | null {
  const { into, kind } = context;
  if (isLeafPlace(place) && !isNull(place.node)) return readCron(context, place);
  if (!isMapPlace(place)) {
    report(into, 'E804', place, SHAPE);
    return null;
  }
  if (check(into, place, ENTRY, 'other') === null) return null;
  if (field(place, 'profile') !== null) {
    report(into, 'E901', keyAt(place, 'profile'), notYet('profile').text, { label: place.path });
  }
  const expression = field(place, 'expression');
  const at = field(place, 'at');
  if (at !== null && kind !== 'start') {
    report(into, 'E804', keyAt(place, 'at'), 'at is only allowed under start', { label: place.path });
    return null;
  }
  if (expression !== null && at !== null) {
    report(into, 'E112', keyAt(place, 'at'), 'expression and at cannot be combined', { label: place.path });
  }
  if (expression === null && at === null && hasOnly(place, ENTRY)) {
    report(into, 'E804', place, 'needs expression or at');
  }
  if (expression !== null && isLeafPlace(expression)) return readCron(context, expression);
  return at !== null && isLeafPlace(at) ? readAt(context, at) : null;
}

/** Checks an expression: E801, E802, E803, W801. */
function readCron({ into, kind, zone: own }: Context, place: Place<Leaf>): CronEntry | null {
  const { text } = place.node;
  const parsed = parseCron(text);
  if ('problems' in parsed) {
    for (const { about, message, hint, start, end } of parsed.problems) {
      const at = within(place, start, end);
      if (about === 'zone') reportTimeZone(into, at, text.slice(start, end));
      else if (about === 'never') report(into, 'E802', at, message, { hint });
      else report(into, 'E801', at, `cron: ${message}`, { hint });
    }
    return null;
  }
  const { cron } = parsed;
  for (const { message, hint, start, end } of cronWarnings(cron)) {
    report(into, 'W801', within(place, start, end), message, { hint });
  }
  const entry = { kind, zone: cron.zone ?? own, cron };
  warnOfGap(into, place, entry);
  return entry;
}

/** A fixed time that the clock will leave out (W801). */
function warnOfGap(into: Report, place: Place, { cron, zone: own }: CronEntry): void {
  const { around } = into;
  const zone = own ?? around?.zone;
  if (around === undefined || zone === undefined) return;
  const now = Math.floor(around.now / 1_000);
  const found = firstMissing(cron, zoneOf(zone), now, now + LOOK_AHEAD);
  if (found === null) return;
  const [date = '', time = ''] = wallText(found.wall).split(' ');
  const end = wallText(found.change.at + found.change.after).split(' ')[1] ?? '';
  const text = `clock change in ${zone}: ${short(time)} does not exist on ${date}, it fires at ${short(end)}`;
  report(into, 'W801', place, text, { hint: 'choose a time that the change does not touch, or UTC' });
}

/** Seconds only where there are some. */
function short(time: string): string {
  return time.replace(/:00$/, '');
}

/** Checks `at`: E804, W803. */
function readAt({ into, zone }: Context, place: Place<Leaf>): OnceEntry | null {
  const { text } = place.node;
  const instant = /T.*(?:Z|[-+]\d\d:\d\d)$/i.test(text) ? parseInstant(text, 'UTC') : null;
  if (instant === null) {
    report(into, 'E804', place, 'must be RFC 3339 with its zone, as 2027-01-01T06:00:00Z');
    return null;
  }
  if (instant % 60_000 !== 0) {
    report(into, 'E804', place, 'must be a whole minute');
    return null;
  }
  if (into.around !== undefined && instant <= into.around.now) {
    report(into, 'W803', place, 'is in the past', { hint: 'it does not fire any more, remove it' });
  }
  return { kind: 'start', zone, at: instant };
}

/** A part of a text in the file; the whole value where the file writes it in another way. */
function within(place: Place<Leaf>, start: number, end: number): At {
  const { source, start: begin, end: last } = place.span;
  const offset = source.text.slice(begin, last).indexOf(place.node.text);
  if (offset === -1) return place;
  return { path: place.path, span: { source, start: begin + offset + start, end: begin + offset + end } };
}
