import { openedAt } from '../base/yaml.ts';
import type { CST, YAMLError } from '../base/yaml.ts';
import type { Span } from '../errors/diagnostic.ts';
import { add, lineOf } from './report.ts';
import type { Extra, Report } from './report.ts';

/** What usually lies behind a problem that the parser names in its own words. */
const HINTS: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_ALIAS: 'put the text in quotes',
  BAD_DQ_ESCAPE: 'write "\\\\" for a backslash, or use single quotes',
  BAD_SCALAR_START: 'put the text in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'put text that holds ": " in quotes, or write it below "|"',
  MULTILINE_IMPLICIT_KEY: 'write "key: value", with a space behind the colon, and indent what belongs to it',
  TAB_AS_INDENT: 'indent with spaces',
  TAG_RESOLVE_FAILED: 'remove the tag, or put the text in quotes',
};

/** Looking for an opening walks through the whole file: it is done for so many problems. */
const OPENING_LIMIT = 20;

/** Reports what the parser found (E102), of each line the first: the others mostly follow from it. */
export function reportYaml(into: Report, problems: readonly YAMLError[], tokens: readonly CST.Token[]): void {
  const lines = new Set<string>();
  const loneCr = /\r(?!\n)/.test(into.source.text);
  for (const { code, message, pos } of problems) {
    const span = spanIn(into, pos[0], pos[1]);
    const line = lineOf(span);
    if (lines.has(line)) continue;
    lines.add(line);
    const unclosed = /^Missing closing|sufficiently indented and end with/.test(message);
    const opened = unclosed && lines.size <= OPENING_LIMIT ? openedAt(tokens, pos[0]) : null;
    const extra: Extra =
      opened === null
        ? { hint: loneCr ? 'end lines with LF or CRLF, this file has a CR alone' : hintOf(code, message) }
        : { related: [{ message: 'it was opened here', span: spanIn(into, opened, opened + 1) }] };
    add(into, 'E102', { span, path: '' }, `yaml: ${reason(message)}`, extra);
  }
}

/** The parser sees some problems one character behind the end of the text. */
export function spanIn({ source }: Report, from: number, to: number): Span {
  const start = Math.min(from, source.text.length);
  return { source, start, end: Math.min(Math.max(to, start), source.text.length) };
}

function hintOf(code: YAMLError['code'], message: string): string | null {
  if (message.startsWith('Unexpected scalar at node end')) return 'put the whole value in one pair of quotes';
  const key = message.startsWith('Implicit map keys') ? 'MULTILINE_IMPLICIT_KEY' : code;
  return HINTS[key] ?? null;
}

/** The parser's reason in our style: lower case, no full stop; it may quote the rest of the file, which is cut. */
function reason(message: string): string {
  const first = message.split(/[\r\n]/, 1)[0] ?? '';
  const short = first.length > 120 ? `${first.slice(0, 117)}...` : first;
  return `${short.slice(0, 1).toLowerCase()}${short.slice(1)}`.replace(/[.:] *$/, '');
}
