import type { Span } from '../errors/diagnostic.ts';
import { isNull } from './tree.ts';
import type { Leaf, MapNode, Node } from './tree.ts';

/** What a diagnostic points at. */
export interface At {
  readonly span: Span;
  /** `steps[2].depends`; empty for the document itself. */
  readonly path: string;
}

/** A node together with the way to it. */
export interface Place<N extends Node = Node> extends At {
  readonly node: N;
}

export function placeOf<N extends Node>(node: N, path: string): Place<N> {
  return { node, path, span: node.span };
}

export function isMapPlace(place: Place): place is Place<MapNode> {
  return place.node.kind === 'map';
}

export function isLeafPlace(place: Place): place is Place<Leaf> {
  return place.node.kind === 'leaf';
}

/** `steps` + `0` → `steps[0]`; keys that are no names are quoted. */
export function join(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[A-Za-z0-9_-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** A field of a map; null when it is missing or null, which is the same (LANGUAGE.md §2.1). */
export function field(place: Place, key: string): Place | null {
  if (place.node.kind !== 'map') return null;
  const entry = place.node.entries.get(key);
  return entry === undefined || isNull(entry.node) ? null : placeOf(entry.node, join(place.path, key));
}

/** The key itself, to point at; the map where it has no such key. */
export function keyAt(place: Place, key: string): At {
  const entry = place.node.kind === 'map' ? place.node.entries.get(key) : undefined;
  return { span: entry?.keySpan ?? place.span, path: join(place.path, key) };
}

/** The fields of a map in order, null ones included; nothing for other nodes. */
export function fields(place: Place): { key: string; at: At; value: Place }[] {
  if (place.node.kind !== 'map') return [];
  return [...place.node.entries].map(([key, entry]) => {
    const path = join(place.path, key);
    return { key, at: { span: entry.keySpan, path }, value: placeOf(entry.node, path) };
  });
}

/** The entries of a list in order; nothing for other nodes. */
export function items(place: Place): Place[] {
  if (place.node.kind !== 'list') return [];
  return place.node.items.map((node, i) => placeOf(node, join(place.path, i)));
}

/** The node below a place by the keys of a schema issue; the last one that exists. */
export function descend(place: Place, path: readonly PropertyKey[]): Place {
  let here = place;
  for (const key of path) {
    const node =
      here.node.kind === 'map'
        ? here.node.entries.get(String(key))?.node
        : here.node.kind === 'list'
          ? here.node.items[Number(key)]
          : undefined;
    if (node === undefined) return here;
    here = placeOf(node, join(here.path, typeof key === 'number' ? key : String(key)));
  }
  return here;
}

/** All leaves at or below a place, map keys not among them. */
export function leaves(place: Place): Place<Leaf>[] {
  if (isLeafPlace(place)) return [place];
  return [...fields(place).map((f) => f.value), ...items(place)].flatMap(leaves);
}
