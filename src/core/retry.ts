import { compileRegexp } from '../base/regexp.ts';

/** How long to wait between tries (LANGUAGE.md §13.3), resolved. */
export interface WaitPolicy {
  readonly intervalSec: number;
  /** Factor from one wait to the next; 1 is constant. */
  readonly backoff: number;
  readonly maxIntervalSec: number | null;
  readonly jitter: boolean;
}

/** Bound of `Retry-After` without `max_interval_sec` (§19.3). */
const LONGEST_RETRY_AFTER_SEC = 3_600;

/** About 34 years: keeps instants valid when an exponential wait without an upper bound overflows. */
const LONGEST_WAIT_MS = 2 ** 40;

/**
 * Milliseconds to wait before retry `k` (from 0). `unit` is drawn evenly from [0, 1) by the caller;
 * `retryAfterMs` is what the server asked for, null if it did not, and only ever lengthens the wait.
 */
export function retryWaitMs(
  policy: WaitPolicy,
  k: number,
  unit: number,
  retryAfterMs: number | null,
): number {
  const { intervalSec, backoff, maxIntervalSec, jitter } = policy;
  const grown = intervalSec === 0 ? 0 : intervalSec * backoff ** k;
  const bounded = Math.min(grown, maxIntervalSec ?? Infinity) * 1_000;
  const wait = Math.min(bounded, LONGEST_WAIT_MS) * (jitter ? 0.5 + unit / 2 : 1);
  const asked = Math.min(retryAfterMs ?? 0, (maxIntervalSec ?? LONGEST_RETRY_AFTER_SEC) * 1_000);
  return Math.round(Math.max(wait, asked));
}

/** Whether a failed try is followed by another (§13.3); `limit` counts the retries after the first try. */
export function shouldRetry(
  policy: { readonly exitCodes: readonly number[] | null; readonly onTimeout: boolean },
  outcome: {
    readonly retriesDone: number;
    readonly exitCode: number | null;
    readonly timedOut: boolean;
    readonly limit: number;
  },
): boolean {
  const { retriesDone, exitCode, timedOut, limit } = outcome;
  if (retriesDone >= limit) return false;
  if (timedOut) return policy.onTimeout;
  return policy.exitCodes === null || (exitCode !== null && policy.exitCodes.includes(exitCode));
}

/**
 * `continue_on.output` (§13.2): true if a line of `text` contains one of the patterns or matches the regexp
 * after `re:`. A regexp that does not compile is E602 of the file and matches nothing here.
 */
export function outputMatches(patterns: readonly string[], text: string): boolean {
  const isRegexp = (pattern: string): boolean => pattern.startsWith('re:');
  const inOneLine = (pattern: string): boolean => !pattern.includes('\n') && text.includes(pattern);
  if (patterns.some((pattern) => !isRegexp(pattern) && inOneLine(pattern))) return true;
  const regexps = patterns.filter(isRegexp).flatMap((pattern) => {
    const compiled = compileRegexp(pattern.slice('re:'.length));
    return 'error' in compiled ? [] : [compiled];
  });
  if (regexps.length === 0) return false;
  for (const line of linesOf(text)) {
    if (regexps.some((regexp) => regexp.test(line))) return true;
  }
  return false;
}

/** Lines without their ends, one at a time: the text may be large. */
function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const feed = text.indexOf('\n', from);
    const end = feed < 0 ? text.length : feed;
    const line = text.slice(from, end);
    yield line.endsWith('\r') ? line.slice(0, -1) : line;
    from = end + 1;
  }
}
