/** Text as roff prints it, on a line of its own or within one: nothing in it is a request or an escape. */
export function roff(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    // Without it a hyphen is a typographic one, which nobody can copy into a shell; likewise the quotes.
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('"', '\\(dq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll(/[^\x20-\x7e]/gu, (character) => `\\[u${hex(character)}]`);
  return escaped.startsWith('.') ? `\\&${escaped}` : escaped;
}

export function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

/** A tag in the margin with its text beside it; the tag is roff already. */
export function tagged(tag: string, text: string): string[] {
  return ['.TP', tag, ...paragraph(text)];
}

/** One sentence a line, so that roff puts the space between them. */
export function paragraph(text: string): string[] {
  return text.split(/(?<=[.]) (?=\p{Lu})/u).map(roff);
}

/** Lines as they are, indented, below the paragraph they belong to. */
export function verbatim(lines: readonly string[]): string[] {
  return ['.PP', '.RS', '.nf', ...lines.map(roff), '.fi', '.RE'];
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
