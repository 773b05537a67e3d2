import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTIONS } from '../../src/language/action-fields.ts';
import { refusedActionNames, refusedKeys } from '../../src/language/unsupported.ts';
import { languageSchema } from '../../src/language/editor-schema.ts';
import { blocksOf } from './markdown.ts';
import type { Random } from './random.ts';

/** Every DAG file of the repository: examples, golden cases and the blocks of the documents. */
export function corpus(): string[] {
  const files = ['dags', 'test/golden'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const blocks = readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .sort()
    .flatMap((name) => blocksOf(readFileSync(join('docs', name), 'utf8')))
    .filter(({ info }) => info.startsWith('yaml'))
    .map(({ text }) => text);
  return [...files, ...blocks];
}

/** Every key that any map of a DAG file knows, refuses or once knew. */
function keys(): string[] {
  const found = new Set<string>([
    ...[...refusedKeys('root'), ...refusedKeys('step'), ...refusedKeys('defaults'), ...refusedKeys('with')],
    ...['dir', 'precondition', 'executor', 'exec', 'call', 'handlerOn', 'retryPolicy', 'cancel', 'match'],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '<<', '', '~', 'null', 'true', '1', '? '],
  ]);
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'properties') for (const name of Object.keys(inner as object)) found.add(name);
      walk(inner);
    }
  };
  walk(languageSchema());
  return [...found];
}

const NASTY = [
  ...[
    '',
    '~',
    'null',
    'true',
    'yes',
    '1.10',
    '-0',
    '.inf',
    '-.INF',
    '.nan',
    '0o17',
    '0x1F',
    '1e999',
    '1_000',
  ],
  ...[
    '12345678901234567890',
    '-1',
    '0.5',
    '99999999999',
    '"\\0"',
    '"\\uD800"',
    '"\\x85"',
    "''",
    '""',
    '"',
    "'",
  ],
  ...[
    '|',
    '>',
    '|+',
    '>-',
    '|2-',
    '&a',
    '*a',
    '&a *a',
    '<<: *a',
    '!!binary x',
    '!!str 1',
    '!x',
    '!<',
    '%YAML 1.1',
  ],
  ...[
    '---',
    '...',
    '- - - -',
    '? ',
    ': ',
    ':',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '[]',
    '{}',
    ',',
    '#',
    ' #',
    '\t',
    '\u00a0',
  ],
  ...[
    '\u2028',
    '\u0085',
    '\ufeff',
    '\0',
    '\x1b[31m',
    '\u202e',
    '🙂',
    'e\u0301',
    '名前',
    '\ud800',
    '\r',
    '\r\n',
    '\n',
  ],
  ...[
    '${',
    '${}',
    '${x',
    '${steps.}',
    '${steps.a.outputs.b}',
    '${steps.a.outputs.b[0].c["d"]}',
    '${params.x}',
  ],
  ...[
    '${consts.c}',
    '${env.}',
    '${context.run.id}',
    '${foreach.index}',
    '${ITEM.a}',
    '${a.output}',
    '$x',
    '\\$x',
  ],
  ...[
    '${A:-${B:-${C}}}',
    '${A:?}',
    '${A##*}',
    '${A:1:-1}',
    '${#A}',
    '${A/b/c}',
    '$(x)',
    '`x`',
    '$((1))',
    "'$x'",
  ],
  ...[
    're:(',
    're:(?=x)',
    're:(a+)+$',
    '^(a|a)*$',
    '[[:alpha:]',
    '(?<n>a)',
    '\\Q',
    '*/5 * * * *',
    '1h30m',
    '9999d',
  ],
  ...[
    'Europe/Berlin',
    'SIGTERM',
    '$defs',
    '{$ref: "#"}',
    '{$ref: "#/x"}',
    '{type: [string, null]}',
    '2027-02-30',
  ],
  ...[
    'a',
    'b',
    'a: b',
    'a=b',
    'KEY=value',
    '[a, b]',
    '{a: 1}',
    '[[a], [b]]',
    '../../etc',
    '/dev/zero',
    '@all',
  ],
];

/** What a mutation may put into a file: keys, names of actions and texts that are hard to read. */
export function dictionary(): { readonly keys: readonly string[]; readonly values: readonly string[] } {
  return { keys: keys(), values: [...NASTY, ...ACTIONS.keys(), ...refusedActionNames()] };
}

type Dictionary = ReturnType<typeof dictionary>;
type Mutation = (text: string, random: Random, words: Dictionary, others: readonly string[]) => string;

const KEY = /[A-Za-z_]\w*(?=:\s)/g;
const WORD = /[A-Za-z_][\w.]*/g;
const VALUE = /(?<=[:,[-] )[^\s,\]}[{|>"'&*#][^\n,\]}]*/g;

/** Replaces one of the matches of a pattern. */
function replaceOne(text: string, pattern: RegExp, random: Random, by: (found: string) => string): string {
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return text + by('');
  const { index, 0: found } = random.pick(matches);
  return text.slice(0, index) + by(found) + text.slice(index + found.length);
}

function onLines(change: (lines: string[], at: number, random: Random) => void): Mutation {
  return (text, random) => {
    const lines = text.split('\n');
    change(lines, random.below(lines.length), random);
    return lines.join('\n');
  };
}

/** A value that does not break the YAML around it, however odd it is. */
function tame(random: Random, { values, keys }: Dictionary): string {
  const value = random.pick(random.oneIn(3) ? keys : values);
  return random.oneIn(4) ? value : JSON.stringify(value);
}

/** The file mostly stays YAML: what is tried are the checks of the language. */
const GENTLE: readonly Mutation[] = [
  onLines((lines, at) => lines.splice(at, 1)),
  onLines((lines, at, random) => lines.splice(random.below(lines.length), 0, ...lines.splice(at, 1))),
  (text, random, { keys }) => replaceOne(text, KEY, random, () => random.pick(keys)),
  (text, random, { keys }) => replaceOne(text, WORD, random, () => random.pick(keys)),
  (text, random, words) => replaceOne(text, VALUE, random, () => tame(random, words)),
  (text, random, words) => replaceOne(text, VALUE, random, () => `[${tame(random, words)}]`),
  (text, random, words) =>
    replaceOne(text, VALUE, random, () => `{${random.pick(words.keys)}: ${tame(random, words)}}`),
  (text, random, words) =>
    replaceOne(
      text,
      /^ *(?=\w+:)/gm,
      random,
      (to) => `${to}${random.pick(words.keys)}: ${tame(random, words)}\n${to}`,
    ),
  (text, random, { values }) =>
    replaceOne(text, /(?<=["'] ?)[^"'\n]+(?=["'])/g, random, () => random.pick(values)),
  (text, random) =>
    replaceOne(text, WORD, random, (old) => random.pick([old.toUpperCase(), old.slice(1), `${old}${old}`])),
  (text, random) =>
    replaceOne(text, WORD, random, (old) => old.replace(/_(\w)/g, (_, c: string) => c.toUpperCase())),
];

const ROUGH: readonly Mutation[] = [
  onLines((lines, at) => lines.splice(at, 0, lines[at] ?? '')),
  onLines((lines, at, random) => (lines[at] = random.pick([' ', '  ', '\t', '- ']) + (lines[at] ?? ''))),
  onLines((lines, at) => (lines[at] = (lines[at] ?? '').replace(/^ {1,2}/, ''))),
  onLines((lines, at, random) => lines.splice(at, lines.length, (lines[at] ?? '').slice(0, random.below(9)))),
  (text, random, { values }) => replaceOne(text, VALUE, random, () => random.pick(values)),
  (text, random, { values }) => replaceOne(text, VALUE, random, (old) => `${old}${random.pick(values)}`),
  (text, random, { values }) => replaceOne(text, VALUE, random, (old) => `${random.pick(values)} ${old}`),
  (text, random) => `${replaceOne(text, VALUE, random, (old) => `&a ${old}`)}\nenv: *a\n`,
  (text, random, { values }) => {
    const at = random.below(text.length + 1);
    return text.slice(0, at) + random.pick(values) + text.slice(at + random.below(3));
  },
  (text, random, _, others) =>
    `${text}\n${random.pick(['', '---\n', '--- # x\nname: z\n'])}${random.pick(others)}`,
  (text, random, _, others) => {
    const other = random.pick(others);
    return text.slice(0, random.below(text.length)) + other.slice(random.below(other.length));
  },
  (text, random) =>
    replaceOne(text, VALUE, random, (old) => random.pick(['[', '{a: ', '- ']).repeat(random.below(80)) + old),
  (text, random) => text.replaceAll('\n', random.pick(['\r\n', '\r', '\n\n', '\n\u2028', '\u0085'])),
  (text, random) =>
    replaceOne(text, /\n/g, random, (old) => old.repeat(random.below(4)) + ' '.repeat(random.below(9))),
  (text, random) => replaceOne(text, WORD, random, (old) => old.repeat(1 + random.below(400))),
];

/** A few mutations of one of the files. */
export function mutated(files: readonly string[], words: Dictionary, random: Random): string {
  let text = random.pick(files);
  const rough = random.oneIn(3);
  for (let n = 1 + random.below(4); n > 0; n--) {
    text = random.pick(rough && random.oneIn(2) ? ROUGH : GENTLE)(text, random, words, files);
  }
  return text;
}

/** Mostly UTF-8; sometimes with a mark in front, in another encoding, or with damaged bytes. */
export function encoded(text: string, random: Random): Uint8Array {
  if (random.oneIn(20)) return Buffer.from(`\ufeff${text}`);
  if (random.oneIn(60)) return Buffer.from(text, random.pick(['utf16le', 'latin1'] as const));
  const bytes = Buffer.from(text);
  if (random.oneIn(10) && bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
  return random.oneIn(20) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}
