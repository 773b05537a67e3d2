import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeTry, processes } from './support.ts';

const NASTY = [
  ...[
    '',
    ' ',
    "'",
    '"',
    '\\',
    '\n',
    '\r\n',
    '$(exit 3)',
    '`exit 3`',
    '; exit 3 #',
    '-rf',
    '--',
    '*',
    '~',
    '!x',
  ],
  ...['🙂', 'é', '\u0081', '\u0088', "'\\''", "$'\\n'", '%s', '\t', '\u007f', '\u{10ffff}', 'a\n'],
];
const text = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.array(fc.constantFrom(...NASTY), { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', '')),
);

describe('values reach a command as they are (H1)', () => {
  test('100 variables and 100 arguments in one process', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 100, maxLength: 100 }), async (pairs) => {
        const it = makeTry();
        const vars = Object.fromEntries(pairs.map(([value], i) => [`V${i}`, value]));
        const words = pairs.map(([, word]) => word);
        const spec = it.spec(
          [
            ['env', '-0'],
            ['printf', '%s\\0', ...words],
          ],
          { vars },
        );
        expect((await (await processes.start(spec)).ended).code).toBe(0);
        const printed = it.stdout().toString('utf8').split('\0');
        const got = new Set(printed.slice(0, -words.length - 1));
        expect(Object.entries(vars).filter(([name, value]) => !got.has(`${name}=${value}`))).toEqual([]);
        expect(printed.slice(-words.length - 1, -1)).toEqual(words);
      }),
      { numRuns: 4 },
    );
  });

  test('also variables that a shell does not pass on: positional params (LANGUAGE.md §9.2), IFS', async () => {
    const it = makeTry();
    const spec = it.spec([['env', '-0']], { vars: { 1: "it's one", 12: 'x\ny', IFS: ':', OPTIND: '4' } });
    await (
      await processes.start(spec)
    ).ended;
    const got = it.stdout().toString().split('\0');
    expect(got).toEqual(expect.arrayContaining(["1=it's one", '12=x\ny', 'IFS=:', 'OPTIND=4']));
  });

  test('a command gets no variable that the wrapper made up', async () => {
    const it = makeTry();
    const spec = it.spec([['env', '-0']], {
      vars: { PWD: it.root, OLDPWD: '/', SHLVL: '0', _: 'y', PS4: 'x', d: '1', s: '2' },
    });
    await (
      await processes.start(spec)
    ).ended;
    const names = it
      .stdout()
      .toString()
      .split('\0')
      .map((entry) => entry.split('=')[0]);
    expect(names.sort()).toEqual(['', ...Object.keys(spec.env)].sort());
  });

  test('a program is run even where the shell has a builtin of its name', async () => {
    const it = makeTry();
    const spec = it.spec([['echo', 'a\\tb', '-n'], ['test', '-e', '.'], ['true']]);
    expect((await (await processes.start(spec)).ended).code).toBe(0);
    expect(it.stdout().toString()).toBe('a\\tb -n\n');
  });
});
