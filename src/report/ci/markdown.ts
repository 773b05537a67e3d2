import { printable } from '../../term/printable.ts';

/** What Markdown or HTML would take as more than a character, in a table, too. */
const SPECIAL = /[\\`*_~#|<>&![\]@]/g;
const COLOURS = /\x1b\[[0-9;:]*m/g;

/** Words of others as one line of text that stays as it is. */
export function markdownText(text: string): string {
  return plain(text.replaceAll(/\s+/g, ' ')).replace(SPECIAL, (found) => `&#${found.charCodeAt(0)};`);
}

/** Lines as a block that nothing in them ends: its fence is longer than any row of backticks (CommonMark §4.5). */
export function fenced(lines: readonly string[]): string {
  const text = lines.map(plain).join('\n');
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}\n`;
}

function plain(line: string): string {
  return printable(line).replaceAll(COLOURS, '').replaceAll('\r', '');
}
