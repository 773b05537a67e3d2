import type { Dag } from '../core/dag.ts';
import type { Diagnostic, Source } from '../errors/diagnostic.ts';
import { layOn, readBase } from './base.ts';
import type { BaseFile } from './base.ts';
import { decode } from './decode.ts';
import { readDocument } from './document.ts';
import { DAG_NAME, shown } from './names.ts';
import { field, fields, isLeafPlace, placeOf } from './place.ts';
import type { At, Place } from './place.ts';
import { hasErrors, lineOf, quote, report, sorted } from './report.ts';
import type { Around, DagExists, Deferred, LiteralFilter, ReadFile, Report } from './report.ts';
import { parseSource } from './source.ts';
import type { YamlDocument } from './source.ts';

export interface LoadInput {
  /** As people are shown it; its stem is the name of a DAG that has none. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** `--name`. */
  readonly name?: string;
  /** Whether a reference that cannot be resolved is an error (default) or the notice W402 (LANGUAGE.md §8.4). */
  readonly unresolved?: 'strict' | 'keep';
  /** The base file that every document is laid on (§21.5). */
  readonly base?: BaseFile;
  /** Whether to list the references that only a run can resolve. */
  readonly listDeferred?: boolean;
  /** For files that the DAG names (schema of `params`); without it there are none. */
  readonly readFile?: ReadFile;
  /** Looks a sub-DAG up beside the file and in the DAG folder, for W701; without it nothing is said. */
  readonly dagExists?: DagExists;
  /** What schedules are compared with; without it some warnings are not given. */
  readonly around?: Around;
}

export interface LoadResult {
  /** Document 1; null when anything in the file is an error. */
  readonly dag: Dag | null;
  /** All documents, that one first; the others are its sub-DAGs (§2.2). Empty when anything is an error. */
  readonly documents: readonly Dag[];
  /** All errors and warnings of all documents, in the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** Each place once, in the order of the file; empty unless asked for. */
  readonly deferred: readonly Deferred[];
  /** They are not compiled here: that takes a program. */
  readonly filters: readonly LiteralFilter[];
  readonly source: Source;
}

/** Loads a DAG file (LANGUAGE.md §2.5): the one loader of `validate` and `run`. Reads no disk, never throws. */
export function loadDag(input: LoadInput): LoadResult {
  const { source, problem } = decode(input.file, input.bytes);
  if (problem !== null)
    return { dag: null, documents: [], diagnostics: [problem], deferred: [], filters: [], source };
  const { readFile, around } = input;
  const filters: LiteralFilter[] = [];
  const deferred: Deferred[] = [];
  const begun: Report = {
    ...{ source, found: [], filters, unresolved: input.unresolved ?? 'strict' },
    ...{ ...(readFile && { readFile }), ...(around && { around }) },
    ...(input.listDeferred === true ? { deferred } : {}),
  };
  const documents = parseSource(begun);
  const into: Report = { ...begun, dagExists: subDags(documents, input.dagExists) };
  const base = input.base === undefined ? null : readBase(into, input.base);
  const taken = new Map<string, At>();
  const dags = documents.map((document, i) =>
    loadDocument(into, input, document, i, documents.length, taken, base),
  );
  const good = hasErrors(into) ? [] : dags.filter((dag) => dag !== null);
  const found = { diagnostics: sorted(into), deferred: inOrder(deferred), filters };
  return { dag: good[0] ?? null, documents: good, ...found, source };
}

/** The names of later documents come before files (§17). */
function subDags(documents: readonly YamlDocument[], elsewhere: DagExists = () => true): DagExists {
  const names = documents.slice(1).map(({ root }) => {
    const name = root === null ? null : field(placeOf(root, ''), 'name');
    return name !== null && isLeafPlace(name) ? name.node.text : null;
  });
  const later = new Set(names);
  return (target) => later.has(target) || elsewhere(target);
}

/** Shared settings are met by every step they apply to. */
function inOrder(deferred: readonly Deferred[]): Deferred[] {
  const once = new Map(deferred.map((one) => [`${one.span.start} ${one.span.end} ${one.raw}`, one]));
  return [...once.values()].sort((a, b) => a.span.start - b.span.start);
}

function loadDocument(
  into: Report,
  input: LoadInput,
  document: YamlDocument,
  index: number,
  count: number,
  taken: Map<string, At>,
  base: ReturnType<typeof readBase>,
): Dag | null {
  if (document.broken) return null;
  if (document.root === null) {
    const at = { span: { source: into.source, start: document.start, end: document.start }, path: '' };
    report(into, 'E101', at, count === 1 ? 'the file is empty' : `document ${index + 1} is empty`, {
      hint: 'a DAG has steps: `flow help language` shows one',
    });
    return null;
  }
  const root = placeOf(document.root, '');
  const name = index === 0 ? firstName(into, input, root) : laterName(into, root, index);
  if (name !== null) {
    const at: At = field(root, 'name') ?? root;
    const first = taken.get(name);
    if (first !== undefined) {
      const related = [{ message: 'the other document is here', span: first.span }];
      const text = `name ${quote(name)} must be unique in the file, see ${lineOf(first.span)}`;
      report(into, 'E104', at, text, { related });
    } else taken.set(name, at);
  }
  // Later documents are only ever run as child runs, which get the base file without its handlers.
  const withoutHandlers = index > 0 || input.base?.withoutHandlers === true;
  return readDocument(into, layOn(base, root, withoutHandlers), name ?? '');
}

/** `--name`, else the document's name, else the file stem (§2.3). */
function firstName(into: Report, input: LoadInput, root: Place): string | null {
  const own = ownName(into, root);
  if (input.name !== undefined) {
    return nameIsFine(into, null, input.name) ? input.name : null;
  }
  if (own !== undefined) return own;
  const stem = (input.file.split(/[/\\]/).at(-1) ?? '').replace(/\.ya?ml$/i, '');
  const at = { span: fields(root)[0]?.at.span ?? root.span, path: '' };
  return nameIsFine(into, at, stem, 'add "name:" to the file') ? stem : null;
}

function laterName(into: Report, root: Place, index: number): string | null {
  const own = ownName(into, root);
  if (own !== undefined) return own;
  if (root.node.kind === 'map') {
    const at = { span: fields(root)[0]?.at.span ?? root.span, path: '' };
    report(into, 'E104', at, `document ${index + 1} must have a name`, { hint: 'add "name:" to it' });
  }
  return null;
}

/** Undefined: the document has no name; null: a wrong one, which is reported. */
function ownName(into: Report, root: Place): string | null | undefined {
  const place = field(root, 'name');
  if (place === null) return undefined;
  if (!isLeafPlace(place)) return null;
  return nameIsFine(into, place, place.node.text) ? place.node.text : null;
}

/** `at` is null for a name that does not stand in the file. */
function nameIsFine(into: Report, at: At | null, name: string, hint: string | null = null): boolean {
  if (DAG_NAME.test(name) && [...name].length <= 100) return true;
  const rule = `it must match ${shown(DAG_NAME)} and have at most 100 characters`;
  const text = `invalid DAG name ${quote(name)}, ${rule}`;
  if (at === null) into.found.push({ code: 'E103', severity: 'error', message: `--name: ${text}` });
  else report(into, 'E103', at, text, { hint });
  return false;
}
