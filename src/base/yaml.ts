import { Composer, Parser, stringify } from 'yaml';
import type { CST, Document, ScalarTag, Tags } from 'yaml';
import { isNumberText } from './value.ts';
import type { NumberText, Value } from './value.ts';

export { isAlias, isMap, isScalar, isSeq } from 'yaml';
export type { CST, Document, ParsedNode, Scalar, YAMLError } from 'yaml';

/** YAML 1.2 core schema without anything else (LANGUAGE.md §2.1). */
const OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/**
 * Plain text that begins as no null, bool or number does: the first tag that is asked, of nine with patterns of their
 * own, knows most keys and values.
 */
const WORD: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  test: /^[^-+.~0-9nNtTfF]/,
  resolve: (text) => text,
};

export function yamlTokens(text: string): CST.Token[] {
  return [...new Parser().parse(text)];
}

/** All documents of a text; one without content is among them. */
export function composeYaml(tokens: readonly CST.Token[], text: string): Document.Parsed[] {
  const options = { ...OPTIONS, customTags: (tags: Tags): Tags => [WORD, ...tags] };
  return [...new Composer(options).compose(tokens, true, text.length)];
}

/** All tokens with the collections around each. Without recursion: it guards those that recurse. */
function* walk(tokens: readonly CST.Token[]): Generator<{ token: CST.Token; depth: number }> {
  const todo: { token: CST.Token | null | undefined; depth: number }[] = tokens.map((token) => ({
    token,
    depth: 0,
  }));
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { token, depth } = next;
    if (token === null || token === undefined) continue;
    yield { token, depth };
    if (token.type === 'document') todo.push({ token: token.value, depth });
    else if ('items' in token) {
      for (const item of token.items) {
        todo.push({ token: item.key, depth: depth + 1 }, { token: item.value, depth: depth + 1 });
      }
    }
  }
}

type Collection = Extract<CST.Token, { items: unknown }>;

/** Offset of the last collection nested too deep. Level by level, and at collections alone: most tokens are none. */
export function tooDeep(tokens: readonly CST.Token[], most: number): number | null {
  let level: Collection[] = [];
  for (const token of tokens) addCollection(level, token.type === 'document' ? token.value : token);
  for (let depth = 0; depth < most; depth += 1) {
    const inner: Collection[] = [];
    for (const { items } of level) {
      for (const { key, value } of items) {
        addCollection(inner, key);
        addCollection(inner, value);
      }
    }
    level = inner;
  }
  return level.at(-1)?.offset ?? null;
}

function addCollection(to: Collection[], token: CST.Token | null | undefined): void {
  if (token !== null && token !== undefined && 'items' in token) to.push(token);
}

/** Where the quoted text or the bracket begins that is still open at an offset; null when none is. */
export function openedAt(tokens: readonly CST.Token[], offset: number): number | null {
  let last: number | null = null;
  for (const { token } of walk(tokens)) {
    if (token.offset < offset && token.offset > (last ?? -1) && isOpen(token)) last = token.offset;
  }
  return last;
}

function isOpen(token: CST.Token): boolean {
  if (token.type === 'flow-collection') return !token.end.some(({ source }) => /^[\]}]/.test(source));
  if (token.type !== 'double-quoted-scalar' && token.type !== 'single-quoted-scalar') return false;
  const { source } = token;
  return source.length < 2 || !source.endsWith(source.charAt(0));
}

/** Numbers are printed as they were written. */
const NUMBER: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: (value) => typeof value === 'object' && value !== null && isNumberText(value as Value),
  resolve: (text) => text,
  stringify: ({ value }) => (value as NumberText).number,
};

/** A value as one YAML document, with a line break at its end. */
export function printYaml(value: Value): string {
  return stringify(value, { ...OPTIONS, customTags: (tags) => [NUMBER, ...tags], lineWidth: 0 });
}
