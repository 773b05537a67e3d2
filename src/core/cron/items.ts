import type { DomItem, DowItem, FieldName } from './cron.ts';

/** What may stand in a field. */
interface Range {
  readonly name: FieldName;
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const range = (name: FieldName, least: number, most: number, names: readonly string[] = []): Range => ({
  ...{ name, least, most, names },
});

/** The fields in the order of the expression (LANGUAGE.md §20.2). */
export const FIELDS: readonly Range[] = [
  range('second', 0, 59),
  range('minute', 0, 59),
  range('hour', 0, 23),
  range('day', 1, 31),
  range('month', 1, 12, MONTHS),
  range('weekday', 0, 7, WEEKDAYS),
];

/** The part of a field that cannot stand there; `start` counts from the beginning of the field. */
export class BadPart extends Error {
  readonly text: string;
  readonly start: number;
  readonly hint: string | null;

  constructor(text: string, start: number, why: string, hint: string | null = null) {
    super(why);
    this.text = text;
    this.start = start;
    this.hint = hint;
  }
}

/** One item of a list with its offset in the field. */
interface Item {
  readonly text: string;
  readonly start: number;
}

/** The numbers of a field that is no day field, ascending. @throws BadPart */
export function parseNumbers(field: Range, text: string): number[] {
  return ascending(split(text).flatMap((item) => numbersOf(field, item)));
}

/** @throws BadPart */
export function parseDom(field: Range, text: string): DomItem[] {
  return split(text).map((item): DomItem => {
    if (item.text === '?') return { kind: 'days', days: numbersOf(field, { ...item, text: '*' }) };
    if (item.text === 'L') return { kind: 'last', before: 0 };
    if (item.text === 'LW') return { kind: 'last weekday' };
    const before = /^L-(.*)$/.exec(item.text);
    if (before !== null) {
      const n = whole(before[1] ?? '');
      if (n === null || n < 1 || n > 30) throw bad(item, 'must be L-1 to L-30');
      return { kind: 'last', before: n };
    }
    if (!item.text.endsWith('W')) return { kind: 'days', days: numbersOf(field, item) };
    return { kind: 'nearest weekday', day: valueOf(field, { ...item, text: item.text.slice(0, -1) }) };
  });
}

/** @throws BadPart */
export function parseDow(field: Range, text: string): DowItem[] {
  return split(text).map((item): DowItem => {
    if (item.text === '?') return { kind: 'days', days: [0, 1, 2, 3, 4, 5, 6] };
    if (item.text === 'L') throw bad(item, 'needs a day', 'write 5L for the last Friday of a month');
    if (item.text.endsWith('L')) {
      return { kind: 'last', day: valueOf(field, { ...item, text: item.text.slice(0, -1) }) % 7 };
    }
    const hash = item.text.indexOf('#');
    if (hash === -1) {
      return { kind: 'days', days: ascending(numbersOf(field, item).map((day) => day % 7)) };
    }
    const nth = whole(item.text.slice(hash + 1));
    if (nth === null || nth < 1 || nth > 5) throw bad(item, 'must end in #1 to #5');
    return { kind: 'nth', day: valueOf(field, { ...item, text: item.text.slice(0, hash) }) % 7, nth };
  });
}

function split(text: string): Item[] {
  let start = 0;
  return text.split(',').map((part) => {
    const item = { text: part, start };
    start += part.length + 1;
    if (part === '') throw new BadPart(text, 0, 'has an empty item');
    return item;
  });
}

/** `*`, `a`, `a-b`, each with `/n`; weekdays keep 7 apart from 0. */
function numbersOf(field: Range, item: Item): number[] {
  const slash = item.text.indexOf('/');
  const base = slash === -1 ? item.text : item.text.slice(0, slash);
  const step = slash === -1 ? 1 : whole(item.text.slice(slash + 1));
  if (step === null || step < 1) throw bad(item, 'needs a step from 1 on');
  const [from, to] = ends(field, { ...item, text: base }, slash !== -1);
  const numbers: number[] = [];
  for (let n = from; n <= to; n += step) numbers.push(n);
  return numbers;
}

function ends(field: Range, item: Item, stepped: boolean): [number, number] {
  const { least, most, name } = field;
  // 7 is Sunday a second time: `*` has each day once.
  if (item.text === '*') return [least, name === 'weekday' ? 6 : most];
  const dash = item.text.indexOf('-');
  const from = valueOf(field, dash === -1 ? item : { ...item, text: item.text.slice(0, dash) });
  if (dash === -1) return [from, stepped ? most : from];
  const upper = { text: item.text.slice(dash + 1), start: item.start + dash + 1 };
  let to = valueOf(field, upper);
  if (name === 'weekday' && to === 0 && from > 0) to = 7;
  if (to >= from) return [from, to];
  throw bad(item, 'must ascend', `write ${turned(field, item.text.slice(0, dash), upper.text)}`);
}

/** `22-2` as the two ranges that it means: `22-23,0-2`. */
function turned({ name, least, most, names }: Range, from: string, to: string): string {
  const [first, last] = /[a-z]/i.test(from)
    ? [names[0] ?? '', names.at(-1) ?? '']
    : [least, name === 'weekday' ? 6 : most];
  return `${from}-${last},${first}-${to}`;
}

function valueOf(field: Range, item: Item): number {
  const { least, most, names } = field;
  const named = names.indexOf(item.text.toLowerCase());
  if (named !== -1) return named + least;
  const n = whole(item.text);
  if (n === null) throw bad(item, expectation(field), hintFor(item.text));
  if (n < least || n > most) throw bad(item, expectation(field));
  return n;
}

function expectation({ least, most, names }: Range): string {
  const words = names.length === 0 ? '' : ` or ${names[0] ?? ''}-${names.at(-1) ?? ''}`;
  return `must be ${least}-${most}${words}`;
}

function hintFor(text: string): string | null {
  if (/^H\b/.test(text)) return 'use jitter_sec to spread starts';
  if (/^\d*[lw]{1,2}$/.test(text)) return `write ${text.toUpperCase()}`;
  if (/^\*[^/]/.test(text)) return 'write * alone, or */n';
  return null;
}

/** A number of ASCII digits; null for anything else. */
function whole(text: string): number | null {
  return /^[0-9]+$/.test(text) ? Number(text) : null;
}

function bad(item: Item, why: string, hint: string | null = null): BadPart {
  return new BadPart(item.text, item.start, why, hint);
}

function ascending(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
