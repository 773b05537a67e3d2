import type { Diagnostic, Source, Span } from '../errors/diagnostic.ts';
import { lineIndex } from '../errors/position.ts';
import { didYouMean } from '../errors/suggest.ts';
import type { At } from './place.ts';

/** Collects the problems of one file. */
export interface Report {
  readonly source: Source;
  readonly found: Diagnostic[];
  /** What an unresolvable reference is: an error, or the notice W402 (LANGUAGE.md §8.4). */
  readonly unresolved: 'strict' | 'keep';
  /** What only jq can judge; collected for who can ask it. */
  readonly filters?: LiteralFilter[];
  /** References that nothing is wrong with and that only a run can resolve, where somebody asks for them. */
  readonly deferred?: Deferred[];
  /** Reads a file that the DAG names while it is loaded, relative to the DAG file. */
  readonly readFile?: ReadFile;
  /** Looks up what `dag.run` and `dag.enqueue` name. */
  readonly dagExists?: DagExists;
  readonly around?: Around;
}

/** Where and when a file is loaded: the loader itself knows no clock. */
export interface Around {
  /** In milliseconds. */
  readonly now: number;
  /** The zone of schedules that name none (LANGUAGE.md §20.3). */
  readonly zone: string;
}

/** Whether a sub-DAG is found (LANGUAGE.md §17): true, or the places that were tried. */
export type DagExists = (target: string) => true | readonly string[];

/** A jq filter without references, which must compile (E703). */
export interface LiteralFilter extends At {
  readonly text: string;
}

/** A reference as written, or a variable that flow expands. */
export interface Deferred extends At {
  readonly raw: string;
}

/** The bytes of a file by its path as written, or why it cannot be read. */
export type ReadFile = (path: string) => { readonly bytes: Uint8Array } | { readonly error: string };

export interface Extra {
  readonly hint?: string | null;
  readonly related?: readonly { readonly message: string; readonly span: Span }[];
  /** Path to show in the message instead of the field's own; empty: none. */
  readonly label?: string;
}

/** Adds a problem: `<path>: <text>`, or `<path> must be …`; its severity follows from the code. */
export function report(into: Report, code: string, at: At, text: string, extra: Extra = {}): void {
  const label = extra.label ?? at.path;
  const colon = /^(?:must|is) /.test(text) ? '' : ':';
  add(into, code, at, label === '' ? text : `${label}${colon} ${text}`, extra);
}

/** Adds a problem with a message that names the field itself. */
export function add(into: Report, code: string, at: At, message: string, extra: Extra = {}): void {
  into.found.push({
    code,
    severity: code.startsWith('W') ? 'warning' : 'error',
    message,
    path: at.path === '' ? null : at.path,
    span: at.span,
    ...(extra.related === undefined ? {} : { related: extra.related }),
    ...(extra.hint === undefined || extra.hint === null ? {} : { hint: extra.hint }),
  });
}

/** Beyond this many problems suggestions, which compare with every known word, are not worth their time. */
const SUGGEST_LIMIT = 50;

/** `did you mean "x"?` for names of which a file may hold very many. */
export function suggest(into: Report, word: string, known: Iterable<string>): string | null {
  return into.found.length < SUGGEST_LIMIT ? didYouMean(word, known) : null;
}

/** Text from a file inside a message: quoted, on one line, not longer than a line. */
export function quote(text: string): string {
  const points = [...text];
  return JSON.stringify(points.length > 60 ? `${points.slice(0, 57).join('')}...` : text);
}

/** `line 4`, for messages that name another place. */
export function lineOf(span: Span): string {
  return `line ${lineIndex(span.source, span.start) + 1}`;
}

export function hasErrors(into: Report): boolean {
  return into.found.some((d) => d.severity === 'error');
}

/**
 * The problems in the order of the file, those of its base file after them, each once: shared settings are met by
 * every step they apply to.
 */
export function sorted(into: Report): Diagnostic[] {
  const seen = new Set<string>();
  const once = into.found.filter((d) => {
    const key = `${d.code} ${sourceRank(into, d)} ${d.span?.start ?? -1} ${d.span?.end ?? -1} ${d.message}`;
    return !seen.has(key) && seen.add(key);
  });
  return once.sort(
    (a, b) => sourceRank(into, a) - sourceRank(into, b) || (a.span?.start ?? -1) - (b.span?.start ?? -1),
  );
}

function sourceRank(into: Report, { span }: Diagnostic): number {
  return span === undefined || span.source === into.source ? 0 : 1;
}
