const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[-+]\d\d:\d\d)$/;
const LOCAL = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d)(?::(\d\d))?$/;

/** True for an IANA time zone that this machine knows. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return /^[A-Za-z]/.test(zone);
  } catch {
    return false;
  }
}

/**
 * Milliseconds since the epoch of RFC 3339, or of `YYYY-MM-DD HH:MM[:SS]` in a zone (null: the local one). A
 * time that the clock skips means the instant after the gap, one that occurs twice the first (LANGUAGE.md
 * §20.4). Null when the text is neither, or no such day.
 */
export function parseInstant(text: string, zone: string | null): number | null {
  if (RFC3339.test(text)) {
    const date = text.slice(0, 10);
    const time = text.slice(11).toUpperCase();
    const day = Date.parse(`${date}T00:00:00Z`);
    const instant = Date.parse(`${date}T${time}`);
    return isRealDay(date, day) && !Number.isNaN(instant) ? instant : null;
  }
  const parts = LOCAL.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1).map((part) => Number(part || 0));
  const wanted = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  const date = text.slice(0, 10);
  if (!isRealDay(date, wanted) || (hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return null;
  return instantOf(wanted, zone);
}

function isRealDay(date: string, instant: number): boolean {
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(date);
}

const DAY_MS = 86_400_000;

function instantOf(wanted: number, zone: string | null): number {
  const format = new Intl.DateTimeFormat('en', {
    ...(zone === null ? {} : { timeZone: zone }),
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offsetAt = (instant: number): number => {
    const part = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const at = (name: Intl.DateTimeFormatPartTypes): number => part.get(name) ?? 0;
    const wall = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
    return wall - Math.floor(instant / 1000) * 1000;
  };
  // The offsets of both sides of a change; the larger one gives the earlier instant.
  const before = offsetAt(wanted - DAY_MS);
  const after = offsetAt(wanted + DAY_MS);
  const fits = [wanted - Math.max(before, after), wanted - Math.min(before, after)].find(
    (instant) => instant + offsetAt(instant) === wanted,
  );
  return fits ?? endOfGap(wanted - before - DAY_MS, wanted - before + DAY_MS, offsetAt);
}

/** The instant at which the offset changes. */
function endOfGap(from: number, to: number, offsetAt: (instant: number) => number): number {
  const before = offsetAt(from);
  let [low, high] = [from, to];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
