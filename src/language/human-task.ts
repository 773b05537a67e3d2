import type { Approval, HumanTask } from '../core/dag.ts';
import { HUMAN_TASK } from './action-fields.ts';
import { check } from './check.ts';
import { readForm } from './form.ts';
import { NAME, shown } from './names.ts';
import { field, items } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { KINDS } from './refused-fields.ts';
import { APPROVAL } from './step-fields.ts';

/** Reads `with` of `human.task` (LANGUAGE.md §18.1). */
export function readHumanTask(into: Report, given: Place): HumanTask | null {
  const map = check(into, given, HUMAN_TASK, 'with');
  const form = readForm(into, field(given, 'form'));
  return map?.prompt === undefined ? null : { kind: 'human.task', prompt: map.prompt, form };
}

/** Reads `approval` (§18.2): E722, and E501 for an input that is already an output; `taken` are the author's. */
export function readApproval(into: Report, step: Place, taken: ReadonlySet<string>): Approval | null {
  const place = field(step, 'approval');
  const map = place === null ? null : check(into, place, APPROVAL, 'approval');
  if (place === null || map === null) return null;
  if (isOutputsOnly(step)) report(into, 'E722', place, 'only a run or action step can have one');
  const { prompt = '', input = [], required = [] } = map;
  const seen = new Set<string>();
  placesOf(place, 'input').forEach((at, i) => {
    const name = input[i] ?? '';
    if (!NAME.test(name)) report(into, 'E722', at, `must match ${shown(NAME)}, got ${quote(name)}`);
    else if (seen.has(name)) report(into, 'E722', at, `${quote(name)} is a duplicate`);
    else if (taken.has(name)) report(into, 'E501', at, `duplicate output name ${quote(name)}`);
    seen.add(name);
  });
  placesOf(place, 'required').forEach((at, i) => {
    const name = required[i] ?? '';
    if (!seen.has(name)) report(into, 'E722', at, `${quote(name)} is not in input`);
  });
  return { prompt, input, required };
}

function isOutputsOnly(step: Place): boolean {
  return KINDS.every((key) => field(step, key) === null) && field(step, 'output')?.node.kind === 'map';
}

function placesOf(place: Place, key: string): Place[] {
  const list = field(place, key);
  return list === null ? [] : items(list);
}
