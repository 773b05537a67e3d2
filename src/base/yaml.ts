import { Composer, Parser, stringify } from 'yaml';
import type { CST, Document, ScalarTag } from 'yaml';
import { isNumberText } from './value.ts';
import type { NumberText, Value } from './value.ts';

export { isAlias, isMap, isScalar, isSeq } from 'yaml';
export type { Document, ParsedNode, Scalar } from 'yaml';

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

export function yamlTokens(text: string): CST.Token[] {
  return [...new Parser().parse(text)];
}

/** All documents of a text; one without content is among them. */
export function composeYaml(tokens: readonly CST.Token[], text: string): Document.Parsed[] {
  return [...new Composer(OPTIONS).compose(tokens, true, text.length)];
}

/** Offset of the first collection nested too deep. Walked without recursion: it guards those that recurse. */
export function tooDeep(tokens: readonly CST.Token[], most: number): number | null {
  const todo: { token: CST.Token | null | undefined; depth: number }[] = tokens.map((token) => ({
    token,
    depth: 0,
  }));
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { token, depth } = next;
    if (token === null || token === undefined) continue;
    if (token.type === 'document') todo.push({ token: token.value, depth });
    else if ('items' in token) {
      if (depth >= most) return token.offset;
      for (const item of token.items) {
        todo.push({ token: item.key, depth: depth + 1 }, { token: item.value, depth: depth + 1 });
      }
    }
  }
  return null;
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
