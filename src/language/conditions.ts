import { compileRegexp } from '../base/regexp.ts';
import type { Condition } from '../core/dag.ts';
import { check } from './check.ts';
import { field, fields, isLeafPlace, items } from './place.ts';
import type { Place } from './place.ts';
import { checkTemplate } from './references.ts';
import type { Field, Names } from './references.ts';
import { report } from './report.ts';
import type { Report } from './report.ts';
import { bool, object, text } from './schema.ts';
import { plain, typeName } from './tree.ts';

/** The map form of a precondition (LANGUAGE.md §12.1). */
export const PRECONDITION = object('one precondition', {
  condition: text('a command that exits 0, or with expected a text'),
  eval: text('a text with $(commands), compared with expected'),
  expected: text('a line of the text, or re: and a regexp'),
  negate: bool('the opposite must hold'),
});

/** Reads `preconditions`: text, a map, or a list of them (E601, E602). */
export function readConditions(into: Report, owner: Place): Condition[] {
  const place = field(owner, 'preconditions');
  if (place === null) return [];
  return entries(place).flatMap((entry) => readEntry(into, entry) ?? []);
}

/** One entry, or each of a list. */
function entries(place: Place): Place[] {
  return place.node.kind === 'list' ? items(place) : [place];
}

function readEntry(into: Report, place: Place): Condition | null {
  if (isLeafPlace(place)) return command(into, place, place.node.text, false);
  if (place.node.kind === 'list') {
    report(into, 'E108', place, `must be text or map, got ${typeName(plain(place.node))}`);
    return null;
  }
  const map = check(into, place, PRECONDITION, 'precondition');
  if (map === null) return null;
  const [condition, evaluated] = [field(place, 'condition'), field(place, 'eval')];
  if ((condition === null) === (evaluated === null)) {
    // The older spelling is reported already.
    if (condition === null && fields(place).some(({ key }) => key === 'command')) return null;
    report(into, 'E601', place, 'must have exactly one of condition and eval');
    return null;
  }
  const negate = map.negate ?? false;
  const expected = readExpected(into, field(place, 'expected'), map.expected);
  if (map.condition !== undefined && field(place, 'expected') === null) {
    return command(into, condition ?? place, map.condition, negate);
  }
  if (evaluated !== null && field(place, 'expected') === null) {
    report(into, 'E601', place, 'eval requires expected');
    return null;
  }
  const written = map.condition ?? map.eval;
  if (written === undefined || expected === null) return null;
  return { kind: evaluated === null ? 'text' : 'eval', text: written, expected, negate };
}

function command(into: Report, place: Place, written: string, negate: boolean): Condition | null {
  if (written.trim() !== '') return { kind: 'command', text: written, expected: '', negate };
  report(into, 'E601', place, 'must not be empty');
  return null;
}

/** `expected` of a precondition or of a `repeat_policy`; null when it is missing or wrong. */
export function readExpected(into: Report, place: Place | null, expected: string | undefined): string | null {
  if (place === null || expected === undefined) return null;
  if (expected === '' || expected === 're:') {
    report(into, 'E601', place, 'must be non-empty');
    return null;
  }
  if (!expected.startsWith('re:')) return expected;
  const compiled = compileRegexp(expected.slice(3));
  if (!('error' in compiled)) return expected;
  report(into, 'E602', place, `not a valid regexp: ${compiled.error}`);
  return null;
}

/** Checks the references of `preconditions`; a command is text that a shell reads (§8.8, §8.9). */
export function checkConditions(into: Report, owner: Place, where: Field, names: Names): void {
  const place = field(owner, 'preconditions');
  for (const entry of place === null ? [] : entries(place)) {
    if (isLeafPlace(entry)) checkTemplate(into, entry, { ...where, cls: 'ref', shellText: true }, names);
    else checkCondition(into, entry, where, names);
  }
}

/** The `condition` or `eval` of a map. */
export function checkCondition(into: Report, map: Place, where: Field, names: Names): void {
  const alone = field(map, 'expected') === null;
  for (const key of ['condition', 'eval']) {
    const leaf = field(map, key);
    if (leaf === null || !isLeafPlace(leaf)) continue;
    const isCommand = key === 'condition' && alone;
    const cls: Pick<Field, 'cls' | 'shellText'> = isCommand
      ? { cls: 'ref', shellText: true }
      : { cls: 'full' };
    checkTemplate(into, leaf, { ...where, ...cls }, names);
  }
}
