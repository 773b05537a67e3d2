import { compileRegexp } from '../base/regexp.ts';
import type { ContinueOn, RetryPolicy, RootRetry } from '../core/dag.ts';
import { didYouMean } from '../errors/suggest.ts';
import { check } from './check.ts';
import { SIGNALS } from './names.ts';
import { field, isLeafPlace, items, keyAt } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import type { Infer } from './schema.ts';
import { CONTINUE_ON } from './step-fields.ts';
import type { ROOT_RETRY } from './root-fields.ts';
import type { RETRY_POLICY } from './step-fields.ts';

const NONE: ContinueOn = { failure: false, skipped: false, exitCodes: [], output: [], markSuccess: false };

/** Reads `continue_on` (LANGUAGE.md §13.2): E603, and E602 for a bad pattern. */
export function readContinueOn(into: Report, owner: Place): ContinueOn | null {
  const place = field(owner, 'continue_on');
  if (place === null) return null;
  if (place.node.kind !== 'map') {
    const word = isLeafPlace(place) ? place.node.text : null;
    if (word === 'failed') return { ...NONE, failure: true };
    if (word === 'skipped') return { ...NONE, skipped: true };
    report(into, 'E603', place, 'must be failed, skipped, or a map');
    return null;
  }
  const map = check(into, place, CONTINUE_ON, 'other');
  if (map === null) return null;
  if (map.failure !== undefined && map.failed !== undefined) {
    report(into, 'E112', keyAt(place, 'failed'), 'failure and failed cannot be combined');
  }
  const output = typeof map.output === 'string' ? [map.output] : (map.output ?? []);
  checkPatterns(into, place);
  return {
    failure: map.failure ?? map.failed ?? false,
    skipped: map.skipped ?? false,
    exitCodes: map.exit_code ?? [],
    output,
    markSuccess: map.mark_success ?? false,
  };
}

function checkPatterns(into: Report, place: Place): void {
  const output = field(place, 'output');
  if (output === null) return;
  for (const item of output.node.kind === 'list' ? items(output) : [output]) {
    if (!isLeafPlace(item) || !item.node.text.startsWith('re:')) continue;
    const compiled = compileRegexp(item.node.text.slice(3));
    if ('error' in compiled) report(into, 'E602', item, `not a valid regexp: ${compiled.error}`);
  }
}

/** Completes a checked `retry_policy` (§13.3): E604. */
export function readRetry(
  into: Report,
  place: Place | null,
  map: Infer<typeof RETRY_POLICY> | undefined,
): RetryPolicy | null {
  if (place === null || map === undefined) return null;
  if (field(place, 'limit') === null || field(place, 'interval_sec') === null) {
    report(into, 'E604', place, 'limit and interval_sec are required');
  }
  return {
    limit: map.limit ?? 0,
    intervalSec: map.interval_sec ?? 0,
    backoff: readBackoff(into, place, map.backoff),
    maxIntervalSec: map.max_interval_sec ?? null,
    exitCodes: map.exit_code ?? null,
    jitter: map.jitter ?? false,
    onTimeout: map.on_timeout ?? false,
  };
}

export function readBackoff(
  into: Report,
  place: Place,
  backoff: boolean | number | undefined,
  code = 'E604',
): number {
  if (backoff === undefined || backoff === false) return 1;
  if (backoff === true) return 2;
  const at = field(place, 'backoff') ?? place;
  if (!(backoff > 1 && Number.isFinite(backoff))) report(into, code, at, 'must be greater than 1');
  return backoff;
}

/** Completes a checked root `retry_policy` (§13.4): E604. */
export function readRootRetry(
  into: Report,
  place: Place | null,
  map: Infer<typeof ROOT_RETRY> | undefined,
): RootRetry | null {
  if (place === null || map === undefined) return null;
  if (field(place, 'limit') === null) report(into, 'E604', place, 'limit is required');
  return {
    limit: map.limit ?? 0,
    intervalSec: map.interval_sec ?? 60,
    backoff: readBackoff(into, place, map.backoff),
    maxIntervalSec: map.max_interval_sec ?? 3_600,
    jitter: map.jitter ?? false,
    onTimeout: map.on_timeout ?? false,
  };
}

/** Reads `signal_on_stop` (§13.7): E606. */
export function readSignal(into: Report, owner: Place, name: string | undefined): NodeJS.Signals | null {
  const place = field(owner, 'signal_on_stop');
  if (place === null || name === undefined) return null;
  const found = SIGNALS.find((signal) => signal === name);
  if (found !== undefined) return found;
  const prefixed = SIGNALS.find((signal) => signal === `SIG${name.toUpperCase()}`);
  const hint =
    prefixed === undefined ? didYouMean(name.toUpperCase(), SIGNALS) : `did you mean "${prefixed}"?`;
  report(into, 'E606', place, `unknown signal ${quote(name)}`, { hint });
  return null;
}
