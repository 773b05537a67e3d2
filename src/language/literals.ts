import { parseDuration } from '../base/duration.ts';
import { isTimeZone, parseInstant } from '../base/instant.ts';
import { parseMode } from '../base/octal.ts';
import { parsePath } from '../core/reference/path.ts';
import { didYouMean } from '../errors/suggest.ts';
import { field, fields, isLeafPlace } from './place.ts';
import type { At, Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';

/** Checks of literal arguments (E703): what holds a reference is looked at when its step starts. */
type Check = (into: Report, given: Place, text: string | undefined) => void;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function literal(key: string, problem: (text: string) => string | null): Check {
  return (into, given, text) => {
    const found = text === undefined || text.includes('$') ? null : problem(text);
    if (found !== null) report(into, 'E703', field(given, key) ?? given, found);
  };
}

export const checkMethod = literal('method', (text) =>
  TOKEN.test(text) ? null : `${quote(text)} is not an HTTP method`,
);

export const checkUrl: Check = (into, given, text = '') => {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase();
  const wrong = (found: string): void => report(into, 'E703', field(given, 'url') ?? given, found);
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    wrong(`only http and https are allowed, got ${quote(`${scheme}:`)}`);
  } else if (text !== '' && !text.includes('$') && !URL.canParse(text)) wrong(`${quote(text)} is not a URL`);
};

export function checkHeaders(into: Report, headers: Place | null): void {
  if (headers === null) return;
  for (const { key, at, value } of fields(headers)) {
    if (!TOKEN.test(key)) report(into, 'E703', at, `${quote(key)} is not a header name`);
    if (isLeafPlace(value) && /[\r\n]/.test(value.node.text)) {
      report(into, 'E703', value, 'a header must be one line');
    }
  }
}

export const checkMode = literal('mode', (text) =>
  parseMode(text) === null ? `must be octal digits as 0644, got ${quote(text)}` : null,
);

export const checkSelect = literal('select', (text) =>
  parsePath(text) === null ? `must be a path as .items[0].name, got ${quote(text)}` : null,
);

export const checkUntil = literal('until', (text) =>
  parseInstant(text, 'UTC') === null ? `must be RFC 3339 or YYYY-MM-DD HH:MM[:SS], got ${quote(text)}` : null,
);

export const checkDelimiter = literal('delimiter', (text) =>
  [...text].length === 1 && !/["\r\n]/.test(text) ? null : `must be one character, got ${quote(text)}`,
);

export function checkDuration(into: Report, given: Place, key: string, text: string | undefined): void {
  literal(key, (written) => {
    const ms = parseDuration(written);
    if (ms === null) return `must be a duration as 90s, got ${quote(written)}`;
    return ms === 0 && key !== 'duration' ? 'must be more than 0' : null;
  })(into, given, text);
}

/** A path inside the artifacts directory: E504 for what leads out of it, whatever its references become. */
export function checkArtifact(into: Report, given: Place, path: string | undefined): void {
  if (path === undefined || (!path.startsWith('/') && !path.split('/').includes('..'))) return;
  const text = `artifact ${quote(path)} must lie inside the artifacts directory`;
  report(into, 'E504', field(given, 'path') ?? given, text);
}

/** Root `timezone` (§20.3): E803. */
export function checkTimeZone(into: Report, root: Place, zone: string | undefined): void {
  if (zone === undefined || isTimeZone(zone)) return;
  reportTimeZone(into, field(root, 'timezone') ?? root, zone);
}

export function reportTimeZone(into: Report, at: At, zone: string): void {
  const offset = /^[-+\d]/.test(zone) ? 'write a zone by its name, as Europe/Berlin' : null;
  const hint = offset ?? didYouMean(zone, Intl.supportedValuesOf('timeZone'));
  report(into, 'E803', at, `unknown time zone ${quote(zone)}`, { hint });
}
