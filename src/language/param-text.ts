import { jsonToText } from '../base/json.ts';
import { isNumberText, parseJsonValue, valueToText } from '../base/value.ts';
import type { Value, ValueMap } from '../base/value.ts';

/** A value somebody gives to a param; without a name it is positional (LANGUAGE.md §9.2, §9.3). */
export interface GivenParam {
  readonly name: string | null;
  readonly value: string;
}

/** One `K=v` or positional word. */
export function parseParamWord(word: string): GivenParam {
  const equals = word.indexOf('=');
  return equals === -1
    ? { name: null, value: word }
    : { name: word.slice(0, equals), value: word.slice(equals + 1) };
}

/** The words of a command line, already split by the shell. */
export function parseParamWords(words: readonly string[]): GivenParam[] {
  return words.map(parseParamWord);
}

/**
 * The text of `-p` or of `params`: words as in a shell (`'…'` is literal, `"…"` knows `\"` and `\\`), or a JSON
 * object. `problem` says what is wrong with the text itself.
 */
export function parseParamText(text: string): { params: GivenParam[]; problem: string | null } {
  if (text.trimStart().startsWith('{')) return parseJsonParams(text);
  const words = splitWords(text);
  return words === null
    ? { params: [], problem: 'a quote is not closed' }
    : { params: parseParamWords(words), problem: null };
}

const WORD = /(?:[^\s'"]+|'[^']*'|"(?:[^"\\]|\\[^])*")+/y;

/** Null: a quote is not closed. */
function splitWords(text: string): string[] | null {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && /\s/.test(text[at] ?? '')) at += 1;
    if (at >= text.length) return words;
    WORD.lastIndex = at;
    const match = WORD.exec(text);
    if (match === null) return null;
    at = WORD.lastIndex;
    if (at < text.length && !/\s/.test(text[at] ?? '')) return null;
    words.push(unquote(match[0]));
  }
}

function unquote(word: string): string {
  return word.replace(/'([^']*)'|"((?:[^"\\]|\\[^])*)"/g, (_, single?: string, double?: string) =>
    single !== undefined ? single : (double ?? '').replace(/\\(["\\])/g, '$1'),
  );
}

/** JSON values as text (§1.3): scalars in their shortest exact form, lists and objects as compact JSON. */
function parseJsonParams(text: string): { params: GivenParam[]; problem: string | null } {
  try {
    const params = [...(parseJsonValue(text) as ValueMap)].map(([name, value]) => ({
      name,
      value: jsonText(value),
    }));
    return { params, problem: null };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { params: [], problem: `not a JSON object: ${reason}` };
  }
}

function jsonText(value: Value): string {
  if (value === null) return '';
  // Digits that a JavaScript number cannot hold stay as they are written.
  if (!isNumberText(value) || /^-?\d+$/.test(value.number)) return valueToText(value);
  const number = Number(value.number);
  return Number.isFinite(number) ? jsonToText(number) : value.number;
}
