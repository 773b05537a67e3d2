import type { OutputDeclaration } from '../core/dag.ts';
import { check } from './check.ts';
import { ENVNAME, NAME, shown } from './names.ts';
import { field, isLeafPlace, items, keyAt } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { OUTPUT } from './step-fields.ts';

/** Reads `outputs` (LANGUAGE.md §11.2): E501. */
export function readOutputs(into: Report, step: Place, id: string | null): OutputDeclaration[] {
  const place = field(step, 'outputs');
  if (place === null) return [];
  if (place.node.kind !== 'list' || place.node.items.length === 0) {
    report(into, 'E501', place, 'must be a non-empty list', {
      hint: 'write "outputs: [{name: NAME}]"',
    });
    return [];
  }
  if (id === null && field(step, 'id') === null) {
    report(into, 'E501', keyAt(step, 'outputs'), 'a step with outputs must define id');
  }
  const found = new Map<string, OutputDeclaration>();
  for (const item of items(place)) {
    const declared = readOutput(into, item);
    if (declared === null) continue;
    if (found.has(declared.name)) {
      report(into, 'E501', field(item, 'name') ?? item, `duplicate output name ${quote(declared.name)}`);
    } else found.set(declared.name, declared);
  }
  return [...found.values()];
}

function readOutput(into: Report, item: Place): OutputDeclaration | null {
  const map = check(into, item, OUTPUT, 'other');
  if (map === null) return null;
  const name = field(item, 'name');
  if (name === null) {
    report(into, 'E501', item, 'name is required');
    return null;
  }
  if (map.name === undefined) return null;
  if (!NAME.test(map.name)) {
    report(into, 'E501', name, `name must match ${shown(NAME)}, got ${quote(map.name)}`);
    return null;
  }
  const type = map.type ?? 'string';
  if (type === 'string' || type === 'json') return { name: map.name, type };
  report(into, 'E501', field(item, 'type') ?? item, `must be string or json, got ${quote(type)}`);
  return null;
}

/** Reads `output: NAME` (§11.3): E502. */
export function readOutputName(
  into: Report,
  step: Place,
  declared: readonly OutputDeclaration[],
): string | null {
  const place = field(step, 'output');
  if (place === null) return null;
  if (!isLeafPlace(place)) {
    report(into, 'E502', place, 'must be a name or mapping');
    return null;
  }
  const name = place.node.text.trim();
  if (!ENVNAME.test(name)) {
    report(
      into,
      'E502',
      place,
      `must be a name or mapping, a name matches ${shown(ENVNAME)}, got ${quote(name)}`,
    );
    return null;
  }
  if (declared.some((output) => output.name === name)) {
    report(into, 'E501', place, `duplicate output name ${quote(name)}`);
  }
  return name;
}
