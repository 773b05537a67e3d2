import { isJsonText } from '../base/json.ts';
import type { OutputDeclaration, OutputValue } from './dag.ts';

/** Why the outputs of a try cannot be taken (LANGUAGE.md §11.7); never holds a value. */
export interface OutputError {
  readonly code: 'R501' | 'R502' | 'R503' | 'R504' | 'R505';
  readonly message: string;
}

interface Emitted {
  readonly name: string;
  readonly text: string;
}

const BLOCK = /^([^=]*?)<<(.*)$/s;
const DELIMITER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Reads the output file of a successful try (§11.2): records `name=value` and `name<<DELIM` blocks, each
 * declared name exactly once. `limit` is the size of one output in bytes. A step that declares nothing must
 * have left the file empty. Reports the first problem.
 */
export function parseOutputFile(
  bytes: Uint8Array,
  declarations: readonly OutputDeclaration[],
  limit: number,
): { outputs: Record<string, OutputValue> } | { error: OutputError } {
  const lines = readLines(bytes);
  if ('error' in lines) return lines;
  const types = new Map(declarations.map(({ name, type }) => [name, type]));
  const outputs = Object.create(null) as Record<string, OutputValue>;
  for (let at = 0; at < lines.length;) {
    const record = readRecord(lines, at);
    if ('error' in record) return record;
    const { name, text } = record.emitted;
    const type = types.get(name);
    if (type === undefined) return failed('R501', `undeclared step output "${name}"`);
    if (Object.hasOwn(outputs, name)) return failed('R501', `output "${name}" was emitted twice`);
    if (exceeds(text, limit)) return tooLarge(name, limit);
    if (type === 'json' && !isJsonText(text)) return failed('R502', `output "${name}": invalid JSON`);
    outputs[name] = { type, text };
    at = record.next;
  }
  const missing = declarations.find(({ name }) => !Object.hasOwn(outputs, name));
  if (missing !== undefined) return failed('R501', `output "${missing.name}" was declared but not emitted`);
  return { outputs };
}

/** The value of `output: NAME` (§11.3): all of standard output without white space around it. */
export function captureOutput(
  bytes: Uint8Array,
  name: string,
  limit: number,
): { value: OutputValue } | { error: OutputError } {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).trim();
  return exceeds(text, limit) ? tooLarge(name, limit) : { value: { type: 'string', text } };
}

function failed(code: OutputError['code'], message: string): { error: OutputError } {
  return { error: { code, message } };
}

function malformed(line: number, reason: string): { error: OutputError } {
  return failed('R502', `output file: line ${line}: ${reason}`);
}

function tooLarge(name: string, limit: number): { error: OutputError } {
  return failed('R503', `output "${name}" exceeded maximum size of ${limit} bytes`);
}

/** The lines without their ends; the end of the last one is optional. */
function readLines(bytes: Uint8Array): string[] | { error: OutputError } {
  const text = decode(bytes);
  if (text === null) return malformed(firstBadLine(bytes), 'not UTF-8');
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A line feed is never part of a longer UTF-8 sequence, so each line can be tried by itself. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let from = 0; from < bytes.length; line++) {
    const feed = bytes.indexOf(0x0a, from);
    const end = feed < 0 ? bytes.length : feed + 1;
    if (decode(bytes.subarray(from, end)) === null) break;
    from = end;
  }
  return line;
}

/** The record that begins at line `at`, and where the next one begins. */
function readRecord(
  lines: readonly string[],
  at: number,
): { emitted: Emitted; next: number } | { error: OutputError } {
  const line = lines[at] ?? '';
  if (line.trim() === '') return malformed(at + 1, 'blank line outside a block');
  const [, name, delimiter = ''] = BLOCK.exec(line) ?? [];
  if (name === undefined) {
    const equals = line.indexOf('=');
    if (equals < 0) return malformed(at + 1, 'no "=", expected name=value or name<<DELIM');
    if (equals === 0) return malformed(at + 1, 'no name before "="');
    return { emitted: { name: line.slice(0, equals), text: line.slice(equals + 1) }, next: at + 1 };
  }
  if (name === '') return malformed(at + 1, 'no name before "<<"');
  if (!DELIMITER.test(delimiter)) return malformed(at + 1, 'the word after "<<" must be a name such as EOT');
  const end = lines.indexOf(delimiter, at + 1);
  if (end < 0) return malformed(at + 1, `unclosed block, expected a line "${delimiter}"`);
  return { emitted: { name, text: lines.slice(at + 1, end).join('\n') }, next: end + 1 };
}

/** Bytes of UTF-8, counted only if the text could be too long. */
function exceeds(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && new TextEncoder().encode(text).length > limit;
}
