import { editDistance } from '../../errors/suggest.ts';
import { addText, closeFrame, joinUnclosed, variable } from './frames.ts';
import type { Frame, OpenVariable } from './frames.ts';
import { scanPath } from './path.ts';
import type { Namespace, Part, Reference, TemplateClass, Variable } from './template.ts';

/** The fields of `${context.X}` (LANGUAGE.md §8.3) with their short reference, null where there is none. */
export const CONTEXT_FIELDS: ReadonlyMap<string, string | null> = new Map<string, string | null>([
  ['dag.name', 'dag.name'],
  ['step.id', 'step.id'],
  ['step.name', 'step.name'],
  ['run.id', 'run.id'],
  ['run.status', 'run.status'],
  ['run.scheduled_at', 'run.scheduled_at'],
  ['run.root_name', 'run.root_name'],
  ['run.root_id', 'run.root_id'],
  ['attempt.id', 'attempt.id'],
  ['attempt.started_at', 'run.started_at'],
  ['trigger.type', 'trigger.type'],
  ['trigger.actor', 'trigger.actor'],
  ['paths.log_file', 'paths.log_file'],
  ['paths.work_dir', 'paths.work_dir'],
  ['paths.artifacts_dir', 'paths.artifacts_dir'],
  ['paths.step_stdout_file', 'paths.step_stdout_file'],
  ['paths.step_stderr_file', 'paths.step_stderr_file'],
  ['paths.step_output_file', 'paths.step_output_file'],
]);

/** A text of W403 (§8.4): no reference, but nearly one. `suggestion` is the reference that was probably meant. */
export interface NearMiss {
  readonly raw: string;
  readonly start: number;
  readonly end: number;
  readonly suggestion: string;
}

type Older = Extract<Part, { kind: 'older' }>;

const NAMESPACES: ReadonlySet<string> = new Set<Namespace>([
  'consts',
  'params',
  'env',
  'steps',
  'foreach',
  'context',
  'inputs',
  'outputs',
  'ITEM',
]);
const SHORT_FIELDS: ReadonlyMap<string, string> = new Map(
  [...CONTEXT_FIELDS].flatMap(([field, short]) => (short === null ? [] : [[short, field] as const])),
);
const NO_IDS: ReadonlySet<string> = new Set();

/** Words in words beyond this stay text, so that whoever walks the parts may recurse. */
const DEEPEST_WORD = 100;

const NAME = '([A-Za-z_][A-Za-z0-9_]*|[1-9][0-9]*)';
const BARE = new RegExp(`\\$${NAME}`, 'y');
const BRACED = new RegExp(`\\$\\{${NAME}(\\}|:?[-=+?]|##?|%%?)`, 'y');
const LENGTH = new RegExp(`\\$\\{#${NAME}\\}`, 'y');
const SLICE = new RegExp(`\\$\\{${NAME}: *(-?\\d{1,15})(?:: *(-?\\d{1,15}))?\\}`, 'y');
const FIRST_WORD = /\$\{([A-Za-z]+)/y;
const SHORT = /\$\{([a-z]+\.[a-z_]+)\}/y;
const OLDER =
  /\$\{([A-Za-z][A-Za-z0-9_]*)(\.(?:outputs?|stdout|stderr|exit_code)(?![A-Za-z0-9_-])[^{}$\s]*)\}/y;
const DOTTED = /\$\{([A-Za-z_][A-Za-z0-9_-]*)(\.[^{}$\s]+)\}/g;

/**
 * Takes a text apart (LANGUAGE.md §8.2–§8.6). Never fails: what is no reference stays text. With `stepIds`
 * the older forms that begin with one of them are found too. Time is linear in the length of the text.
 */
export function parseTemplate(
  text: string,
  cls: TemplateClass,
  stepIds: ReadonlySet<string> = NO_IDS,
): Part[] {
  const stops = cls === 'full' ? /[$'}]/g : /\$/g;
  const frames: Frame[] = [{ open: null, parts: [] }];
  let quotesLeft = cls === 'full' ? countQuotes(text, stepIds) : 0;
  let quoted = false;
  let from = 0;
  for (let stop = stops.exec(text); stop !== null; stop = stops.exec(text)) {
    const at = stop.index;
    if (stop[0] === "'") {
      quotesLeft -= 1;
      // The last of an odd number quotes nothing: it is an apostrophe.
      quoted = !quoted && quotesLeft > 0;
    } else if (stop[0] === '}') {
      if (quoted || frames.length === 1) continue;
      addText(frames, text.slice(from, at));
      closeFrame(text, frames, at);
      from = at + 1;
    } else {
      const variables = cls === 'full' && !quoted;
      const form = readPlain(text, at, stepIds) ?? (variables ? readVariable(text, at, frames.length) : null);
      if (form === null) continue;
      const escaped = isEscaped(text, at);
      addText(frames, text.slice(from, escaped ? at - 1 : at));
      if ('kind' in form) {
        if (escaped) addText(frames, form.raw);
        else frames.at(-1)?.parts.push(form);
        from = form.end;
      } else {
        frames.push({ open: { ...form, escaped }, parts: [] });
        from = form.bodyStart;
      }
      stops.lastIndex = from;
    }
  }
  addText(frames, text.slice(from));
  return joinUnclosed(text, frames);
}

/** All parts that are not text, with those inside the words and globs of variables, in the order written. */
export function deepParts(parts: readonly Part[]): Exclude<Part, { kind: 'text' }>[] {
  return parts.flatMap((part) => {
    if (part.kind === 'text') return [];
    if (part.kind !== 'variable') return [part];
    if (part.operator?.kind === 'word') return [part, ...deepParts(part.operator.word)];
    return part.operator?.kind === 'trim' ? [part, ...deepParts(part.operator.glob)] : [part];
  });
}

/**
 * The cases of W403 (§8.4): dotted text whose first segment is one edit away from a namespace, or that is
 * one or two edits from a short reference as a whole. Text that starts with a step id is not one of them.
 */
export function nearMisses(text: string, stepIds: ReadonlySet<string> = NO_IDS): NearMiss[] {
  const found: NearMiss[] = [];
  for (const match of text.matchAll(DOTTED)) {
    const [raw, first = '', rest = ''] = match;
    const start = match.index;
    if (stepIds.has(first) || isEscaped(text, start) || readReference(text, start) !== null) continue;
    const namespace = closest(first, NAMESPACES, 1);
    const short = closest(first + rest, SHORT_FIELDS.keys(), 2);
    const meant =
      short !== null && (namespace === null || short.distance <= namespace.distance)
        ? short.word
        : namespace && namespace.word + rest;
    if (meant !== null) found.push({ raw, start, end: start + raw.length, suggestion: `\${${meant}}` });
  }
  return found;
}

/** The known word with the least distance from 1 to `limit`. */
function closest(
  word: string,
  known: Iterable<string>,
  limit: number,
): { word: string; distance: number } | null {
  let best: { word: string; distance: number } | null = null;
  for (const candidate of known) {
    const distance = editDistance(word, candidate, limit);
    if (distance === 0 || distance > limit) continue;
    if (best === null || distance < best.distance) best = { word: candidate, distance };
  }
  return best;
}

/** Single quotes outside references; only a pair quotes (§8.5). */
function countQuotes(text: string, stepIds: ReadonlySet<string>): number {
  const stops = /\$\{|'/g;
  let count = 0;
  for (let stop = stops.exec(text); stop !== null; stop = stops.exec(text)) {
    if (stop[0] === "'") count += 1;
    else stops.lastIndex = readPlain(text, stop.index, stepIds)?.end ?? stops.lastIndex;
  }
  return count;
}

/** §8.6: an odd number of backslashes directly before `at`. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (first > 0 && text[first - 1] === '\\') first -= 1;
  return (at - first) % 2 === 1;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** What both classes know, also inside single quotes: a reference or an older form at `at`. */
function readPlain(text: string, at: number, stepIds: ReadonlySet<string>): Reference | Older | null {
  return readReference(text, at) ?? readOlder(text, at, stepIds);
}

function readReference(text: string, at: number): Reference | null {
  const first = matchAt(FIRST_WORD, text, at)?.[1];
  if (first === undefined) return null;
  if (!isNamespace(first)) return readShort(text, at);
  const afterName = at + 2 + first.length;
  const { path, end } = scanPath(text, afterName);
  if (text[end] !== '}') return null;
  // Other bare names, and `${params[0]}`, are variables and arrays of the shell.
  const shape =
    path.length === 0 ? first === 'params' || first === 'ITEM' : first === 'ITEM' || text[afterName] === '.';
  return shape ? reference(text, at, end + 1, first, path) : null;
}

function readShort(text: string, at: number): Reference | null {
  const match = matchAt(SHORT, text, at);
  const field = SHORT_FIELDS.get(match?.[1] ?? '');
  if (match === null || field === undefined) return null;
  return reference(text, at, at + match[0].length, 'context', field.split('.'));
}

function readOlder(text: string, at: number, stepIds: ReadonlySet<string>): Older | null {
  const match = matchAt(OLDER, text, at);
  if (match === null) return null;
  const [raw, step = '', rest = ''] = match;
  return stepIds.has(step) ? { kind: 'older', raw, start: at, end: at + raw.length, step, rest } : null;
}

function isNamespace(word: string): word is Namespace {
  return NAMESPACES.has(word);
}

function reference(
  text: string,
  start: number,
  end: number,
  namespace: Namespace,
  path: readonly (string | number)[],
): Reference {
  return { kind: 'reference', raw: text.slice(start, end), start, end, namespace, path };
}

/** A form of §8.5 at `at`: whole, or the opening of one with a word or glob. */
function readVariable(
  text: string,
  at: number,
  depth: number,
): Variable | Omit<OpenVariable, 'escaped'> | null {
  const bare = matchAt(BARE, text, at);
  if (bare !== null) return variable(text, at, BARE.lastIndex, bare[1], null);
  const braced = matchAt(BRACED, text, at);
  if (braced !== null) {
    const [, name = '', sign = ''] = braced;
    if (sign === '}') return variable(text, at, BRACED.lastIndex, name, null);
    return depth > DEEPEST_WORD ? null : { start: at, bodyStart: BRACED.lastIndex, name, sign };
  }
  const length = matchAt(LENGTH, text, at);
  if (length !== null) return variable(text, at, LENGTH.lastIndex, length[1], { kind: 'length' });
  const slice = matchAt(SLICE, text, at);
  if (slice === null) return null;
  const count = slice[3] === undefined ? null : Number(slice[3]);
  return variable(text, at, SLICE.lastIndex, slice[1], {
    kind: 'slice',
    offset: Number(slice[2]),
    length: count,
  });
}
