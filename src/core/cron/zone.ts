import { DAY } from './times.ts';

/** From this second on the wall clock has another offset. Offsets are seconds to add to UTC. */
export interface Change {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** The wall clock of one IANA zone. All instants are whole seconds since the epoch. */
export interface Zone {
  readonly name: string;
  offsetAt(instant: number): number;
  /** The changes from an instant to another one, which does not belong to the time looked at. */
  changes(from: number, to: number): Change[];
}

/** A formatter costs a quarter of a millisecond and some 30 kB, so those used last are kept. */
const KEPT_ZONES = 64;
const KEPT_DAYS = 4_096;
const zones = new Map<string, Zone>();

/** A zone that `isTimeZone` knows. */
export function zoneOf(name: string): Zone {
  const zone = zones.get(name) ?? new IntlZone(name);
  zones.delete(name);
  zones.set(name, zone);
  const [oldest] = zones.keys();
  if (zones.size > KEPT_ZONES && oldest !== undefined) zones.delete(oldest);
  return zone;
}

/**
 * Asks Intl for the offset at the beginning of UTC days; only where two of them differ it looks closer. No zone
 * has changed its clock and changed it back within one day.
 */
class IntlZone implements Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();
  readonly #changes = new Map<number, Change>();

  constructor(name: string) {
    this.name = name;
    const two = '2-digit';
    this.#format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: name, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
      ...{ year: 'numeric', month: two, day: two, hour: two, minute: two, second: two },
    });
  }

  offsetAt(instant: number): number {
    const day = Math.floor(instant / DAY);
    const change = this.#changeOn(day);
    if (change === null) return this.#offsetOf(day);
    return instant < change.at ? change.before : change.after;
  }

  changes(from: number, to: number): Change[] {
    const found: Change[] = [];
    for (let day = Math.floor(from / DAY); day * DAY < to; day++) {
      const change = this.#changeOn(day);
      if (change !== null && change.at >= from && change.at < to) found.push(change);
    }
    return found;
  }

  #changeOn(day: number): Change | null {
    const before = this.#offsetOf(day);
    const after = this.#offsetOf(day + 1);
    if (before === after) return null;
    const known = this.#changes.get(day);
    if (known !== undefined) return known;
    let [low, high] = [day * DAY, (day + 1) * DAY];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ask(middle) === before) low = middle;
      else high = middle;
    }
    const change = { at: high, before, after };
    this.#changes.set(day, change);
    return change;
  }

  #offsetOf(day: number): number {
    let offset = this.#offsets.get(day);
    if (offset === undefined) {
      if (this.#offsets.size >= KEPT_DAYS) this.#forget();
      offset = this.#ask(day * DAY);
      this.#offsets.set(day, offset);
    }
    return offset;
  }

  #forget(): void {
    this.#offsets.clear();
    this.#changes.clear();
  }

  /** `03/08/2026, 02:30:00` is taken as if it were UTC. */
  #ask(instant: number): number {
    const parts =
      this.#format
        .format(instant * 1_000)
        .match(/\d+/g)
        ?.map(Number) ?? [];
    const [month = 1, day = 1, year = 0, hour = 0, minute = 0, second = 0] = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1_000 - instant;
  }
}
