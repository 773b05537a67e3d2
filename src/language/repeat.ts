import type { Condition, RepeatPolicy } from '../core/dag.ts';
import { readExpected } from './conditions.ts';
import { field, isLeafPlace } from './place.ts';
import type { Place } from './place.ts';
import { readBackoff } from './policies.ts';
import { add, quote, report } from './report.ts';
import type { Report } from './report.ts';
import type { Infer } from './schema.ts';
import type { REPEAT_POLICY } from './step-fields.ts';

const MODES = { true: 'success', while: 'while', until: 'until' } as const;

/** Completes a checked `repeat_policy` (LANGUAGE.md §13.5): E605, E110, E112, E602. */
export function readRepeat(
  into: Report,
  owner: Place,
  map: Infer<typeof REPEAT_POLICY> | undefined,
): RepeatPolicy | null {
  const place = field(owner, 'repeat_policy');
  if (place === null || map === undefined) return null;
  const condition = readCondition(into, place, map.condition, map.expected);
  const mode = readMode(into, place);
  if (typeof map.limit === 'number' && map.limit < 1) {
    const limit = field(place, 'limit') ?? place;
    add(into, 'E109', limit, `${limit.path} must be at least 1`);
  }
  return {
    mode,
    condition,
    exitCodes: map.exit_code ?? null,
    intervalSec: map.interval_sec ?? 0,
    limit: map.limit ?? null,
    backoff: readBackoff(into, place, map.backoff, 'E605'),
    maxIntervalSec: map.max_interval_sec ?? null,
  };
}

function readMode(into: Report, place: Place): RepeatPolicy['mode'] {
  const given = field(place, 'repeat');
  const judged = ['condition', 'exit_code'].find((key) => field(place, key) !== null);
  if (given === null) {
    if (judged === undefined && field(place, 'expected') === null)
      report(into, 'E605', place, 'needs repeat, condition or exit_code');
    return field(place, 'expected') === null ? 'while' : 'until';
  }
  const word = isLeafPlace(given) ? given.node.text : '';
  const mode = Object.hasOwn(MODES, word) ? MODES[word as keyof typeof MODES] : null;
  if (mode === null) {
    report(into, 'E110', given, `invalid repeat ${quote(word)}, allowed: true, while, until`);
    return 'success';
  }
  if (mode !== 'success' && judged === undefined) {
    report(into, 'E605', given, `${word} needs a condition or exit_code`);
  }
  if (mode === 'success' && judged !== undefined) {
    const text = `repeat: true and ${judged} cannot be combined`;
    report(into, 'E112', given, text, { hint: 'write repeat: while or repeat: until' });
  }
  return mode;
}

function readCondition(
  into: Report,
  place: Place,
  text: string | undefined,
  written: string | undefined,
): Condition | null {
  const expected = readExpected(into, field(place, 'expected'), written);
  if (text === undefined) {
    if (field(place, 'expected') !== null) report(into, 'E605', place, 'expected needs a condition');
    return null;
  }
  if (field(place, 'expected') === null) return { kind: 'command', text, expected: '', negate: false };
  return { kind: 'text', text, expected: expected ?? '', negate: false };
}
