import { domOfMonth } from './calendar.ts';
import { quoted } from './cron.ts';
import type { Cron, CronField, FieldName } from './cron.ts';
import { FIELDS } from './items.ts';

/** Something that an expression does and its author may not mean (W801), and where in its text. */
export interface CronWarning {
  readonly message: string;
  readonly hint: string | null;
  readonly start: number;
  readonly end: number;
}

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const LONG_MONTHS = [1, 3, 5, 7, 8, 10, 12];
const ORDINALS = ['first', 'second', 'third', 'fourth'];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** All of W801 that an expression shows by itself. */
export function cronWarnings(cron: Cron): CronWarning[] {
  if (cron.fields.length === 0) return [];
  return [...uneven(cron), ...bothDays(cron), ...everyMinute(cron), ...skippedMonths(cron)];
}

/** Steps that do not divide their field: the last distance is another one. */
function uneven({ fields }: Cron): CronWarning[] {
  return fields.flatMap((field) => {
    const range = FIELDS.find(({ name }) => name === field.name);
    if (range === undefined) return [];
    const count = field.name === 'weekday' ? 7 : range.most - range.least + 1;
    let at = field.start;
    return field.text.split(',').flatMap((item) => {
      const start = at;
      at += item.length + 1;
      const found = /^(\*|\d+)\/(\d+)$/.exec(item);
      const star = found?.[1] === '*';
      const first = star ? range.least : Number(found?.[1]);
      const step = Number(found?.[2]);
      if (found === null || first - range.least >= step || count % step === 0) return [];
      const numbers = sequence(first, star ? range.least + count - 1 : range.most, step);
      const message = `step ${step} does not divide the ${count} ${field.name}s: it fires at ${numbers}, then ${first} again`;
      return [{ message, hint: null, start, end: start + item.length }];
    });
  });
}

/** `0, 35`, or `0, 7, … 56` for many. */
function sequence(first: number, last: number, step: number): string {
  const all = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
  return all.length <= 3 ? all.join(', ') : `${all.slice(0, 2).join(', ')}, … ${all.at(-1) ?? ''}`;
}

/** Both day fields say something: whether one or both must match is easily taken for the other. */
function bothDays(cron: Cron): CronWarning[] {
  const dom = fieldOf(cron, 'day');
  const dow = fieldOf(cron, 'weekday');
  if (isEvery(dom) || isEvery(dow)) return [];
  const rule =
    cron.days.match === 'both'
      ? 'both must match, because one begins with *'
      : 'it fires when either matches';
  const message = `day ${quoted(dom.text)} and weekday ${quoted(dow.text)}: ${rule}`;
  return [{ message, hint: nthHint(cron, dom.text), start: dom.start, end: dow.start + dow.text.length }];
}

/** `1-7 * 1` is often meant as the first Monday. */
function nthHint(cron: Cron, dom: string): string | null {
  const week = ['1-7', '8-14', '15-21', '22-28'].indexOf(dom);
  const [item, ...more] = cron.days.dow;
  if (week === -1 || more.length > 0 || item?.kind !== 'days' || item.days.length !== 1) return null;
  const day = item.days[0] ?? 0;
  const fields = cron.fields.map(({ name, text }) =>
    name === 'day' ? '*' : name === 'weekday' ? `${day}#${week + 1}` : text,
  );
  return `write ${fields.join(' ')} for the ${ORDINALS[week] ?? ''} ${WEEKDAYS[day] ?? ''} of a month`;
}

/** `* 2 * * *` for `0 2 * * *`. */
function everyMinute(cron: Cron): CronWarning[] {
  const minute = fieldOf(cron, 'minute');
  const [hour, ...more] = cron.hours;
  if (!isEvery(minute) || hour === undefined || more.length > 0) return [];
  const fields = cron.fields.map(({ name, text }) => (name === 'minute' || name === 'second' ? '0' : text));
  const hint = `write ${fields.join(' ')} for once a day`;
  const message = `it fires every minute of hour ${hour}`;
  return [{ message, hint, start: minute.start, end: minute.start + minute.text.length }];
}

/** Days 29 to 31 alone leave out the months that do not have them. */
function skippedMonths(cron: Cron): CronWarning[] {
  if (!isEvery(fieldOf(cron, 'weekday'))) return [];
  const dom = fieldOf(cron, 'day');
  // Who asks for 29 February by name knows what it is.
  const february = cron.months.length === 1 ? 29 : 28;
  const skipped = cron.months.filter(
    (month) =>
      domOfMonth(cron.days.dom, month === 2 ? february : 30 + Number(LONG_MONTHS.includes(month))) === 0,
  );
  if (skipped.length === 0) return [];
  const message = `day ${quoted(dom.text)} skips months that do not have it, as ${MONTHS[(skipped[0] ?? 1) - 1] ?? ''}`;
  const hint = 'write L for the last day of a month';
  return [{ message, hint, start: dom.start, end: dom.start + dom.text.length }];
}

/** A missing second is one number. */
function fieldOf({ fields }: Cron, name: FieldName): CronField {
  const found = fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(`the expression has no field ${name}`);
  return found;
}

/** True for `*` and `?`: the field says nothing. */
function isEvery({ text }: CronField): boolean {
  return /^[*?](\/1)?$/.test(text);
}
