/** In double quotes a backslash quotes only these; before others it is an ordinary character. */
const QUOTED_IN_DOUBLE = '"\\$`\n';

/**
 * Splits text into words with the quoting of a POSIX shell and no expansion at all (LANGUAGE.md §6.2, §6.3):
 * `'…'`, `"…"` and the backslash quote, `""` is an empty word, `#` and operators are ordinary characters.
 */
export function splitWords(text: string): string[] | { error: string } {
  const words: string[] = [];
  let word: string | null = null;
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (/[ \t\r\n]/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
      at += 1;
      continue;
    }
    const piece = readPiece(text, at, char);
    if ('error' in piece) return piece;
    if (piece.text !== null) word = (word ?? '') + piece.text;
    at = piece.end;
  }
  if (word !== null) words.push(word);
  return words;
}

/** One word of POSIX sh that stands for exactly `word`, whatever characters it has. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What belongs to the current word from `at` on; null is nothing, not even an empty word. */
type Piece = { readonly text: string | null; readonly end: number } | { error: string };

function readPiece(text: string, at: number, char: string): Piece {
  if (char === "'") {
    const close = text.indexOf("'", at + 1);
    if (close < 0) return { error: `unclosed ' at character ${at + 1}` };
    return { text: text.slice(at + 1, close), end: close + 1 };
  }
  if (char === '"') return readDouble(text, at);
  if (char !== '\\') return { text: char, end: at + 1 };
  const next = text[at + 1];
  if (next === undefined) return { error: 'a backslash at the end quotes nothing' };
  return { text: next === '\n' ? null : next, end: at + 2 };
}

function readDouble(text: string, open: number): Piece {
  let value = '';
  for (let at = open + 1; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '"') return { text: value, end: at + 1 };
    const next = text[at + 1];
    if (char === '\\' && next !== undefined && QUOTED_IN_DOUBLE.includes(next)) {
      if (next !== '\n') value += next;
      at += 1;
    } else {
      value += char;
    }
  }
  return { error: `unclosed " at character ${open + 1}` };
}
