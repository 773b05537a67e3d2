import type { Cron, DayRule, DomItem, DowItem } from './cron.ts';

/** Days are counted from 1 January 1970; the Gregorian calendar repeats itself after these. */
const CYCLE_DAYS = 146_097;
const CYCLE_MONTHS = 4_800;
const DAY_MS = 86_400_000;

/** The first matching date from a day on; null when no date of the whole cycle matches. */
export function nextDate({ months, days }: Pick<Cron, 'months' | 'days'>, from: number): number | null {
  const date = new Date(from * DAY_MS);
  let [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  let least = date.getUTCDate();
  let first = from - least + 1;
  for (let i = 0; i <= CYCLE_MONTHS; i++) {
    const length = monthLength(year, month);
    if (months.includes(month)) {
      const mask = daysOfMonth(days, length, weekday(first)) & (-1 << least);
      if (mask !== 0) return first + lowest(mask) - 1;
    }
    least = 1;
    first += length;
    if (++month > 12) [year, month] = [year + 1, 1];
  }
  return null;
}

/** Whether any date matches at all; dates repeat, so it does not matter where the search begins. */
export function everMatches(cron: Pick<Cron, 'months' | 'days'>): boolean {
  return nextDate(cron, CYCLE_DAYS) !== null;
}

export function dateMatches(cron: Pick<Cron, 'months' | 'days'>, day: number): boolean {
  return nextDate(cron, day) === day;
}

/** The days of a month by their number alone, as bits 1 to 31; whether they are weekdays does not matter here. */
export function domOfMonth(dom: readonly DomItem[], length: number): number {
  return dom.reduce((mask, item) => mask | domBits(item, length, 0), 0) & within(length);
}

/** There are only 28 kinds of months; what matches in each is worked out once. */
const known = new WeakMap<DayRule, number[]>();

/** Bits 1 to 31: the days that match in a month that is so long and begins with this weekday. */
function daysOfMonth(rule: DayRule, length: number, first: number): number {
  let masks = known.get(rule);
  if (masks === undefined) known.set(rule, (masks = []));
  return (masks[(length - 28) * 7 + first] ??= matching(rule, length, first));
}

function matching({ dom, dow, match }: DayRule, length: number, first: number): number {
  const byNumber = dom.reduce((mask, item) => mask | domBits(item, length, first), 0);
  const byWeekday = dow.reduce((mask, item) => mask | dowBits(item, length, first), 0);
  return (match === 'both' ? byNumber & byWeekday : byNumber | byWeekday) & within(length);
}

function domBits(item: DomItem, length: number, first: number): number {
  switch (item.kind) {
    case 'days':
      return bits(item.days);
    case 'last':
      return item.before < length ? bit(length - item.before) : 0;
    case 'last weekday':
      return bit(nearestWeekday(length, length, first));
    case 'nearest weekday':
      return item.day <= length ? bit(nearestWeekday(item.day, length, first)) : 0;
  }
}

function dowBits(item: DowItem, length: number, first: number): number {
  if (item.kind === 'days') return item.days.reduce((mask, day) => mask | bits(sameWeekday(day, first)), 0);
  const days = sameWeekday(item.day, first).filter((day) => day <= length);
  return bit((item.kind === 'last' ? days.at(-1) : days[item.nth - 1]) ?? 0);
}

/** The Monday to Friday that is nearest to a day and in the same month. */
function nearestWeekday(day: number, length: number, first: number): number {
  const on = (first + day - 1) % 7;
  if (on === 6) return day === 1 ? 3 : day - 1;
  if (on === 0) return day === length ? day - 2 : day + 1;
  return day;
}

/** The days of a month with a weekday, also a fifth one beyond its end. */
function sameWeekday(day: number, first: number): number[] {
  const earliest = ((day - first + 7) % 7) + 1;
  return [earliest, earliest + 7, earliest + 14, earliest + 21, earliest + 28];
}

const bit = (day: number): number => (day > 31 ? 0 : 1 << day);
const bits = (days: readonly number[]): number => days.reduce((mask, day) => mask | bit(day), 0);

/** Bits 1 to `length`. */
function within(length: number): number {
  return (-1 >>> (31 - length)) & ~1;
}

function lowest(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

/** 1 January 1970 was a Thursday. */
function weekday(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

function monthLength(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}
