import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { load } from '../support/diagnose.ts';
import { place } from '../support/flow.ts';
import { blocksOf } from '../support/markdown.ts';

/**
 * docs/codes.md: every code that the sources know has an entry, and every message in it is what flow says.
 * FLOW_GOLDEN=write puts the messages of the loader in; read the difference before you commit it.
 */
const FILE = 'docs/codes.md';
const WRITE = process.env['FLOW_GOLDEN'] === 'write';

/** A file with a question, for the commands that answer. */
const ASK = `steps:
  - {id: build, action: noop}
  - id: signoff
    depends: build
    action: human.task
    with: {prompt: "Release?", form: {properties: {ticket: {type: string, pattern: '^OPS-\\d+$'}}, required: [ticket]}}
`;

interface Entry {
  readonly code: string;
  readonly meaning: string;
  readonly example: { readonly info: string; readonly text: string } | null;
  readonly message: string;
}

function entries(): Entry[] {
  const sections = readFileSync(FILE, 'utf8').split(/^### /m).slice(1);
  return sections.map((section) => {
    const [example] = blocksOf(section);
    return {
      code: section.slice(0, 4),
      meaning: section.split('\n\n')[1] ?? '',
      example: example ?? null,
      message: /^> (.*)$/m.exec(section)?.[1] ?? '',
    };
  });
}

const sources = new Map(
  readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name, readFileSync(join('src', name), 'utf8')] as const),
);

function codesIn(text: string): string[] {
  return [...text.matchAll(/'([ERSW]\d{3})'/g)].map(([, code]) => code ?? '');
}

const all = entries();

describe('docs/codes.md', () => {
  test('has one entry for every code in the sources, in order, and no other', () => {
    const used = new Set([...sources.values()].flatMap(codesIn));
    const known = all.map(({ code }) => code);
    expect(used.size).toBeGreaterThan(90);
    expect([...used].filter((code) => !known.includes(code)).sort()).toEqual([]);
    expect(known.filter((code) => !used.has(code))).toEqual([]);
    expect(known).toEqual([...known].sort((a, b) => rank(a).localeCompare(rank(b))));
    expect(new Set(known).size).toBe(known.length);
    expect(all.filter(({ meaning }) => meaning.length < 10)).toEqual([]);
  });

  test('something looks at each of its blocks', () => {
    const page = readFileSync(FILE, 'utf8');
    const seen = all.flatMap(({ example }) => example ?? []);
    expect(seen.length).toBe(blocksOf(page).length);
    expect(seen.filter(({ info }) => !['yaml', 'yaml run', 'console'].includes(info))).toEqual([]);
  });

  const loaded = all.filter(({ example }) => example?.info === 'yaml');
  test.for(loaded)('$code, from a file', ({ code, example, message }, { expect }) => {
    const around = { now: Date.parse('2026-01-01T00:00:00Z'), zone: 'UTC' };
    const unresolved = code === 'W402' ? 'keep' : 'strict';
    const { diagnostics } = load(example?.text ?? '', { unresolved, around });
    const said = diagnostics.find((one) => one.code === code)?.message ?? `no ${code}`;
    if (WRITE && said !== message) put(code, said);
    else expect(message).toBe(said);
    if (code.startsWith('E')) expect(new Set(diagnostics.map((one) => one.code))).toContain(code);
  });

  const performed = all.filter(({ example }) => ['yaml run', 'console'].includes(example?.info ?? ''));
  test.concurrent.for(performed)('$code, from a command', async (entry, { expect, onTestFinished }) => {
    const at = place(onTestFinished);
    const { code, example, message } = entry;
    const text = example?.text ?? '';
    at.write('hello.yaml', 'params: [{name: who, default: you}]\nsteps: [{id: greet, run: echo "$who"}]\n');
    at.write('ask.yaml', ASK);
    at.write('dag.yaml', text);
    const commands = example?.info === 'console' ? text.trim().split('\n') : ['$ flow run dag.yaml'];
    let printed = '';
    for (const command of commands) {
      const { stdout, stderr } = await at.flow(wordsOf(command.slice('$ flow '.length)));
      printed = stdout + stderr;
    }
    const recorded = (await at.flow(['events', '--json'])).stdout;
    const said = example?.info === 'console' ? afterCode(printed, code) : messageOf(recorded, code, printed);
    if (WRITE && said !== message) put(code, said);
    else expect(message).toBe(said);
  });

  const told = all.filter(({ example }) => example === null);
  test.for(told)('$code, in the words of the sources', ({ code, message }, { expect }) => {
    const near = [...sources.values()].filter((source) => source.includes(code)).join('\n');
    const words = near.replaceAll(/`\s*\+\s*`|'\s*\+\s*'/g, '');
    const pieces = message
      .split('…')
      .map((piece) => piece.trim())
      .filter((piece) => piece !== '');
    expect(pieces.join('').length).toBeGreaterThan(8);
    expect(pieces.filter((piece) => !words.includes(piece))).toEqual([]);
  });
});

/** The line that `error[CODE]` begins. */
function afterCode(printed: string, code: string): string {
  const begin = `error[${code}] `;
  const line = printed.split('\n').find((one) => one.startsWith(begin));
  return line?.slice(begin.length) ?? `no ${code} in ${printed}`;
}

/** The message of the event with this code, which the person at the terminal must have seen too. */
function messageOf(recorded: string, code: string, printed: string): string {
  const events = recorded
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { code?: string; reason?: string; message?: string | null });
  const message = events.find((event) => event.reason === code || event.code === code)?.message ?? null;
  return message !== null && printed.includes(message) ? message : `no ${code} in ${printed}`;
}

/** E, R, W, S: in the order in which people meet them. */
function rank(code: string): string {
  return `${'ERWS'.indexOf(code[0] ?? '')}${code.slice(1)}`;
}

function put(code: string, message: string): void {
  const [head = '', ...sections] = readFileSync(FILE, 'utf8').split(/^(?=### )/m);
  const filled = sections.map((section) =>
    section.startsWith(`### ${code}`) ? section.replace(/^> .*$/m, () => `> ${message}`) : section,
  );
  writeFileSync(FILE, [head, ...filled].join(''));
}

/** Splits a command line; quotes keep words together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
