import type { Foreach } from '../core/dag.ts';
import { deepParts, parseTemplate } from '../core/reference/parse.ts';
import { check } from './check.ts';
import { NAME, shown } from './names.ts';
import { field, fields, isLeafPlace, keyAt, leaves } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { FOREACH } from './step-fields.ts';
import { placeBody } from './steps.ts';
import { plain, typeName } from './tree.ts';
import { toValue } from './value.ts';

/** What references to an item may say, and whether its value stands in the file (LANGUAGE.md §8.9). */
export interface ItemNames {
  readonly as: string;
  /** `index`, `key` and `as`, as far as the field knows them. */
  readonly names: readonly string[];
  readonly written: boolean;
  readonly keyWritten: boolean;
}

/** The steps of one item; `D` is a step that is read. */
export interface Body<D> {
  readonly place: Place;
  readonly item: ItemNames;
  readonly drafts: readonly D[];
}

const RESERVED = ['index', 'key'];
const MAX_ITEMS = 10_000;

/** Reads `foreach` (§16.1): E710, E111, E201; the steps of the action are put in when their order is known. */
export function readForeach<D>(
  into: Report,
  step: Place,
  readStep: (place: Place, entry: number) => D,
): { action: Foreach; body: Body<D> } | null {
  const place = field(step, 'foreach');
  const map = place === null ? null : check(into, place, FOREACH, 'other');
  if (place === null || map === null) return null;
  for (const key of ['items', 'steps']) {
    if (field(place, key) === null) report(into, 'E710', keyAt(step, 'foreach'), `needs ${key}`);
  }
  const as = readAs(into, place, map.as);
  checkCollect(into, place);
  const action: Foreach = {
    kind: 'foreach',
    items: readItems(into, field(place, 'items')),
    as,
    key: map.key ?? null,
    maxConcurrent: map.max_concurrent ?? 10,
    steps: [],
    collect: map.collect ?? new Map<string, string>(),
  };
  const placed = field(place, 'steps') === null ? [] : placeBody(into, place);
  const drafts = placed.map((one) => readStep(one.place, one.entry));
  return {
    action,
    body: { place, item: { as, names: [...RESERVED, as], ...written(place, map.key) }, drafts },
  };
}

function readItems(into: Report, place: Place | null): Foreach['items'] {
  if (place === null) return [];
  if (isLeafPlace(place)) return place.node.text;
  if (place.node.kind === 'list') {
    checkItemCount(into, place, 'foreach');
    return place.node.items.map(toValue);
  }
  report(into, 'E108', place, `must be text or list, got ${typeName(plain(place.node))}`);
  return [];
}

/** The limit of §26 for items that stand in the file. */
export function checkItemCount(into: Report, place: Place, field: 'foreach' | 'parallel'): void {
  const count = place.node.kind === 'list' ? place.node.items.length : 0;
  if (count <= MAX_ITEMS) return;
  report(into, 'E111', place, `limit: items of ${field}, at most ${MAX_ITEMS}, found ${count}`);
}

function readAs(into: Report, place: Place, as: string | undefined): string {
  const at = field(place, 'as');
  if (at === null || as === undefined) return 'item';
  if (!NAME.test(as)) report(into, 'E710', at, `must match ${shown(NAME)}, got ${quote(as)}`);
  else if (RESERVED.includes(as)) report(into, 'E710', at, `${quote(as)} is reserved`);
  return as;
}

function checkCollect(into: Report, place: Place): void {
  const collect = field(place, 'collect');
  for (const { key, at } of collect === null ? [] : fields(collect)) {
    if (!NAME.test(key))
      report(into, 'E710', at, `${quote(key)} is not a name, it must match ${shown(NAME)}`);
  }
}

/** An item is written in the file if nothing is inserted into it; a key also if it is made of such an item. */
function written(place: Place, key: string | undefined): Pick<ItemNames, 'written' | 'keyWritten'> {
  const items = field(place, 'items');
  const plainItems = items === null || leaves(items).every((leaf) => !leaf.node.text.includes('$'));
  const parts = deepParts(parseTemplate(key ?? '', 'full'));
  const keyWritten = parts.every(
    (part) => part.kind === 'reference' && part.namespace === 'foreach' && plainItems,
  );
  return { written: plainItems, keyWritten };
}
