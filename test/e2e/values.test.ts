import fc from 'fast-check';
import { expect, test } from 'vitest';
import { place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

/**
 * Any text goes into steps byte for byte (RELIABILITY.md H1): many texts are handed to one run, in every way
 * there is, and the steps write down what has arrived. NUL alone cannot stand in an environment.
 */
const PIECES = [
  ...[
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
    '"',
    "'",
    '`',
    '\\',
    '\\\\',
    '$',
    '$$',
    '\\$',
    '$()',
    '$(id)',
    '${',
    '}',
    '{',
  ],
  ...[
    '${params.p0}',
    '${env.HOME}',
    '$HOME',
    "'$HOME'",
    '${A:-b}',
    '${#A}',
    '$1',
    '`id`',
    ';',
    '&',
    '|',
    '<',
    '>',
  ],
  ...['-', '--', '-rf', '=', '#', ' #', ':', ': ', '%', '%s', '*', '?', '[', ']', '!', '~', '@', '/', '../'],
  ...[
    '🙂',
    '👩‍👩‍👧',
    'é',
    'e\u0301',
    '名',
    '\ufeff',
    '\u00a0',
    '\u0085',
    '\u2028',
    '\u202e',
    '\x1b[31m',
    '\x7f',
    '\x01',
  ],
  ...[
    'true',
    'null',
    '1.10',
    '0o17',
    '12345678901234567890',
    'EOT',
    '<<EOT',
    '---',
    '\nEOT\n',
    're:',
    'a',
    'B',
    '',
  ],
];
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...PIECES), maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((any) => any.replaceAll('\0', '')),
);
const COUNT = 60;
const texts = fc
  .array(text, { minLength: COUNT, maxLength: COUNT })
  .map((many) => [...PIECES.slice(0, 8), ...many].map((one, i) => (i % 7 === 0 ? `-${one}` : one)));

/** A reference or variable in a field is flow's; all other text is the author's. */
const literal = (value: string): string => value.replace(/[\\$]+(?=[\w{])/g, '');

const DUMP = `
import { writeFileSync } from 'node:fs';
const [name, ...args] = process.argv.slice(2);
writeFileSync(name, JSON.stringify({ args, env: process.env }));`;

const EMIT = `
import { appendFileSync } from 'node:fs';
const names = Object.keys(process.env).filter((key) => /^p\\d+$/.test(key));
const file = process.env.FLOW_OUTPUT_FILE;
for (const name of names) appendFileSync(file, 'o' + name + '<<_END_OF_IT_\\n' + process.env[name] + '\\n_END_OF_IT_\\n');
appendFileSync(file, 'all=' + JSON.stringify(Object.fromEntries(names.map((name) => [name, process.env[name]]))));
process.stdout.write(process.env.p0);`;

/** JSON is YAML. */
function dagOf(values: readonly string[]): string {
  const all = <T>(make: (value: string, i: number) => T): T[] => values.map(make);
  const node = { action: 'exec', with: { command: process.execPath, args: ['dump.mjs'] } };
  return JSON.stringify({
    params: all((value, i) => [{ name: `p${i}` }, { name: `d${i}`, default: value }]).flat(),
    env: all((value, i) => [{ [`R${i}`]: `\${params.p${i}}` }, { [`L${i}`]: literal(value) }]).flat(),
    steps: [
      {
        id: 'first',
        ...node,
        with: { ...node.with, args: ['dump.mjs', 'first.json', ...all((_, i) => `\${params.p${i}}`)] },
        env: all((value, i) => [
          { [`S${i}`]: `\${params.p${i}}` },
          { [`T${i}`]: literal(value) },
          { [`U${i}`]: `\${env.R${i}}` },
          { [`V${i}`]: `"$p${i}"` },
        ]).flat(),
      },
      {
        id: 'emit',
        action: 'exec',
        with: { command: process.execPath, args: ['emit.mjs'] },
        outputs: [...all((_, i) => ({ name: `op${i}` })), { name: 'all', type: 'json' }],
      },
      { id: 'shell', run: 'printf "%s" "$p0"', output: 'CAPTURED' },
      {
        id: 'second',
        depends: ['emit', 'shell'],
        ...node,
        with: { ...node.with, args: ['dump.mjs', 'second.json'] },
        env: all((_, i) => [
          { [`O${i}`]: `\${steps.emit.outputs.op${i}}` },
          { [`J${i}`]: `\${steps.emit.outputs.all.p${i}}` },
        ]).flat(),
      },
    ],
  });
}

interface Seen {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function check(at: Place, values: readonly string[], given: readonly string[]): Promise<void> {
  at.write('dag.yaml', dagOf(values));
  at.write('dump.mjs', DUMP);
  at.write('emit.mjs', EMIT);
  const { code, stderr } = await at.flow(['run', 'dag.yaml', '--output', 'plain', ...given]);
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  const first = JSON.parse(at.read('first.json')) as Seen;
  const second = JSON.parse(at.read('second.json')) as Seen;
  const under = ({ env }: Seen, prefix: string): unknown[] => values.map((_, i) => env[`${prefix}${i}`]);
  for (const prefix of ['p', 'd', 'R', 'S', 'U']) expect(under(first, prefix), prefix).toEqual(values);
  for (const prefix of ['L', 'T']) expect(under(first, prefix), prefix).toEqual(values.map(literal));
  expect(under(first, 'V')).toEqual(values.map((value) => `"${value}"`));
  expect(first.args).toEqual(values);
  const params = JSON.parse(first.env['FLOW_PARAMS_JSON'] ?? '') as Record<string, string>;
  expect(values.map((_, i) => params[`p${i}`])).toEqual(values);
  expect(under(second, 'J')).toEqual(values);
  // §11.2: in the output file a CRLF counts as LF, also the one that a CR and the line break behind it make.
  expect(under(second, 'O')).toEqual(
    values.map((value) => `${value}\n`.replaceAll('\r\n', '\n').slice(0, -1)),
  );
  expect(second.env['CAPTURED']).toBe(values[0]?.trim());
}

const WAYS: Readonly<Record<string, (at: Place, values: Readonly<Record<string, string>>) => string[]>> = {
  words: (_, values) => ['--', ...Object.entries(values).map(([name, value]) => `${name}=${value}`)],
  '-p JSON': (_, values) => ['-p', JSON.stringify(values)],
  '-p with one word': (_, values) =>
    Object.entries(values).flatMap(([name, value]) => ['-p', `${name}=${quoted(value)}`]),
  '--params-file': (at, values) => ['--params-file', at.write('params.json', JSON.stringify(values))],
};

/** `"…"` knows `\\"` and `\\\\`. */
function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

test.each(Object.keys(WAYS))('H1 every text arrives as it was given: %s', async (way) => {
  const at = place();
  await fc.assert(
    fc.asyncProperty(texts, async (values) => {
      const params = Object.fromEntries(values.map((value, i) => [`p${i}`, value]));
      await check(at, values, WAYS[way]?.(at, params) ?? []);
    }),
    { numRuns: 3, endOnFailure: true },
  );
});

test('H1 the environment of the caller goes through, names and values', async () => {
  const at = place();
  at.write('dump.mjs', DUMP);
  const env = Object.fromEntries(PIECES.map((piece, i) => [`C${i}`, piece]));
  at.write(
    'dag.yaml',
    `steps: [{action: exec, with: {command: ${process.execPath}, args: [dump.mjs, out.json]}}]`,
  );
  expect((await at.flow(['run', 'dag.yaml'], { env })).code).toBe(0);
  expect((JSON.parse(at.read('out.json')) as Seen).env).toMatchObject(env);
});
