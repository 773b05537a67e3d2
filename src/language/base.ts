import { decode } from './decode.ts';
import { fields, placeOf } from './place.ts';
import type { Place } from './place.ts';
import { report } from './report.ts';
import type { Report } from './report.ts';
import { parseSource } from './source.ts';
import { isNull, mapOf } from './tree.ts';
import type { Entry, MapNode } from './tree.ts';

/** The base file (LANGUAGE.md §21.5): a partial DAG that is laid under another. */
export interface BaseFile {
  /** As people are shown it. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** For a child run. */
  readonly withoutHandlers?: boolean;
}

/** A document on its base. */
export interface Laid {
  /** The document, with what it takes over from the base file. */
  readonly root: Place;
  /** The base file, whose `env` and `dotenv` come before those of the document; null without one. */
  readonly base: Place<MapNode> | null;
}

const REFUSED = ['name', 'steps', 'params', 'schedule'] as const;
/** Read one after the other instead of merged, so that messages name entries as they stand in their file. */
const PUT_BEFORE: readonly string[] = ['env', 'dotenv'];
const MERGED: readonly string[] = ['defaults', 'handler_on'];
/** Keys of one setting: the document's own stands for all of them. */
const OVERRIDES: Readonly<Record<string, readonly string[]>> = {
  labels: ['tags'],
  tags: ['labels'],
  shell: ['shell_args'],
  hist_retention_days: ['hist_retention_runs'],
  hist_retention_runs: ['hist_retention_days'],
};

/** Parses a base file; its problems are reported with its own positions. Null when nothing can be taken from it. */
export function readBase(into: Report, { file, bytes }: BaseFile): Place<MapNode> | null {
  const { source, problem } = decode(file, bytes);
  if (problem !== null) {
    into.found.push(problem);
    return null;
  }
  const [first, second] = parseSource({ ...into, source });
  if (first === undefined || first.broken) return null;
  const at = (start: number) => ({ span: { source, start, end: start }, path: '' });
  if (second !== undefined)
    report(into, 'E205', at(second.start), 'document 2 is not allowed in a base file');
  if (first.root === null) {
    report(into, 'E101', at(first.start), 'the base file is empty');
    return null;
  }
  const root = placeOf(first.root, '');
  if (root.node.kind !== 'map') {
    report(into, 'E108', root, `a base file must be map, got ${root.node.kind === 'list' ? 'list' : 'text'}`);
    return null;
  }
  for (const { key, at: where } of fields(root)) {
    if (!REFUSED.some((refused) => refused === key)) continue;
    report(into, 'E205', where, `${key} is not allowed in a base file`, { label: '' });
  }
  return placeOf(mapOf(without(root.node.entries, REFUSED), root.node.span), '');
}

/** Lays a document on the base file: its own keys win (LANGUAGE.md §21.5). */
export function layOn(base: Place<MapNode> | null, root: Place, withoutHandlers: boolean): Laid {
  if (base === null || root.node.kind !== 'map') return { root, base: null };
  const under = without(base.node.entries, withoutHandlers ? ['handler_on'] : []);
  const entries = new Map([...root.node.entries].filter(([, { node }]) => !isNull(node)));
  const hidden = new Set([...PUT_BEFORE, ...[...entries.keys()].flatMap((key) => OVERRIDES[key] ?? [])]);
  for (const [key, entry] of under) {
    if (hidden.has(key) || isNull(entry.node)) continue;
    const own = entries.get(key);
    if (own === undefined) entries.set(key, entry);
    else if (MERGED.includes(key)) entries.set(key, merged(entry, own));
  }
  return { root: placeOf(mapOf(entries, root.span), root.path), base: placeOf(mapOf(under, base.span), '') };
}

/** One map over another; what is no map is left to be reported. */
function merged(under: Entry, own: Entry): Entry {
  if (own.node.kind !== 'map') return own;
  if (under.node.kind !== 'map') return under;
  const set = [...own.node.entries].filter(([, { node }]) => !isNull(node));
  return { ...own, node: mapOf(new Map([...under.node.entries, ...set]), own.node.span) };
}

function without(entries: ReadonlyMap<string, Entry>, keys: readonly string[]): Map<string, Entry> {
  return new Map([...entries].filter(([key]) => !keys.includes(key)));
}
