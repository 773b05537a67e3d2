import { USUAL_SIZE } from '../../src/term/sink.ts';
import { describe, expect, test } from 'vitest';
import { nameOf, type CommandSpec } from '../../src/cli/command-spec.ts';
import { readLine } from '../../src/cli/complete/command-line.ts';
import { optionName } from '../../src/cli/complete/placeholder.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { HELP_TOPICS } from '../../src/cli/help-topics.ts';
import type { Host } from '../../src/cli/host.ts';
import { LANGUAGE } from '../../src/cli/language-sheet.ts';
import { runProgram } from '../../src/cli/program.ts';
import { shellLine } from '../../src/cli/complete/shell-line.ts';
import { EXIT } from '../../src/errors/exit-codes.ts';
import { load } from '../support/diagnose.ts';
import { manualClock } from '../support/manual-clock.ts';

async function help(...argv: string[]): Promise<string> {
  let text = '';
  const out = {
    write: (data: unknown) => (text += String(data)),
    isTerminal: false,
    closed: false,
    busy: false,
    size: USUAL_SIZE,
  };
  const host: Host = {
    clock: manualClock(),
    env: {},
    cwd: '/',
    out,
    err: out,
    umask: 0o077,
    progress: { run: null },
    onSignal: () => () => undefined,
    readInput: () => Promise.resolve(''),
  };
  expect(await runProgram(argv, host)).toBe(EXIT.ok);
  return text;
}

/** Every command with the words that call it. */
function all(specs: readonly CommandSpec[], parents: readonly string[] = []): [string[], CommandSpec][] {
  return specs.flatMap((spec) => {
    const words = [...parents, nameOf(spec)];
    return [[words, spec] as [string[], CommandSpec], ...all(spec.commands ?? [], words)];
  });
}

describe('help', () => {
  const commands = all(COMMANDS);
  const pages = [[], ...commands.map(([words]) => words)].map((words) => [...words, '--help']);
  const topics = Object.keys(HELP_TOPICS).map((topic) => ['help', topic]);

  test.for([...pages, ...topics].map((argv) => ({ argv, called: argv.join(' ') })))(
    'flow $called fits in 80 columns',
    async ({ argv }) => {
      const lines = (await help(...argv)).split('\n');
      expect(lines.length).toBeGreaterThan(5);
      expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
    },
  );

  test.for(commands.map(([words, spec]) => ({ called: words.join(' '), words, spec })))(
    'flow $called shows examples of itself, of options that there are',
    async ({ words, spec }) => {
      const text = await help(...words, '--help');
      expect(text.startsWith('Examples:\n  ')).toBe(true);
      expect(spec.examples.length).toBeGreaterThan(0);
      for (const example of spec.examples) {
        expect(text).toContain(example);
        const typed = example.slice(example.indexOf('flow ')).replace(/[|<>)].*$/, '');
        const line = shellLine(`${typed} `, '').words.slice(1);
        expect(line.slice(0, words.length), example).toEqual(words);
        const read = readLine(line, '--');
        if (read?.place.kind !== 'option') throw new Error(example);
        const known = [...read.line.given, ...read.place.options.map(({ flags }) => optionName(flags).long)];
        const long = line.filter((word) => word.startsWith('--')).map((word) => word.split('=', 1)[0] ?? '');
        expect(
          long.filter((name) => !known.includes(name)),
          example,
        ).toEqual([]);
      }
    },
  );

  test('no two options of a command are called alike', () => {
    const twice = commands.flatMap(([words, { options = [] }]) => {
      const names = options.map(({ flags }) => optionName(flags).long);
      return names.filter((name, i) => names.indexOf(name) !== i).map((name) => `${words.join(' ')} ${name}`);
    });
    expect(twice).toEqual([]);
  });

  test('the page about the language is a DAG file without a warning, and fits on a screen', async () => {
    expect(await help('help', 'language')).toBe(`${LANGUAGE}\n`);
    const { dag, diagnostics } = load(LANGUAGE);
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
    expect(dag?.steps.length).toBeGreaterThan(5);
    expect(LANGUAGE.split('\n').length).toBeLessThanOrEqual(52);
  });
});
