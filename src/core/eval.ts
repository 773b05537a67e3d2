/** A piece of an `eval` text: text that stays, or a command whose output is inserted (LANGUAGE.md §8.7). */
export interface EvalPart {
  readonly kind: 'text' | 'command';
  readonly text: string;
}

/**
 * Takes `$(cmd)` and backticks out of a text as it is written, before anything is inserted: a value never becomes a
 * command. Backslashes before them count as in §8.6. What a command holds in turn is its shell's business.
 */
export function parseEval(text: string): EvalPart[] | { error: string } {
  const parts: EvalPart[] = [];
  const opener = /\$\(|`/g;
  let plain = '';
  let from = 0;
  for (let match = opener.exec(text); match !== null; match = opener.exec(text)) {
    const at = match.index;
    if (backslashesBefore(text, at) % 2 === 1) {
      plain += text.slice(from, at - 1) + match[0];
      from = opener.lastIndex;
      continue;
    }
    const end = match[0] === '`' ? closingBacktick(text, at + 1) : closingParenthesis(text, at + 2);
    if (end === null) return { error: `${match[0]} is not closed` };
    plain += text.slice(from, at);
    if (plain !== '') parts.push({ kind: 'text', text: plain });
    const command = text.slice(opener.lastIndex, end);
    parts.push({ kind: 'command', text: match[0] === '`' ? command.replaceAll('\\`', '`') : command });
    plain = '';
    from = opener.lastIndex = end + 1;
  }
  plain += text.slice(from);
  if (plain !== '') parts.push({ kind: 'text', text: plain });
  return parts;
}

function backslashesBefore(text: string, at: number): number {
  let count = 0;
  while (text[at - 1 - count] === '\\') count += 1;
  return count;
}

function closingBacktick(text: string, from: number): number | null {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return at;
  }
  return null;
}

/** The `)` that closes a command; those in quotes and in pairs belong to it. */
function closingParenthesis(text: string, from: number): number | null {
  let open = 0;
  let quote: string | null = null;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '\\' && quote !== "'") at += 1;
    else if (quote !== null) quote = char === quote ? null : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (char === '(') open += 1;
    else if (char === ')' && open-- === 0) return at;
  }
  return null;
}
