import { didYouMean } from '../errors/suggest.ts';
import { field, fields, isLeafPlace, items, keyAt, placeOf } from './place.ts';
import type { Place } from './place.ts';
import { report } from './report.ts';
import type { Report } from './report.ts';
import { mapOf, plain, typeName } from './tree.ts';
import type { MapNode, Node } from './tree.ts';

const MAX_STEPS = 100_000;

/** A step as it stands in the file: a mapping, and the entry of `steps` (a step or a group) it belongs to. */
export interface PlacedStep {
  readonly place: Place;
  readonly entry: number;
}

/** The entries of `steps` in file order (LANGUAGE.md §4.1, §5): E201, E214, E111; plain text becomes `run`. */
export function placeSteps(into: Report, root: Place): PlacedStep[] {
  const steps = field(root, 'steps');
  if (steps === null) {
    // A missing field is shown at the first key of the document.
    const at = { span: fields(root)[0]?.at.span ?? root.span, path: 'steps' };
    const spelled = didYouMean(
      'steps',
      fields(root).map((f) => f.key),
    );
    report(into, 'E201', at, 'is required', {
      hint: spelled === null ? 'write "steps: [{run: …}]"' : null,
    });
    return [];
  }
  const placed = placeList(into, root, steps);
  const count = placed.reduce((sum, { place }) => sum + 1 + bodySize(place), 0);
  if (count <= MAX_STEPS) return placed;
  const text = `limit: steps of a DAG, at most ${MAX_STEPS}, found ${count}`;
  report(into, 'E111', keyAt(root, 'steps'), text);
  return [];
}

/** The steps of a foreach body (§16.1), counted with those around it. */
export function placeBody(into: Report, foreach: Place): PlacedStep[] {
  const steps = field(foreach, 'steps');
  return steps === null ? [] : placeList(into, foreach, steps);
}

function placeList(into: Report, owner: Place, steps: Place): PlacedStep[] {
  if (steps.node.kind !== 'list') {
    const key = fields(steps)[0]?.key;
    const hint = key === undefined ? null : `write "- id: ${key}" and indent its fields below`;
    report(into, 'E201', keyAt(owner, 'steps'), 'must be a list', { hint });
    return [];
  }
  if (steps.node.items.length === 0) {
    report(into, 'E201', steps, 'must be non-empty');
    return [];
  }
  return items(steps).flatMap((item, entry) => placeEntry(into, item, entry));
}

function bodySize(step: Place): number {
  const foreach = field(step, 'foreach');
  const steps = foreach && field(foreach, 'steps');
  const members = steps === null ? [] : items(steps);
  return members.reduce((sum, { node }) => sum + (node.kind === 'list' ? node.items.length : 1), 0);
}

function placeEntry(into: Report, item: Place, entry: number): PlacedStep[] {
  if (item.node.kind !== 'list') return placeStep(into, item, entry);
  if (item.node.items.length === 0) report(into, 'E201', item, 'must be a non-empty group');
  return items(item).flatMap((member) => {
    if (member.node.kind !== 'list') return placeStep(into, member, entry);
    report(into, 'E214', member, 'a group cannot be nested in a group');
    return [];
  });
}

function placeStep(into: Report, item: Place, entry: number): PlacedStep[] {
  if (item.node.kind === 'map') return [{ place: item, entry }];
  if (isLeafPlace(item) && item.node.type === 'text') {
    report(into, 'W101', item, 'plain text as a step is deprecated, write run: in front of it');
    return [{ place: placeOf(runMap(item.node), item.path), entry }];
  }
  report(into, 'E108', item, `must be map, text or list, got ${typeName(plain(item.node))}`);
  return [];
}

/** `- echo hi` as `- run: echo hi`. */
function runMap(text: Node): MapNode {
  return mapOf(new Map([['run', { keySpan: text.span, node: text }]]), text.span);
}
