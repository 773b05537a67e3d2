import type { OutputEntry, OutputSource } from '../core/dag.ts';
import { parsePath } from '../core/reference/path.ts';
import { check } from './check.ts';
import { NAME, shown } from './names.ts';
import { field, fields, isLeafPlace, keyAt } from './place.ts';
import type { At, Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { DECODERS, OUTPUT_SOURCE, STDOUT_OUTPUTS } from './step-fields.ts';
import { isNull, numberOf, toJson } from './tree.ts';
import type { Leaf } from './tree.ts';

/** An entry with the place of its name, for duplicates, and of the texts that are substituted. */
export interface PlacedOutput {
  readonly entry: OutputEntry;
  readonly at: At;
  /** A literal, or the path of a file. */
  readonly text: Place | null;
}

type Stream = 'stdout' | 'stderr' | 'file';

/** Reads `output` as a map (LANGUAGE.md §11.4): E502. */
export function readOutputMap(into: Report, place: Place): PlacedOutput[] {
  const entries = fields(place);
  if (entries.length === 0) report(into, 'E502', place, 'must be a name or mapping, this mapping is empty');
  return entries.flatMap(({ key, at, value }) => {
    if (!nameIsFine(into, at, key)) return [];
    const isSource = field(value, 'value') !== null || field(value, 'from') !== null;
    const read = isSource ? readSource(into, value, ['stdout', 'stderr', 'file']) : readLiteral(into, value);
    return read === null
      ? []
      : [{ entry: { name: key, source: read.source, ofRun: false }, at, text: read.text }];
  });
}

/** Reads `stdout: {outputs: …}` (§11.5): the same from standard output, published for the run too. */
export function readStdoutOutputs(into: Report, place: Place): PlacedOutput[] {
  const map = check(into, place, STDOUT_OUTPUTS, 'other');
  if (map === null) return [];
  const one = field(place, 'field');
  const many = field(place, 'fields');
  if ((one === null) === (many === null)) {
    report(into, 'E502', place, 'needs either field or fields');
    return [];
  }
  if (one !== null) {
    if (map.field === undefined || !nameIsFine(into, one, map.field)) return [];
    const source = readStream(into, place, 'stdout', map.decode, map.select);
    return source === null ? [] : [{ entry: { name: map.field, source, ofRun: true }, at: one, text: null }];
  }
  for (const key of ['decode', 'select']) {
    if (field(place, key) === null) continue;
    report(into, 'E502', keyAt(place, key), `${key} goes with field, not with fields`, { label: place.path });
  }
  if (many?.node.kind !== 'map') {
    report(into, 'E502', many ?? place, 'must be a map of outputs');
    return [];
  }
  return fields(many).flatMap(({ key, at, value }) => {
    if (!nameIsFine(into, at, key)) return [];
    const read = readSource(into, value, ['stdout', 'stderr']);
    return read === null
      ? []
      : [{ entry: { name: key, source: read.source, ofRun: true }, at, text: read.text }];
  });
}

function nameIsFine(into: Report, at: At, name: string): boolean {
  if (NAME.test(name)) return true;
  report(into, 'E502', at, `${quote(name)} is not a name, it must match ${shown(NAME)}`);
  return false;
}

type Read = { readonly source: OutputSource; readonly text: Place | null };

/** `{value}` or `{from, path, decode, select}`. */
function readSource(into: Report, place: Place, streams: readonly Stream[]): Read | null {
  if (place.node.kind !== 'map') {
    report(into, 'E502', place, 'must be a map with value or from');
    return null;
  }
  const map = check(into, place, OUTPUT_SOURCE, 'other');
  if (map === null) return null;
  const value = field(place, 'value');
  const extra = ['from', 'path', 'decode', 'select'].find((key) => field(place, key) !== null);
  if (value !== null) {
    if (extra === undefined) return readLiteral(into, value);
    report(into, 'E502', keyAt(place, extra), `value and ${extra}: only one is allowed`, {
      label: place.path,
    });
    return null;
  }
  if (map.from === undefined) {
    if (field(place, 'from') === null) report(into, 'E502', place, 'needs value or from');
    return null;
  }
  const from = streams.find((stream) => stream === map.from);
  if (from === undefined) {
    const text = `invalid from ${quote(map.from)}, allowed: ${streams.join(', ')}`;
    report(into, 'E502', field(place, 'from') ?? place, text, { label: place.path });
    return null;
  }
  const path = field(place, 'path');
  if ((path === null) === (from === 'file')) {
    report(
      into,
      'E502',
      path ?? place,
      path === null ? 'from: file needs path' : 'path goes with from: file only',
      {
        label: place.path,
      },
    );
    return null;
  }
  const source = readStream(into, place, from, map.decode, map.select, map.path);
  return source === null ? null : { source, text: path };
}

function readStream(
  into: Report,
  place: Place,
  kind: Stream,
  decode: string | undefined,
  select: string | undefined,
  path?: string,
): OutputSource | null {
  const wrong = (key: string, text: string): null => {
    report(into, 'E502', field(place, key) ?? place, text, { label: place.path });
    return null;
  };
  const known = DECODERS.find((one) => one === (decode ?? 'text'));
  if (known === undefined)
    return wrong('decode', `invalid decode ${quote(decode ?? '')}, allowed: ${DECODERS.join(', ')}`);
  if (select === undefined) return { kind, path: path ?? null, decode: known, select: null };
  if (known === 'text') return wrong('select', 'select needs decode: json or yaml');
  const steps = parsePath(select);
  if (steps === null) return wrong('select', `select ${quote(select)} is not a path such as .items[0].name`);
  return { kind, path: path ?? null, decode: known, select: steps };
}

/** A JSON number, which is kept as it is written. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;

function readLiteral(into: Report, place: Place): Read | null {
  if (isLeafPlace(place) && isNumber(place.node) && NUMBER.test(place.node.text)) {
    return { source: { kind: 'number', text: place.node.text }, text: null };
  }
  const { json, inexact } = toJson(place.node);
  if (inexact !== null) {
    const text = `${quote(inexact.text)} has no exact JSON number`;
    report(into, 'E502', { span: inexact.span, path: place.path }, text, {
      hint: 'write it as text, in quotes',
    });
    return null;
  }
  return { source: { kind: 'literal', value: json }, text: isNull(place.node) ? null : place };
}

function isNumber(leaf: Leaf): boolean {
  return (leaf.type === 'int' || leaf.type === 'number') && Number.isFinite(numberOf(leaf.text));
}

/** What references may know of an output: its type, `any` when only the run can tell. */
export function outputType({ source }: OutputEntry): 'string' | 'json' | 'any' {
  if (source.kind === 'number') return 'json';
  if (source.kind === 'literal') return typeof source.value === 'string' ? 'string' : 'json';
  if (source.decode === 'text') return 'string';
  return source.decode === 'json' && source.select === null ? 'json' : 'any';
}
