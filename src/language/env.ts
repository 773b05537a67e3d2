import type { EnvEntry } from '../core/dag.ts';
import { ENVNAME, isManaged, shown } from './names.ts';
import { fields, isLeafPlace, items } from './place.ts';
import type { At, Place } from './place.ts';
import { checkTemplate } from './references.ts';
import type { Field, Names } from './references.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import type { Leaf } from './tree.ts';

/** An entry of `env` with the place of its value, whose references are checked when the names are known. */
export interface PlacedEnv {
  readonly entry: EnvEntry;
  readonly value: Place<Leaf>;
}

/** Reads `env` (LANGUAGE.md §7.3), top to bottom: a map, or a list of one-key maps and `KEY=value` (E310, W302). */
export function readEnv(into: Report, place: Place | null): PlacedEnv[] {
  if (place === null) return [];
  if (place.node.kind === 'map') return readMap(into, place);
  if (place.node.kind === 'list') return items(place).flatMap((item) => readItem(into, item));
  report(into, 'E310', place, 'must be map or array', { hint: 'write "env: {KEY: value}"' });
  return [];
}

function readItem(into: Report, item: Place): PlacedEnv[] {
  if (item.node.kind === 'map') return readMap(into, item);
  if (!isLeafPlace(item)) {
    report(into, 'E310', item, 'must be a one-key map or KEY=value text, env is a map or array of these');
    return [];
  }
  const text = item.node.text;
  const equals = text.indexOf('=');
  if (equals === -1) {
    report(into, 'E310', item, `${quote(text)} is not of the form KEY=value`);
    return [];
  }
  const name = text.slice(0, equals);
  if (!nameIsFine(into, item, name)) return [];
  const value = text.slice(equals + 1);
  return [{ entry: { name, value }, value: { ...item, node: { ...item.node, type: 'text', text: value } } }];
}

function readMap(into: Report, place: Place): PlacedEnv[] {
  return fields(place).flatMap(({ key, at, value }) => {
    if (!nameIsFine(into, at, key)) return [];
    if (!isLeafPlace(value)) {
      report(into, 'E310', value, 'must be text, env is a map or array with text as values');
      return [];
    }
    return [{ entry: { name: key, value: value.node.text }, value }];
  });
}

function nameIsFine(into: Report, at: At, name: string): boolean {
  if (!ENVNAME.test(name)) {
    report(into, 'E310', at, `env name ${quote(name)} is invalid, it must match ${shown(ENVNAME)}`);
    return false;
  }
  if (isManaged(name))
    report(into, 'W302', at, `${quote(name)} is managed by flow, setting it has no effect`);
  return true;
}

export function checkEnv(into: Report, env: readonly PlacedEnv[], field: Field, names: Names): void {
  for (const { value } of env) checkTemplate(into, value, field, names);
}
