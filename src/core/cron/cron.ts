/**
 * A cron expression as data (LANGUAGE.md §20.2). Lists of numbers ascend and hold each number once.
 */
export interface Cron {
  /** As written, without the zone. */
  readonly text: string;
  /** Of the prefix `TZ=` or `CRON_TZ=`. */
  readonly zone: string | null;
  /** What happens to it when clocks change (§20.4). */
  readonly kind: 'fixed' | 'wildcard';
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  readonly days: DayRule;
  /** The fields as they stand in the expression, to speak about them; none of a macro. */
  readonly fields: readonly CronField[];
}

/** Which days of a month match: by their number, by their weekday, by both or by either. */
export interface DayRule {
  readonly dom: readonly DomItem[];
  readonly dow: readonly DowItem[];
  readonly match: 'both' | 'either';
}

export type DomItem =
  | { readonly kind: 'days'; readonly days: readonly number[] }
  /** `L`, `L-3`: so many days before the last one. */
  | { readonly kind: 'last'; readonly before: number }
  /** `LW` */
  | { readonly kind: 'last weekday' }
  /** `15W` */
  | { readonly kind: 'nearest weekday'; readonly day: number };

/** Weekdays count from 0, Sunday. */
export type DowItem =
  | { readonly kind: 'days'; readonly days: readonly number[] }
  /** `5L` */
  | { readonly kind: 'last'; readonly day: number }
  /** `5#2` */
  | { readonly kind: 'nth'; readonly day: number; readonly nth: number };

export type FieldName = 'second' | 'minute' | 'hour' | 'day' | 'month' | 'weekday';

export interface CronField {
  readonly name: FieldName;
  readonly text: string;
  /** Offset in the whole text that was parsed, prefix included. */
  readonly start: number;
}

/** What is wrong with an expression, and where in its text. */
export interface CronProblem {
  readonly about: 'syntax' | 'zone' | 'never';
  readonly message: string;
  readonly hint: string | null;
  readonly start: number;
  readonly end: number;
}

/** A part of an expression inside a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
