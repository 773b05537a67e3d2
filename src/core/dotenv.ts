import type { EnvEntry } from './dag.ts';

/**
 * Parses a dotenv file (LANGUAGE.md §7.5): `KEY=value` or `export KEY=value`, `#` comments; `'…'` is literal, `"…"`
 * knows `\n`, `\t`, `\"`, `\\`. In bare and double-quoted values `$KEY` and `${KEY}` of earlier lines expand, others
 * stay as written. No command is ever run (RELIABILITY.md H11). `line` is the first that is malformed, from 1.
 */
export function parseDotenv(text: string): { entries: EnvEntry[] } | { line: number; reason: string } {
  const values = new Map<string, string>();
  const entries: EnvEntry[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/.exec(line);
    if (match === null) return { line: index + 1, reason: 'expected KEY=value' };
    const [, name = '', written = ''] = match;
    const value = readValue(written.trim(), written, values);
    if (value === null) return { line: index + 1, reason: 'a quote is not closed, or something follows it' };
    if (value.includes('\0')) return { line: index + 1, reason: 'a value must not contain a NUL character' };
    values.set(name, value);
    entries.push({ name, value });
  }
  return { entries };
}

const SINGLE = /^'([^']*)'\s*(?:#[^]*)?$/;
const DOUBLE = /^"((?:[^"\\]|\\[^])*)"\s*(?:#[^]*)?$/;

/** Null: the line is malformed. `written` begins with the blanks that make `KEY= # note` a comment. */
function readValue(text: string, written: string, values: ReadonlyMap<string, string>): string | null {
  if (text.startsWith("'")) return SINGLE.exec(text)?.[1] ?? null;
  if (text.startsWith('"')) {
    const inner = DOUBLE.exec(text)?.[1];
    return inner === undefined ? null : expand(inner, values, true);
  }
  return expand(written.replace(/(^|\s)#[^]*$/, '').trim(), values, false);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '"': '"', '\\': '\\' };

function expand(text: string, values: ReadonlyMap<string, string>, escapes: boolean): string {
  return text.replace(
    /\\([^])|\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (raw: string, escaped?: string, braced?: string, bare?: string) =>
      escaped === undefined
        ? (values.get(braced ?? bare ?? '') ?? raw)
        : escapes
          ? (ESCAPES[escaped] ?? raw)
          : raw,
  );
}
