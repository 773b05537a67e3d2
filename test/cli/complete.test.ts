import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { GLOBAL_OPTIONS, type CommandSpec } from '../../src/cli/command-spec.ts';
import { optionName, placeholders, wantedBy, wantedByOption } from '../../src/cli/complete/placeholder.ts';
import { asTyped, shellLine } from '../../src/cli/complete/shell-line.ts';

const BREAKS = ' \t\n"\'@><=;|&(:';

describe('what a shell offers', () => {
  /** For these nobody but the person knows what to write. */
  const FREE = 'duration id json k=v k[=v] n name query seq text time'.split(' ');

  test('every placeholder of a command or an option is looked up, a choice, or free text', () => {
    const all = (specs: readonly CommandSpec[]): CommandSpec[] =>
      specs.flatMap((spec) => [spec, ...all(spec.commands ?? [])]);
    const commands = all(COMMANDS);
    const options = [...GLOBAL_OPTIONS, ...commands.flatMap(({ options = [] }) => options)];
    const names = options.map(({ flags }) => optionName(flags));
    expect(names.filter(({ long }) => long === '')).toEqual([]);
    const wanted = [
      ...commands.flatMap(({ usage }) => placeholders(usage).map((name) => [name, wantedBy(name)] as const)),
      ...names.flatMap((name) => (name.value === null ? [] : [[name.value, wantedByOption(name)] as const])),
    ];
    const nothing = wanted.filter(([, { kinds, words }]) => kinds.length + words.length === 0);
    const unknown = nothing.map(([name]) => name).filter((name) => !FREE.includes(name));
    expect(unknown).toEqual(['params...', 'params...']);
    expect(wanted.length - nothing.length).toBeGreaterThan(40);
  });
});

describe('a line of bash', () => {
  test.for([
    ['flow run etl', ['flow', 'run'], 'etl', 0, null],
    ['flow run ', ['flow', 'run'], '', 0, null],
    ['flow logs a\\ b', ['flow', 'logs'], 'a b', 0, null],
    ['flow "a b" c', ['flow', 'a b'], 'c', 0, null],
    ['flow "a b', ['flow'], 'a b', 0, '"'],
    ["flow --from='a\\", ['flow'], '--from=a\\', 7, "'"],
    ['flow --from=load:e', ['flow'], '--from=load:e', 12, null],
    ['flow load\\:e', ['flow'], 'load:e', 0, null],
    ['flow "load:e', ['flow'], 'load:e', 0, '"'],
    ['flow "say \\"hi\\" \\n', ['flow'], 'say "hi" \\n', 0, '"'],
    ['flow "" x', ['flow', ''], 'x', 0, null],
    ['flow a\\', ['flow'], 'a', 0, null],
  ] as const)('%s', ([line, words, last, from, quote]) => {
    expect(shellLine(line, BREAKS)).toEqual({ words, last, from, quote });
  });

  test.for([
    ['flow lo', 'load:eu', 'load:eu'],
    ['flow load:', 'load:eu', 'eu'],
    ['flow s', 'say "hi" $1', 'say\\ \\"hi\\"\\ \\$1'],
    ['flow "s', 'say "hi" $1', 'say \\"hi\\" \\$1'],
    ["flow 's", "say it's", "say it'\\''s"],
    ['flow d', 'deploy[eu]', 'deploy\\[eu\\]'],
    ['flow ~/d', '~/dags/', '~/dags/'],
    ['flow "~/d', '~/dags/', '~/dags/'],
    ['flow x', 'x~y', 'x\\~y'],
    ['flow ü', 'über-größe', 'über-größe'],
  ] as const)('%s: %s is put in as %s', ([line, word, typed]) => {
    expect(asTyped(word, shellLine(line, BREAKS))).toBe(typed);
  });
});
