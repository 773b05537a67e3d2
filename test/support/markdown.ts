/** A fenced block of a Markdown file: the words behind its fence, its text, and the line it begins in. */
export interface Block {
  readonly info: string;
  readonly text: string;
  readonly line: number;
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)) {
    const [, info = '', text = ''] = match;
    blocks.push({ info: info.trim(), text, line: markdown.slice(0, match.index).split('\n').length });
  }
  return blocks;
}
