import { parseTemplate } from '../core/reference/parse.ts';
import { NAME, shown } from './names.ts';
import { fields, isLeafPlace, items } from './place.ts';
import type { Place } from './place.ts';
import { checkTemplate } from './references.ts';
import type { Names } from './references.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { numberOf } from './tree.ts';
import type { Leaf } from './tree.ts';

/** Reads `consts` (LANGUAGE.md §9.1): references to earlier ones are resolved here, so the values are final. */
export function readConsts(
  into: Report,
  place: Place | null,
  stepIds: ReadonlySet<string>,
): Map<string, string> {
  const consts = new Map<string, string>();
  if (place === null) return consts;
  if (place.node.kind !== 'list') {
    report(into, 'E420', place, 'must be a list of one-key maps', { hint: 'write "- key: value"' });
    return consts;
  }
  for (const entry of items(place)) {
    const pairs = fields(entry);
    const [pair] = pairs;
    if (entry.node.kind !== 'map') report(into, 'E420', entry, 'consts are single-entry mappings');
    else if (pair === undefined || pairs.length > 1)
      report(into, 'E420', entry, 'a const has exactly one key');
    else if (!NAME.test(pair.key)) {
      const text = `consts key ${quote(pair.key)} is invalid, it must match ${shown(NAME)}`;
      report(into, 'E420', pair.at, text);
    } else if (consts.has(pair.key)) {
      report(into, 'E420', pair.at, `consts key ${quote(pair.key)} is a duplicate`);
    } else consts.set(pair.key, readValue(into, pair.value, consts, stepIds));
  }
  return consts;
}

function readValue(
  into: Report,
  place: Place,
  earlier: ReadonlyMap<string, string>,
  stepIds: ReadonlySet<string>,
): string {
  if (!isLeafPlace(place) || place.node.type === 'null') {
    report(into, 'E420', place, 'must be a literal string, number, or boolean');
    return '';
  }
  const leaf = place.node;
  if ((leaf.type === 'number' || leaf.type === 'int') && !Number.isFinite(numberOf(leaf.text))) {
    report(into, 'E420', place, 'must be a finite number');
  }
  return leaf.type === 'text' ? resolve(into, { ...place, node: leaf }, earlier, stepIds) : leaf.text;
}

function resolve(
  into: Report,
  place: Place<Leaf>,
  earlier: ReadonlyMap<string, string>,
  stepIds: ReadonlySet<string>,
): string {
  const names: Names = {
    consts: new Set(earlier.keys()),
    params: null,
    stepIds,
    stepNames: new Set(),
    outputsOf: () => new Map(),
    foreachOf: () => null,
  };
  checkTemplate(into, place, { cls: 'ref', where: 'consts' }, names);
  const parts = parseTemplate(place.node.text, 'ref', stepIds);
  return parts
    .map((part) => (part.kind === 'text' ? part.text : (valueOf(part, earlier) ?? part.raw)))
    .join('');
}

function valueOf(
  part: Exclude<ReturnType<typeof parseTemplate>[number], { kind: 'text' }>,
  earlier: ReadonlyMap<string, string>,
): string | undefined {
  if (part.kind !== 'reference' || part.namespace !== 'consts') return undefined;
  return earlier.get(String(part.path[0]));
}
