/** `*`, or a test of one code point. */
type Token = '*' | ((char: string) => boolean);

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[\p{L}\p{N}]/u,
  alpha: /\p{L}/u,
  blank: /[ \t]/,
  cntrl: /\p{Cc}/u,
  digit: /[0-9]/,
  graph: /[^\p{Z}\p{C}]/u,
  lower: /\p{Ll}/u,
  print: /[^\p{Zl}\p{Zp}\p{C}]/u,
  punct: /[\p{P}\p{S}]/u,
  space: /\s/,
  upper: /\p{Lu}/u,
  xdigit: /[0-9A-Fa-f]/,
};

/**
 * `value` without what `glob` matches at one of its ends (LANGUAGE.md §8.5, `#` `##` `%` `%%`); unchanged if
 * nothing matches. A glob knows `*`, `?`, `[a-z]`, `[!a]`, `[[:digit:]]` and the backslash, and counts code
 * points. Time grows with the length of the value times that of the glob, never faster.
 */
export function trimGlob(value: string, glob: string, side: 'prefix' | 'suffix', longest: boolean): string {
  const chars = [...value];
  const tokens = readGlob(glob);
  if (side === 'prefix') return chars.slice(matchedLength(chars, tokens, longest)).join('');
  const length = matchedLength(chars.toReversed(), tokens.toReversed(), longest);
  return chars.slice(0, chars.length - length).join('');
}

/** The shortest or longest start of `chars` that the tokens match; 0 also when there is none. */
function matchedLength(chars: readonly string[], tokens: readonly Token[], longest: boolean): number {
  let states = new Uint8Array(tokens.length + 1);
  states[0] = 1;
  let best = 0;
  for (let i = 0; ; i++) {
    tokens.forEach((token, j) => {
      if (token === '*' && states[j] === 1) states[j + 1] = 1;
    });
    if (states[tokens.length] === 1) best = i;
    if (states[tokens.length] === 1 && !longest) return best;
    const char = chars[i];
    if (char === undefined || !states.includes(1)) return best;
    states = step(states, tokens, char);
  }
}

/** Where the tokens may stand after one more character. */
function step(states: Uint8Array, tokens: readonly Token[], char: string): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(states.length);
  tokens.forEach((token, j) => {
    if (states[j] !== 1) return;
    if (token === '*') next[j] = 1;
    else if (token(char)) next[j + 1] = 1;
  });
  return next;
}

function readGlob(glob: string): Token[] {
  const chars = [...glob];
  const lastClose = chars.lastIndexOf(']');
  const tokens: Token[] = [];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? '';
    const set = char === '[' && i < lastClose ? readSet(chars, i + 1) : null;
    if (set !== null) {
      tokens.push(set.test);
      i = set.last;
    } else if (char === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*');
    } else if (char === '?') {
      tokens.push(() => true);
    } else {
      if (char === '\\' && i + 1 < chars.length) i += 1;
      const literal = chars[i];
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

/** A set whose first character is at `from`; null when it is not closed and `[` is only a bracket. */
function readSet(
  chars: readonly string[],
  from: number,
): { test: (char: string) => boolean; last: number } | null {
  const negated = chars[from] === '!' || chars[from] === '^';
  const first = negated ? from + 1 : from;
  const tests: ((char: string) => boolean)[] = [];
  for (let i = first; i < chars.length; i++) {
    let low = chars[i] ?? '';
    if (low === ']' && i > first) {
      return { test: (char) => tests.some((test) => test(char)) !== negated, last: i };
    }
    const named = low === '[' ? readClass(chars, i) : null;
    if (named !== null) {
      tests.push((char) => named.pattern.test(char));
      i = named.last;
      continue;
    }
    if (low === '\\' && i + 1 < chars.length) low = chars[++i] ?? '';
    let high = low;
    if (chars[i + 1] === '-' && i + 2 < chars.length && chars[i + 2] !== ']') {
      high = chars[i + 2] ?? '';
      i += 2;
    }
    tests.push((char) => codePoint(low) <= codePoint(char) && codePoint(char) <= codePoint(high));
  }
  return null;
}

/** `[:digit:]` inside a set. */
function readClass(chars: readonly string[], at: number): { pattern: RegExp; last: number } | null {
  const match = /^\[:([a-z]+):\]/.exec(chars.slice(at, at + 12).join(''));
  const pattern = Object.hasOwn(CLASSES, match?.[1] ?? '') ? CLASSES[match?.[1] ?? ''] : undefined;
  return match === null || pattern === undefined ? null : { pattern, last: at + match[0].length - 1 };
}

function codePoint(char: string): number {
  return char.codePointAt(0) ?? 0;
}
