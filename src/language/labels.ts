import { LABEL_KEY, shown } from './names.ts';
import { field, fields, isLeafPlace, items, keyAt } from './place.ts';
import type { At, Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { plain, typeName } from './tree.ts';

/** Reads `labels` (LANGUAGE.md §3): "a,k=v", a list of such words or of maps, or a map; `tags` is an alias. */
export function readLabels(into: Report, root: Place): Map<string, string> {
  const labels = new Map<string, string>();
  const tags = field(root, 'tags');
  const place = field(root, 'labels') ?? tags;
  if (tags !== null) {
    report(into, 'W101', keyAt(root, 'tags'), '"tags" is deprecated, write labels', { label: '' });
    if (place !== tags) report(into, 'E112', keyAt(root, 'tags'), 'labels and tags cannot be combined');
  }
  if (place !== null) readInto(into, place, labels);
  return labels;
}

function readInto(into: Report, place: Place, labels: Map<string, string>): void {
  if (isLeafPlace(place)) {
    for (const word of place.node.text.split(',')) readWord(into, place, word, labels);
  } else if (place.node.kind === 'map') readMap(into, place, labels);
  else {
    for (const item of items(place)) {
      if (isLeafPlace(item)) readWord(into, item, item.node.text, labels);
      else if (item.node.kind === 'map') readMap(into, item, labels);
      else report(into, 'E108', item, 'must be text or map, got list');
    }
  }
}

function readMap(into: Report, place: Place, labels: Map<string, string>): void {
  for (const { key, at, value } of fields(place)) {
    if (isLeafPlace(value)) put(into, at, key, value.node.text, labels);
    else report(into, 'E108', value, `must be text, got ${typeName(plain(value.node))}`);
  }
}

function readWord(into: Report, place: Place, word: string, labels: Map<string, string>): void {
  const trimmed = word.trim();
  if (trimmed === '') return;
  const equals = trimmed.indexOf('=');
  const key = equals === -1 ? trimmed : trimmed.slice(0, equals).trim();
  put(into, place, key, equals === -1 ? '' : trimmed.slice(equals + 1).trim(), labels);
}

function put(into: Report, at: At, key: string, value: string, labels: Map<string, string>): void {
  if (LABEL_KEY.test(key)) labels.set(key, value);
  else report(into, 'E110', at, `invalid label ${quote(key)}, a key must match ${shown(LABEL_KEY)}`);
}
