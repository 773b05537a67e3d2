import type { Parallel, SubDag } from '../core/dag.ts';
import type { Value } from '../base/value.ts';
import { DAG_ENQUEUE, DAG_RUN } from './action-fields.ts';
import { check } from './check.ts';
import { checkItemCount } from './foreach.ts';
import { parseParamText } from './param-text.ts';
import { field, fields, isLeafPlace, items } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { PARALLEL } from './step-fields.ts';
import { plain, typeName } from './tree.ts';
import { toValue } from './value.ts';

/** Reads `dag.run` and `dag.enqueue` with their `parallel` (LANGUAGE.md §16.2, §17): E703, E712, W701. */
export function readSubDag(into: Report, step: Place, given: Place, kind: SubDag['kind']): SubDag | null {
  const run = kind === 'dag.run' ? check(into, given, DAG_RUN, 'with') : null;
  const enqueue = kind === 'dag.enqueue' ? check(into, given, DAG_ENQUEUE, 'with') : null;
  const parallel = readParallel(into, field(step, 'parallel'));
  const params = readParams(into, field(given, 'params'));
  const dag = (run ?? enqueue)?.dag;
  if (dag === undefined) return null;
  checkTarget(into, field(given, 'dag') ?? given, dag);
  return { kind, dag, params, queue: enqueue?.queue ?? null, parallel };
}

/** A target that is written out is looked up; it may still appear before the step starts. */
function checkTarget(into: Report, at: Place, target: string): void {
  if (target.trim() === '') report(into, 'E703', at, 'must not be empty');
  else if (!target.includes('$')) {
    const tried = into.dagExists?.(target) ?? true;
    if (tried !== true)
      report(into, 'W701', at, `sub-DAG ${quote(target)} not found, tried ${tried.join(', ')}`);
  }
}

/** Text, map or list as in §9.2; values may be lists and maps, for params of a schema. */
function readParams(into: Report, place: Place | null): Value {
  if (place === null) return null;
  if (isLeafPlace(place)) {
    const { text } = place.node;
    const problem = text.includes('$') ? null : parseParamText(text).problem;
    if (problem !== null) report(into, 'E703', place, problem);
    return text;
  }
  for (const item of items(place)) {
    if (isLeafPlace(item)) continue;
    if (item.node.kind === 'list' || fields(item).length !== 1)
      report(into, 'E703', item, 'must be "K=v" text or a map of one key');
  }
  return toValue(place.node);
}

function readParallel(into: Report, place: Place | null): Parallel | null {
  if (place === null) return null;
  if (place.node.kind !== 'map') return { items: readItems(into, place), maxConcurrent: 10 };
  const map = check(into, place, PARALLEL, 'other');
  const list = field(place, 'items');
  if (list === null) report(into, 'E712', place, 'parallel needs items');
  return { items: list === null ? [] : readItems(into, list), maxConcurrent: map?.max_concurrent ?? 10 };
}

function readItems(into: Report, place: Place): Parallel['items'] {
  if (isLeafPlace(place)) return place.node.text;
  if (place.node.kind !== 'list') {
    report(into, 'E712', place, `must be text or list, got ${typeName(plain(place.node))}`);
    return [];
  }
  checkItemCount(into, place, 'parallel');
  for (const item of items(place)) {
    if (isLeafPlace(item)) continue;
    const nested = item.node.kind === 'list' ? item : fields(item).find((one) => !isLeafPlace(one.value));
    if (nested === undefined) continue;
    const at = 'value' in nested ? nested.value : nested;
    report(into, 'E712', at, 'nested values are not allowed, an item is text, a number or a flat map');
  }
  return place.node.items.map(toValue);
}
