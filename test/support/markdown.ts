import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block of a Markdown file: the words behind its fence, its text, and the line it begins in. */
export interface Block {
  readonly info: string;
  readonly text: string;
  readonly line: number;
  /** Where its text begins in the page. */
  readonly offset: number;
  /** A comment right above the fence, which readers do not see: what else a test has to do. */
  readonly note: string | null;
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(/^(?:<!--(.*)-->\n+)?(```([^\n]*)\n)([\s\S]*?)^```$/gm)) {
    const [whole, note, fence = '', info = '', text = ''] = match;
    const start = match.index + whole.indexOf(fence);
    const line = markdown.slice(0, start).split('\n').length;
    blocks.push({ info: info.trim(), text, line, offset: start + fence.length, note: note?.trim() ?? null });
  }
  return blocks;
}

/** Every page below docs/. */
export function pages(): string[] {
  return readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
    .sort();
}

/** The file that a block shows: the name in its first line, `# hello.yaml` or `// hello.mjs`. */
export function fileOf({ info, text }: Block): string | null {
  if (!/^(yaml|sh|js)\b/.test(info)) return null;
  return /^(?:#|\/\/) ([\w./-]+\.(?:yaml|sh|mjs))\b/.exec(text)?.[1] ?? null;
}

/** A command of a `console` block with what is printed below it. */
export interface Exchange {
  readonly command: string;
  readonly shown: string;
}

export function exchangesOf(text: string): Exchange[] {
  const pieces = text.split(/^\$ /m).slice(1);
  return pieces.map((piece) => {
    const end = piece.indexOf('\n');
    return { command: piece.slice(0, end), shown: piece.slice(end + 1) };
  });
}

/** Whether a console block shows what is printed; others only show what can be typed. */
export function isSession({ info, text }: Block): boolean {
  return info === 'console' && exchangesOf(text).some(({ shown }) => shown.trim() !== '');
}
