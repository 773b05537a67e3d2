import { isTimeZone } from '../../base/instant.ts';
import { didYouMean } from '../../errors/suggest.ts';
import { everMatches } from './calendar.ts';
import { quoted } from './cron.ts';
import type { Cron, CronField, CronProblem, DomItem, DowItem } from './cron.ts';
import { BadPart, FIELDS, parseDom, parseDow, parseNumbers } from './items.ts';

const MACROS: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

const ORDER = 'five fields are minute, hour, day, month, weekday; of six the first is second';

/** Every number of every field fits in here; beyond it only time is lost. */
const LONGEST = 1_000;

interface Word {
  readonly text: string;
  /** Offset in the whole text. */
  readonly start: number;
}

/** Reads a cron expression (LANGUAGE.md §20.2); everything that is wrong with it is told together. */
export function parseCron(text: string): { readonly cron: Cron } | { readonly problems: CronProblem[] } {
  if (text.length > LONGEST) {
    const message = `the expression has ${text.length} characters, at most ${LONGEST}`;
    return { problems: [problem('syntax', message, null, 0, text.length)] };
  }
  const prefix = /^\s*(?:CRON_)?TZ=(\S*)/.exec(text);
  const zone = prefix?.[1] ?? null;
  const begin = prefix?.[0].length ?? 0;
  const problems: CronProblem[] = [];
  if (zone !== null && !isTimeZone(zone)) {
    const message = `unknown time zone ${quoted(zone)}`;
    problems.push(problem('zone', message, null, begin - zone.length, begin));
  }
  const words = [...text.slice(begin).matchAll(/\S+/g)].map((match): Word => ({
    text: match[0],
    start: begin + match.index,
  }));
  const cron = readWords(words, text.slice(begin).trim(), zone, problems);
  return cron === null || problems.length > 0 ? { problems } : { cron };
}

function readWords(
  words: readonly Word[],
  whole: string,
  zone: string | null,
  problems: CronProblem[],
): Cron | null {
  const start = words[0]?.start ?? 0;
  const fail = (about: CronProblem['about'], message: string, hint: string | null): null => {
    problems.push(problem(about, message, hint, start, start + whole.length));
    return null;
  };
  const macro = whole.startsWith('@') ? MACROS[whole] : undefined;
  const fault = macro === undefined ? refusal(whole, words.length) : null;
  if (fault !== null) return fail('syntax', fault.message, fault.hint);
  const cron = read(macro?.split(' ').map((text) => ({ text, start })) ?? words, whole, zone, problems);
  if (cron === null) return null;
  if (!everMatches(cron)) {
    return fail('never', `${quoted(whole)} never fires`, 'no date of the calendar matches');
  }
  return macro === undefined ? cron : { ...cron, fields: [] };
}

function problem(
  about: CronProblem['about'],
  message: string,
  hint: string | null,
  start: number,
  end: number,
): CronProblem {
  return { about, message, hint, start, end };
}

/** What is wrong with the expression as a whole. */
function refusal(whole: string, count: number): { message: string; hint: string | null } | null {
  if (whole.startsWith('@')) {
    const name = whole.split(/\s/, 1)[0] ?? '';
    if (name === '@reboot') {
      return {
        message: `${quoted(name)} is not supported`,
        hint: 'flow starts nothing when a machine starts',
      };
    }
    if (name === '@every') {
      return {
        message: `${quoted(name)} is not supported`,
        hint: 'write */5 * * * * for every five minutes',
      };
    }
    return { message: `unknown macro ${quoted(whole)}`, hint: didYouMean(whole, Object.keys(MACROS)) };
  }
  if (count === 5 || count === 6) return null;
  const hint = count === 7 ? `a year is not supported; ${ORDER}` : ORDER;
  return { message: `${quoted(whole)} has ${count} ${count === 1 ? 'field' : 'fields'}, needs 5 or 6`, hint };
}

/** Null when a field is wrong, which is told. */
function read(
  words: readonly Word[],
  text: string,
  zone: string | null,
  problems: CronProblem[],
): Cron | null {
  const withSeconds = words.length === 6;
  const fields = words.map((word, i): CronField => ({
    name: FIELDS[withSeconds ? i : i + 1]?.name ?? 'minute',
    ...word,
  }));
  const parsed = parseFields(fields, problems);
  if (parsed === null) return null;
  const stars = fields.map((field) => field.text.startsWith('*'));
  const clock = stars.slice(0, withSeconds ? 3 : 2);
  const unrestricted = fields.slice(-3).filter((field) => /^[*?]/.test(field.text) && field.name !== 'month');
  return {
    text,
    zone,
    kind: clock.includes(true) ? 'wildcard' : 'fixed',
    seconds: parsed.numbers('second'),
    minutes: parsed.numbers('minute'),
    hours: parsed.numbers('hour'),
    months: parsed.numbers('month'),
    days: { dom: parsed.dom, dow: parsed.dow, match: unrestricted.length > 0 ? 'both' : 'either' },
    fields,
  };
}

interface Parsed {
  readonly dom: readonly DomItem[];
  readonly dow: readonly DowItem[];
  numbers(name: CronField['name']): readonly number[];
}

function parseFields(fields: readonly CronField[], problems: CronProblem[]): Parsed | null {
  const numbers = new Map<CronField['name'], readonly number[]>([['second', [0]]]);
  let dom: readonly DomItem[] = [];
  let dow: readonly DowItem[] = [];
  const before = problems.length;
  for (const field of fields) {
    const range = FIELDS.find((one) => one.name === field.name);
    if (range === undefined) continue;
    try {
      if (field.name === 'day') dom = parseDom(range, field.text);
      else if (field.name === 'weekday') dow = parseDow(range, field.text);
      else numbers.set(field.name, parseNumbers(range, field.text));
    } catch (error) {
      if (!(error instanceof BadPart)) throw error;
      const message = `${field.name} ${quoted(error.text)} ${error.message}`;
      const start = field.start + error.start;
      problems.push(problem('syntax', message, error.hint, start, start + error.text.length));
    }
  }
  return problems.length > before ? null : { dom, dow, numbers: (name) => numbers.get(name) ?? [] };
}
