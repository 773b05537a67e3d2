import { composeYaml, isAlias, isMap, isScalar, tooDeep, yamlTokens } from '../base/yaml.ts';
import type { Document, ParsedNode, Scalar } from '../base/yaml.ts';
import { unfitText } from './names.ts';
import { placeOf } from './place.ts';
import { add, lineOf, quote, suggest } from './report.ts';
import type { Report } from './report.ts';
import { listOf, mapOf } from './tree.ts';
import type { Entry, Leaf, ListNode, MapNode, Node } from './tree.ts';
import { reportYaml, spanIn } from './yaml-problems.ts';

const MAX_NODES = 1_000_000;
const MAX_DEPTH = 64;

/** One document of a file; null is a document without content. */
export interface YamlDocument {
  readonly root: Node | null;
  /** Malformed: its problems are reported, nothing more can be said about it. */
  readonly broken: boolean;
  readonly start: number;
}

/** Parses all documents of a source (LANGUAGE.md §2.1): E102, E105 and the limits of §26 (E111). */
export function parseSource(into: Report): YamlDocument[] {
  const text = into.source.text;
  const tokens = yamlTokens(text);
  const deep = tooDeep(tokens, MAX_DEPTH);
  if (deep !== null) {
    problem(into, 'E111', deep, deep + 1, `limit: nesting, at most ${MAX_DEPTH} levels`);
    return [{ root: null, broken: true, start: 0 }];
  }
  const documents = composeYaml(tokens, text);
  return documents.map((document) => {
    const before = into.found.length;
    reportYaml(into, [...document.errors, ...document.warnings], tokens);
    const root = into.found.length === before ? convertDocument(into, document) : null;
    const broken = into.found.slice(before).some((d) => d.code !== 'E105');
    return { root: broken ? null : root, broken, start: Math.min(document.range[0], text.length) };
  });
}

function problem(into: Report, code: string, start: number, end: number, message: string): void {
  add(into, code, { span: spanIn(into, start, end), path: '' }, message);
}

/** Ends the conversion of a document that passed a limit; the problem is reported already. */
class LimitPassed extends Error {}

interface Conversion {
  readonly into: Report;
  /** Null while the node of the anchor is still being read. */
  readonly anchors: Map<string, Node | null>;
  nodes: number;
}

function convertDocument(into: Report, document: Document.Parsed): Node | null {
  const contents = document.contents;
  if (contents === null) return null;
  if (isScalar(contents) && contents.source === '' && contents.type === 'PLAIN') return null;
  try {
    return convert({ into, anchors: new Map(), nodes: 0 }, contents, 0);
  } catch (error) {
    if (error instanceof LimitPassed) return null;
    throw error;
  }
}

function convert(c: Conversion, node: ParsedNode | null, depth: number): Node {
  if (node === null) return leaf(c, 0, 0, 'null', '');
  const [start, end] = node.range;
  if (isAlias(node)) return convertAlias(c, node.source, start, end, depth);
  const anchor = node.anchor;
  if (anchor !== undefined) c.anchors.set(anchor, null);
  count(c, 1, start, end);
  const converted = isScalar(node)
    ? convertScalar(c, node, start, end)
    : isMap(node)
      ? convertMap(c, node, start, end, depth)
      : convertList(c, node.items, start, end, depth);
  if (anchor !== undefined) c.anchors.set(anchor, converted);
  return converted;
}

function count(c: Conversion, nodes: number, start: number, end: number): void {
  c.nodes += nodes;
  if (c.nodes <= MAX_NODES) return;
  problem(c.into, 'E111', start, end, `limit: YAML nodes after aliases, at most ${MAX_NODES}`);
  throw new LimitPassed();
}

function convertAlias(c: Conversion, name: string, start: number, end: number, depth: number): Node {
  const target = c.anchors.get(name);
  if (target === undefined || target === null) {
    const at = { span: spanIn(c.into, start, end), path: '' };
    const why = target === null ? 'cyclic alias' : 'unknown alias';
    const near = suggest(c.into, name, c.anchors.keys()) ?? 'put text that begins with * in quotes';
    add(c.into, 'E102', at, `yaml: ${why} ${quote(`*${name}`)}`, target === null ? {} : { hint: near });
    return leaf(c, start, end, 'null', '');
  }
  count(c, target.size, start, end);
  if (depth + target.height > MAX_DEPTH) {
    problem(c.into, 'E111', start, end, `limit: nesting, at most ${MAX_DEPTH} levels`);
    throw new LimitPassed();
  }
  return { ...target, span: { source: c.into.source, start, end } };
}

function leaf(c: Conversion, start: number, end: number, type: Leaf['type'], text: string): Leaf {
  const span = { source: c.into.source, start, end };
  return { kind: 'leaf', type, text, span, dollar: text.includes('$'), size: 1, height: 0 };
}

function convertScalar(c: Conversion, node: Scalar.Parsed, start: number, end: number): Leaf {
  const value: unknown = node.value;
  const written = node.source;
  if (typeof value === 'string') {
    const unfit = unfitText(value);
    if (unfit !== null) problem(c.into, 'E102', start, end, `yaml: text ${unfit}`);
    return leaf(c, start, end, 'text', value);
  }
  if (value === null) return leaf(c, start, end, 'null', '');
  if (typeof value === 'boolean') return leaf(c, start, end, 'bool', written);
  const int = /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$/.test(written);
  return leaf(c, start, end, int ? 'int' : 'number', written);
}

function convertList(
  c: Conversion,
  parsed: readonly (ParsedNode | null)[],
  start: number,
  end: number,
  depth: number,
): ListNode {
  const items = parsed.map((item) => convert(c, item, depth + 1));
  return listOf(items, { source: c.into.source, start, end });
}

interface ParsedPair {
  readonly key: ParsedNode | null;
  readonly value: ParsedNode | null;
}

function convertMap(
  c: Conversion,
  map: { items: unknown },
  start: number,
  end: number,
  depth: number,
): MapNode {
  const entries = new Map<string, Entry>();
  /** Names that only a merge key has brought in so far: the map's own keys replace them, in their place. */
  let merged: Set<string> | null = null;
  for (const pair of map.items as ParsedPair[]) {
    const key = convertKey(c, pair.key);
    if (key === null) continue;
    const node = convert(c, pair.value, depth + 1);
    if (isMergeKey(pair.key)) {
      merged ??= new Set();
      for (const [name, entry] of mergeSources(c, node)) {
        if (entries.has(name)) continue;
        entries.set(name, entry);
        merged.add(name);
      }
      continue;
    }
    const keySpan = pair.key === null ? { ...key.span, start, end: start } : key.span;
    const first = entries.get(key.text);
    if (first === undefined || merged?.delete(key.text) === true) entries.set(key.text, { keySpan, node });
    else {
      const message = `${quote(key.text)} is already defined on ${lineOf(first.keySpan)}`;
      const related = [{ message: 'first defined here', span: first.keySpan }];
      add(c.into, 'E105', { span: keySpan, path: '' }, message, { related });
    }
  }
  return mapOf(entries, { source: c.into.source, start, end });
}

/** Null, and reported, when it is no scalar. */
function convertKey(c: Conversion, key: ParsedNode | null): Leaf | null {
  const node = convert(c, key, 0);
  if (node.kind === 'leaf') return node;
  problem(c.into, 'E102', node.span.start, node.span.end, 'yaml: a key must be a scalar');
  return null;
}

function isMergeKey(key: ParsedNode | null): boolean {
  return isScalar(key) && key.source === '<<' && key.type === 'PLAIN';
}

/** The entries that `<<` brings in; of two equal keys the earlier map counts. */
function mergeSources(c: Conversion, node: Node): [string, Entry][] {
  const maps = node.kind === 'list' ? node.items : [node];
  return maps.flatMap((map) => {
    if (map.kind === 'map') return [...map.entries];
    const place = placeOf(map, '<<');
    problem(c.into, 'E102', place.span.start, place.span.end, 'yaml: << needs a map or a list of maps');
    return [];
  });
}
