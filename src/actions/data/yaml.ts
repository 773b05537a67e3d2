import { composeYaml, isAlias, isMap, isScalar, isSeq, tooDeep, yamlTokens } from '../../base/yaml.ts';
import type { ParsedNode } from '../../base/yaml.ts';
import type { Value } from '../../base/value.ts';
import { isValueMap } from '../../base/value.ts';
import { ActionFailure } from '../result.ts';

/** As for DAG files (LANGUAGE.md §26): aliases make a short text large. */
const MAX_NODES = 1_000_000;
const MAX_DEPTH = 64;

/** Reads one YAML 1.2 document; numbers keep their text. @throws ActionFailure */
export function parseYaml(text: string): Value {
  const tokens = yamlTokens(text);
  if (tooDeep(tokens, MAX_DEPTH) !== null) {
    throw new ActionFailure(`unreadable yaml: nested deeper than ${MAX_DEPTH} levels`);
  }
  const [document, second] = composeYaml(tokens, text);
  if (document === undefined) return null;
  if (second !== undefined) throw new ActionFailure('unreadable yaml: expected one document, found several');
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    const line = text.slice(0, problem.pos[0]).split('\n').length;
    throw new ActionFailure(`unreadable yaml: line ${line}: ${problem.message.split('\n', 1)[0] ?? ''}`);
  }
  return new Reader().read(document.contents, 0);
}

class Reader {
  readonly #anchors = new Map<string, ParsedNode>();
  /** Anchors that are being read: an alias to one of them would have no end. */
  readonly #open = new Set<string>();
  #nodes = 0;

  read(node: ParsedNode | null, depth: number): Value {
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES || depth > MAX_DEPTH) {
      throw new ActionFailure(`unreadable yaml: more than ${MAX_NODES} nodes or ${MAX_DEPTH} levels`);
    }
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node.source, depth);
    const { anchor } = node;
    if (anchor === undefined) return this.#content(node, depth);
    this.#anchors.set(anchor, node);
    this.#open.add(anchor);
    const value = this.#content(node, depth);
    this.#open.delete(anchor);
    return value;
  }

  #alias(name: string, depth: number): Value {
    const target = this.#anchors.get(name);
    if (target === undefined || this.#open.has(name)) {
      throw new ActionFailure(
        `unreadable yaml: ${target === undefined ? 'unknown' : 'cyclic'} alias *${name}`,
      );
    }
    return this.#content(target, depth);
  }

  #content(node: ParsedNode, depth: number): Value {
    if (isSeq<ParsedNode>(node)) return node.items.map((item) => this.read(item, depth + 1));
    if (isMap(node)) return this.#map(node.items, depth);
    if (!isScalar(node)) throw new ActionFailure('unreadable yaml: an alias cannot stand here');
    const { value } = node;
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    return { number: node.source };
  }

  #map(pairs: readonly { key: ParsedNode; value: ParsedNode | null }[], depth: number): Value {
    const own = new Map<string, Value>();
    const merged = new Map<string, Value>();
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.type === 'PLAIN' ? key.source : key.value) : null;
      if (name === null) throw new ActionFailure('unreadable yaml: a key must be a scalar');
      const read = this.read(value, depth + 1);
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') merge(merged, read);
      else if (own.has(name))
        throw new ActionFailure(`unreadable yaml: key ${JSON.stringify(name)} occurs twice`);
      else own.set(name, read);
    }
    for (const [name, value] of merged) if (!own.has(name)) own.set(name, value);
    return own;
  }
}

/** The entries that `<<` brings in; of two equal keys the earlier map counts. */
function merge(into: Map<string, Value>, from: Value): void {
  const maps: readonly Value[] = Array.isArray(from) ? from : [from];
  for (const map of maps) {
    if (typeof map !== 'object' || map === null || !isValueMap(map)) {
      throw new ActionFailure('unreadable yaml: << needs a map or a list of maps');
    }
    for (const [name, value] of map) if (!into.has(name)) into.set(name, value);
  }
}
