import type { Diagnostic, Source, Span } from './diagnostic.ts';
import { displayWidth } from '../base/width.ts';
import { expandTabs, visible } from './columns.ts';
import { lineIndex, lineStarts, position } from './position.ts';

/** What a piece of the text stands for; how it looks is the caller's business. */
export type RenderStyle = 'error' | 'warning' | 'place' | 'dim' | 'caret' | 'hint';

export interface RenderOptions {
  readonly color: (style: RenderStyle, text: string) => string;
}

/** Lines longer than this are shown around the place only. */
const LONGEST_LINE = 200;

/** Diagnostics as people read them (LANGUAGE.md §2.5); empty for none, else it ends with a line break. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  return diagnostics.map((d) => `${renderOne(d, options).join('\n')}\n`).join('');
}

function renderOne(d: Diagnostic, { color }: RenderOptions): string[] {
  const title = `${color(d.severity, `${d.severity}[${d.code}]`)} ${visible(d.message)}`;
  const lines =
    d.span === undefined
      ? [title]
      : [`${placeText(d.span, color)}: ${title}`, ...frame(d.span, d.severity, color)];
  for (const { message, span } of d.related ?? []) {
    lines.push(`${placeText(span, color)}: ${color('dim', `note: ${visible(message)}`)}`);
    lines.push(...frame(span, 'dim', color));
  }
  if (d.hint !== undefined) lines.push(`${color('hint', 'hint:')} ${visible(d.hint)}`);
  return lines;
}

function placeText(span: Span, color: RenderOptions['color']): string {
  const { line, column } = position(span);
  return color('place', `${visible(span.source.file)}:${line}:${column}`);
}

/** The line before, the line itself, and carets under the part that the span covers of it. */
function frame(span: Span, style: RenderStyle, color: RenderOptions['color']): string[] {
  const { source, start, end } = span;
  if (source.text === '') return [];
  const index = lineIndex(source, start);
  const number = String(index + 1);
  const width = Math.max(5, number.length);
  const row = (label: string, text: string): string =>
    `${color('dim', `${label.padStart(width)} |`)}${text === '' ? '' : ` ${text}`}`;
  const lines: string[] = [];
  const before = windowOf(source, index - 1, 0);
  if (before !== null && before.text.trim() !== '') {
    lines.push(row(String(index), before.open + expandTabs(visible(before.text)) + before.more));
  }
  const { text, from, open, more } = windowOf(source, index, start) ?? {
    text: '',
    from: start,
    open: '',
    more: '',
  };
  const to = Math.max(start, Math.min(end, from + text.length));
  const head = open + expandTabs(visible(text.slice(0, start - from)), displayWidth(open));
  const marked = expandTabs(visible(text.slice(start - from, to - from)), displayWidth(head));
  const tail = expandTabs(visible(text.slice(to - from)), displayWidth(head) + displayWidth(marked));
  const carets = '^'.repeat(Math.max(1, displayWidth(marked)));
  lines.push(row(number, (head + marked + tail).trimEnd() + more));
  lines.push(row('', ' '.repeat(displayWidth(head)) + color(style === 'dim' ? 'dim' : 'caret', carets)));
  return lines;
}

interface Window {
  readonly text: string;
  /** Offset of the text in the source. */
  readonly from: number;
  /** `…` where the line goes on. */
  readonly open: string;
  readonly more: string;
}

/** A line without its line break, or the part of a long one around an offset; null where there is no line. */
function windowOf(source: Source, index: number, around: number): Window | null {
  const starts = lineStarts(source);
  const first = starts[index];
  if (first === undefined) return null;
  const next = starts[index + 1];
  let last = next === undefined ? source.text.length : next - 1;
  if (source.text[last - 1] === '\r') last -= 1;
  const whole = last - first <= LONGEST_LINE;
  const from = whole || around - first <= LONGEST_LINE / 2 ? first : around - LONGEST_LINE / 4;
  const to = whole ? last : Math.min(last, from + LONGEST_LINE);
  const text = source.text.slice(from, to).trimEnd();
  return { text, from, open: from > first ? '…' : '', more: to < last ? '…' : '' };
}

/** One problem as `--json` prints it (§2.5); null where there is nothing to tell. */
export interface DiagnosticJson {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly path: string | null;
  readonly message: string;
  readonly hint: string | null;
}

export function diagnosticsToJson(diagnostics: readonly Diagnostic[]): DiagnosticJson[] {
  return diagnostics.map((d) => {
    const at = d.span === undefined ? null : position(d.span);
    return {
      code: d.code,
      severity: d.severity,
      file: d.span?.source.file ?? null,
      line: at?.line ?? null,
      column: at?.column ?? null,
      path: d.path ?? null,
      message: d.message,
      hint: d.hint ?? null,
    };
  });
}
