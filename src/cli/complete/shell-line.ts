/** A line of bash, split as the shell would, with what readline needs to put an answer in its place. */
export interface ShellLine {
  /** Whole words before the last one. */
  readonly words: readonly string[];
  /** The word at the end; empty when the line ends with a space. */
  readonly last: string;
  /** Where in `last` the part begins that readline replaces: behind a break character, or a quote. */
  readonly from: number;
  /** The quote that is open at the end. */
  readonly quote: '"' | "'" | null;
}

/**
 * Splits a line; expansions stay as they are written. `breaks` are the characters at which readline cuts words
 * besides the shell (`COMP_WORDBREAKS`), unless they are quoted: it only asks for what stands behind the last one.
 */
export function shellLine(line: string, breaks: string): ShellLine {
  const words: string[] = [];
  let word = '';
  let begun = false;
  let from = 0;
  let quote: ShellLine['quote'] = null;
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? '';
    if (quote === null && /\s/.test(character)) {
      if (begun) words.push(word);
      [word, begun, from] = ['', false, 0];
      continue;
    }
    begun = true;
    if (character === quote) [quote, from] = [null, word.length];
    else if (quote === null && (character === '"' || character === "'"))
      [quote, from] = [character, word.length];
    else if (character === '\\' && isEscape(quote, line[i + 1])) word += line[++i] ?? '';
    else {
      word += character;
      if (quote === null && breaks.includes(character)) from = word.length;
    }
  }
  return { words, last: word, from, quote };
}

function isEscape(quote: ShellLine['quote'], next: string | undefined): boolean {
  if (quote === null) return true;
  return quote === '"' && next !== undefined && '"\\$`'.includes(next);
}

/** A word as readline has to put it in at the end of the line. */
export function asTyped(word: string, { from, quote }: ShellLine): string {
  const rest = word.slice(from);
  // The home directory, as long as it stands first and outside quotes.
  const tilde = from === 0 && quote === null && rest.startsWith('~/') ? '~' : '';
  if (quote === "'") return rest.replaceAll("'", `'\\''`);
  if (quote === '"') return rest.replaceAll(/["\\$`]/g, '\\$&');
  return tilde + rest.slice(tilde.length).replaceAll(/[^\p{L}\p{N}_./:=@%+,^-]/gu, '\\$&');
}
