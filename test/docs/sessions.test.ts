import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { place } from '../support/flow.ts';
import { blocksOf, exchangesOf, fileOf, isSession, pages } from '../support/markdown.ts';
import type { Block, Exchange } from '../support/markdown.ts';
import { steady } from '../support/steady.ts';
import { terminal } from '../support/terminal.ts';
import type { Event, Terminal } from '../support/terminal.ts';

/**
 * The console blocks of docs/: one that shows what is printed is performed, in a shell, on the files that the page
 * shows above it (`# hello.yaml` in the first line), and compared; a line `…` stands for any lines. Of the others
 * every command and option must exist. FLOW_GOLDEN=write puts in what was printed; read the difference.
 */
const WRITE = process.env['FLOW_GOLDEN'] === 'write';

const all = pages()
  .filter((page) => page !== 'docs/codes.md')
  .map((page) => ({ page, blocks: blocksOf(readFileSync(page, 'utf8')) }));
const withSessions = all.filter(({ blocks }) => blocks.some(isSession));

describe('what the pages show of a terminal', () => {
  test('there are pages with sessions', () => expect(withSessions.length).toBeGreaterThanOrEqual(4));

  const patient = { timeout: 300_000 };
  test.concurrent.for(withSessions)(
    '$page',
    patient,
    async ({ page, blocks }, { onTestFinished, expect }) => {
      const at = terminal(onTestFinished);
      const performed: { block: Block; text: string }[] = [];
      for (const block of blocks) {
        const file = fileOf(block);
        if (file !== null) at.write(file, block.text);
        if (isSession(block)) performed.push({ block, text: await sessionOf(at, block) });
      }
      if (WRITE) writeFileSync(page, withTexts(readFileSync(page, 'utf8'), performed));
      else expect(performed.map(({ text }) => text)).toEqual(performed.map(({ block }) => block.text));
    },
  );

  test.for(withSessions)('$page uses every file that it marks as a part of a session', ({ blocks }) => {
    const typed = blocks.filter(isSession).map(({ text }) => text);
    const files = blocks.filter(({ info }) => info !== 'yaml' && info !== 'yaml run').map(fileOf);
    expect(files.filter((file) => file !== null && !typed.some((text) => text.includes(file)))).toEqual([]);
  });

  const usages = all.flatMap(({ page, blocks }) =>
    blocks
      .filter((block) => block.info === 'console' && !isSession(block))
      .flatMap(({ text, line }) =>
        exchangesOf(text).map(({ command }) => ({ where: `${page}:${line}`, command })),
      ),
  );
  test('the commands and options of blocks without output exist', { timeout: 300_000 }, async () => {
    const at = place();
    const helps = new Map<string, string>();
    for (const { where, command } of usages) {
      const [program, ...words] = wordsOf(command);
      expect(program, where).toBe('flow');
      const path = words.slice(0, ['db', 'import'].includes(words[0] ?? '') ? 2 : 1);
      const help = helps.get(path.join(' ')) ?? (await at.flow([...path, '--help'])).stdout;
      helps.set(path.join(' '), help);
      expect(help, where).toMatch(new RegExp(`^Usage: flow ${path.join(' ')}\\b`, 'm'));
      for (const option of words.filter((word) => /^--?[a-z]/.test(word))) {
        expect(help, `${where} ${command}`).toMatch(new RegExp(`(^|[\\s,])${option}\\b`, 'm'));
      }
    }
    expect(usages.length).toBeGreaterThan(20);
  });
});

/** Without the remark behind it; what stands in quotes is one word. */
function wordsOf(command: string): string[] {
  return command
    .replaceAll(/'[^']*'/g, 'quoted')
    .replace(/\s#.*$/, '')
    .trim()
    .split(/\s+/);
}

/** The block as it comes out now; an exchange that differs only in times, ids and the like stays as it is written. */
async function sessionOf(at: Terminal, block: Block): Promise<string> {
  let event = eventOf(block.note);
  let text = '';
  for (const exchange of exchangesOf(block.text)) {
    const { command } = exchange;
    const now = command.startsWith('flow ') ? event : null;
    if (now !== null) event = null;
    const printed = await at.type(command, now);
    text += `$ ${command}\n${agrees(exchange, printed) ? exchange.shown : spaced(printed, exchange)}`;
  }
  return text;
}

/** `<!-- SIGKILL at: page 1 -->` or `<!-- touch go at: waiting -->` above a block is for its first flow command. */
function eventOf(note: string | null): Event | null {
  const [, word = '', at] = /^(SIGINT|SIGKILL|touch \S+) at: (.+)$/.exec(note ?? '') ?? [];
  if (at === undefined) return null;
  return {
    does: word === 'SIGINT' || word === 'SIGKILL' ? word : { touch: word.slice('touch '.length) },
    at,
  };
}

function agrees({ shown }: Exchange, printed: string): boolean {
  const pattern = even(shown)
    .trimEnd()
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\\n)*?' : `${literally(line)}\\n`))
    .join('');
  return new RegExp(`^${pattern}$`).test(`${even(printed).trimEnd()}\n`);
}

/** With the empty line that may stand before the next command. */
function spaced(printed: string, { shown }: Exchange): string {
  return printed.trimEnd() + (/\n*$/.exec(shown)?.[0] ?? '\n').padStart(1, '\n');
}

/** Besides what is steady in golden cases: ids of runs. Days from 2030 on come from the page and stay. */
function even(text: string): string {
  const kept = text.replaceAll(/\b(20[3-9]\d)-(\d\d)-(\d\d)/g, '$1/$2/$3');
  return steady(kept, '/home/you/work')
    .replaceAll(/\d+m\d\ds\b/g, '<t>')
    .replaceAll(/\d+m ago/g, '<ago>')
    .replaceAll(/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/g, '<id>')
    .replaceAll(/\b[\da-f]{8}\b/g, '<run>');
}

function literally(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}

function withTexts(page: string, performed: readonly { block: Block; text: string }[]): string {
  let from = 0;
  let out = '';
  for (const { block, text } of performed) {
    out += page.slice(from, block.offset) + text;
    from = block.offset + block.text.length;
  }
  return out + page.slice(from);
}
