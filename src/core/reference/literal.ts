import { parseTemplate } from './parse.ts';
import type { TemplateClass } from './template.ts';

/** What `literal` may name when no backslash can do it; `consts` of a DAG that holds such a text. */
export const LITERAL_CONSTS = { backslash: '\\', dollar: '$' } as const;

export interface Literal {
  /** What to write in the field. */
  readonly text: string;
  /** It names `LITERAL_CONSTS`. */
  readonly named: boolean;
}

/**
 * How to write a text in a field so that flow hands on exactly this text (LANGUAGE.md §8.6). A backslash before each
 * reference is enough, unless the text itself has an odd number of them there.
 */
export function literal(text: string, cls: TemplateClass): Literal {
  const plain = [text, escaped(text, cls)].find((candidate) => standsFor(candidate, text, cls));
  if (plain !== undefined) return { text: plain, named: false };
  // Inserted text is not looked at again (§8.1), so that no two of these can come together.
  const named = text.replaceAll(
    /(\\*)\$/g,
    (_, before: string) => '${consts.backslash}'.repeat(before.length) + '${consts.dollar}',
  );
  return { text: named, named: true };
}

function escaped(text: string, cls: TemplateClass): string {
  let out = '';
  let from = 0;
  for (const part of parseTemplate(text, cls)) {
    if (part.kind === 'text') continue;
    out += `${text.slice(from, part.start)}\\`;
    from = part.start;
  }
  return out + text.slice(from);
}

function standsFor(written: string, text: string, cls: TemplateClass): boolean {
  const parts = parseTemplate(written, cls);
  return parts.every(({ kind }) => kind === 'text') && parts.map((part) => textOf(part)).join('') === text;
}

function textOf(part: ReturnType<typeof parseTemplate>[number]): string {
  return part.kind === 'text' ? part.text : part.raw;
}
