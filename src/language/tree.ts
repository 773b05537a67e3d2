import type { Json } from '../base/json.ts';
import type { Span } from '../errors/diagnostic.ts';

/**
 * A YAML document as the loader works on it: aliases and merge keys resolved, every node with its place, and
 * every scalar with the text it had in the file, so that `1.10` stays `1.10` (LANGUAGE.md §1.3).
 */
export type Node = Leaf | MapNode | ListNode;

export interface Leaf {
  readonly kind: 'leaf';
  readonly type: 'text' | 'int' | 'number' | 'bool' | 'null';
  /** The value of text; of all others the characters in the file, empty for null. */
  readonly text: string;
  readonly span: Span;
  /** Whether a `$` stands in it: what has none holds no reference. */
  readonly dollar: boolean;
  readonly size: 1;
  readonly height: 0;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  /** The same as an object without prototype, for the schema. */
  readonly value: Readonly<Record<string, Plain>>;
  readonly span: Span;
  /** In one of its keys, or in what it holds. */
  readonly dollar: boolean;
  /** Nodes in it, itself included, after aliases. */
  readonly size: number;
  /** Levels of collections below it. */
  readonly height: number;
}

export interface Entry {
  readonly keySpan: Span;
  readonly node: Node;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly value: readonly Plain[];
  readonly span: Span;
  readonly dollar: boolean;
  readonly size: number;
  readonly height: number;
}

/** What the schema reads: maps as objects without prototype, lists as arrays, leaves as they are. */
export type Plain = Leaf | readonly Plain[] | { readonly [key: string]: Plain };

export function mapOf(entries: ReadonlyMap<string, Entry>, span: Span): MapNode {
  const value = Object.create(null) as Record<string, Plain>;
  let dollar = false;
  let size = 1;
  let height = 0;
  for (const [key, { node }] of entries) {
    value[key] = plain(node);
    dollar ||= node.dollar || key.includes('$');
    size += node.size;
    if (node.height > height) height = node.height;
  }
  return { kind: 'map', entries, value, span, dollar, size, height: height + 1 };
}

export function listOf(items: readonly Node[], span: Span): ListNode {
  const value: Plain[] = [];
  let dollar = false;
  let size = 1;
  let height = 0;
  for (const item of items) {
    value.push(plain(item));
    dollar ||= item.dollar;
    size += item.size;
    if (item.height > height) height = item.height;
  }
  return { kind: 'list', items, value, span, dollar, size, height: height + 1 };
}

export function plain(node: Node): Plain {
  return node.kind === 'leaf' ? node : node.value;
}

/** True for a leaf: user maps have no prototype, whatever keys they hold. */
export function isLeaf(value: unknown): value is Leaf {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) !== null
  );
}

/** The type of a value in words of LANGUAGE.md §1.3. */
export function typeName(value: unknown): string {
  if (value === undefined) return 'null';
  if (isLeaf(value)) return value.type;
  return Array.isArray(value) ? 'list' : 'map';
}

export function isNull(node: Node | undefined): boolean {
  return node === undefined || (node.kind === 'leaf' && node.type === 'null');
}

/** A decimal, octal or hexadecimal number of the YAML core schema; NaN for anything else. */
export function numberOf(text: string): number {
  if (/^[-+]?\.inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^[-+]?[0-9.]/.test(text) ? Number(text.replace(/^\+/, '')) : NaN;
}

/**
 * A node as JSON. Null in the second place: every number is exact; else the leaf that is not (an integer beyond
 * 2^53 or a number without JSON form).
 */
export function toJson(node: Node): { json: Json; inexact: Leaf | null } {
  let inexact: Leaf | null = null;
  const walk = (at: Node): Json => {
    if (at.kind === 'list') return at.items.map(walk);
    if (at.kind === 'map') {
      const object = Object.create(null) as Record<string, Json>;
      for (const [key, entry] of at.entries) object[key] = walk(entry.node);
      return object;
    }
    if (at.type === 'text') return at.text;
    if (at.type === 'null') return null;
    if (at.type === 'bool') return at.text.toLowerCase() === 'true';
    const number = numberOf(at.text);
    if (!Number.isFinite(number) || (at.type === 'int' && !Number.isSafeInteger(number))) inexact ??= at;
    return number;
  };
  return { json: walk(node), inexact };
}
