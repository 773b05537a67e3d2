/**
 * Cron by brute force, for comparison: every second or minute is looked at, dates are matched field by field as the
 * text says, and the wall clock is asked from Intl each time. It shares nothing with the sources.
 */
interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

interface Clock {
  readonly format: Intl.DateTimeFormat;
  /** Asking Intl is slow, and tests ask for the same instants again. */
  readonly known: Map<number, number>;
}

const clocks = new Map<string, Clock>();

function clockOf(zone: string): Clock {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('sv-SE', {
    ...{ timeZone: zone, dateStyle: 'short', timeStyle: 'medium' },
  });
  const clock = { format, known: new Map<number, number>() };
  clocks.set(zone, clock);
  return clock;
}

/** What the wall clock of a zone shows, as the number of the UTC instant that looks the same. */
function wallAt(zone: string, instant: number): number {
  const { format, known } = clockOf(zone);
  let wall = known.get(instant);
  if (wall === undefined) {
    wall = Date.parse(`${format.format(instant).replace(' ', 'T')}Z`);
    known.set(instant, wall);
  }
  return wall;
}

function wallOf(number: number): Wall {
  const date = new Date(number);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/**
 * All ticks in (from, to], which are multiples of the step: 1 000 or 60 000. A nominal time may have its instant
 * `around` before or after what it would be without a change.
 */
export function bruteForce(
  text: string,
  zone: string,
  [from, to]: readonly [number, number],
  { step, around }: { readonly step: number; readonly around: number },
): number[] {
  const words = text.split(' ');
  const fields = words.length === 6 ? words : ['0', ...words];
  const matches = matcher(fields);
  const clock = words.slice(0, words.length - 3);
  if (clock.some((field) => field.startsWith('*'))) {
    return instants(from + step, to, step).filter((t) => matches(wallAt(zone, t)));
  }
  const real = instants(from - around, to + around, step).map((t) => ({ t, wall: wallAt(zone, t) }));
  const firsts = new Map<number, number>();
  for (const { t, wall } of real) if (!firsts.has(wall)) firsts.set(wall, t);
  const ticks = new Set<number>();
  const walls = real.map(({ wall }) => wall);
  for (let n = least(walls); n <= greatest(walls); n += step) {
    if (!matches(n)) continue;
    const t = firsts.get(n) ?? endOfGap(real, n);
    if (t !== null && t > from && t <= to) ticks.add(t);
  }
  return [...ticks].sort((a, b) => a - b);
}

/** Whether the date of a day (in UTC milliseconds) matches the last three fields. */
export function dateMatchesBrute(text: string, day: number): boolean {
  return matchesDate(text.split(' ').slice(-3), wallOf(day));
}

function instants(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.max(0, Math.floor((to - from) / step) + 1) }, (_, i) => from + i * step);
}

const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b));
const greatest = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b));

/** Null for a gap of a day or more. */
function endOfGap(real: readonly { t: number; wall: number }[], n: number): number | null {
  const after = real.findIndex(({ wall }, i) => wall > n && (real[i - 1]?.wall ?? Infinity) < n);
  const [left, right] = [real[after - 1], real[after]];
  if (left === undefined || right === undefined) return null;
  return right.wall - left.wall > 86_400_000 ? null : right.t;
}

/** Each second, minute, hour and date is judged once. */
function matcher(fields: readonly string[]): (wall: number) => boolean {
  const [second = '', minute = '', hour = '', ...date] = fields;
  const values = (text: string, high: number): boolean[] =>
    Array.from({ length: high + 1 }, (_, value) => inField(text, value, 0, high));
  const [seconds, minutes, hours] = [values(second, 59), values(minute, 59), values(hour, 23)];
  const days = new Map<number, boolean>();
  return (number) => {
    const time = Math.floor(number / 1_000) % 86_400;
    const clock = [hours[Math.floor(time / 3_600)], minutes[Math.floor(time / 60) % 60], seconds[time % 60]];
    if (clock.includes(false)) return false;
    const day = Math.floor(number / 86_400_000);
    const known = days.get(day) ?? matchesDate(date, wallOf(number));
    days.set(day, known);
    return known;
  };
}

function matchesDate([dom = '', month = '', dow = '']: readonly string[], wall: Wall): boolean {
  if (!inField(month, wall.month, 1, 12)) return false;
  const byNumber = dom.split(',').some((item) => domItem(item, wall));
  const byWeekday = dow.split(',').some((item) => dowItem(item, wall));
  return /^[*?]/.test(dom) || /^[*?]/.test(dow) ? byNumber && byWeekday : byNumber || byWeekday;
}

const lengthOf = (wall: Wall): number => new Date(Date.UTC(wall.year, wall.month, 0)).getUTCDate();
const weekdayOf = (wall: Wall, day: number): number =>
  new Date(Date.UTC(wall.year, wall.month - 1, day)).getUTCDay();

function domItem(item: string, wall: Wall): boolean {
  const length = lengthOf(wall);
  if (item === '?') return true;
  if (item === 'L') return wall.day === length;
  if (item.startsWith('L-')) return wall.day === length - Number(item.slice(2));
  if (!item.endsWith('W')) return inField(item, wall.day, 1, 31);
  const target = item === 'LW' ? length : Number(item.slice(0, -1));
  if (target > length) return false;
  const workdays = Array.from({ length }, (_, i) => i + 1).filter((day) => weekdayOf(wall, day) % 6 !== 0);
  const distance = (day: number): number => Math.abs(day - target);
  const nearest = workdays.sort((a, b) => distance(a) - distance(b))[0];
  return wall.day === nearest;
}

function dowItem(item: string, wall: Wall): boolean {
  const today = weekdayOf(wall, wall.day);
  if (item === '?') return true;
  if (item.endsWith('L')) return today === Number(item[0]) % 7 && wall.day + 7 > lengthOf(wall);
  const [day, nth] = item.split('#');
  if (nth !== undefined) return today === Number(day) % 7 && Math.ceil(wall.day / 7) === Number(nth);
  return (
    inField(item, today, 0, 7) ||
    (today === 0 && item !== '*' && !item.startsWith('*/') && inField(item, 7, 0, 7))
  );
}

/** A list of numbers, ranges and steps without names. */
function inField(text: string, value: number, low: number, high: number): boolean {
  return text.split(',').some((item) => {
    const [base = '', step] = item.split('/');
    const [from, to] = base === '*' ? [low, high] : base.split('-').map(Number);
    const first = from ?? NaN;
    const last = to ?? (step === undefined ? first : high);
    return value >= first && value <= last && (value - first) % Number(step ?? 1) === 0;
  });
}
