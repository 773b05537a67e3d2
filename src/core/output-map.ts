import type { Json } from '../base/json.ts';
import type { OutputSource, OutputValue } from './dag.ts';
import type { OutputError } from './output-file.ts';
import { readPath } from './reference/path.ts';

type Decode = Exclude<OutputSource, { kind: 'literal' | 'number' }>['decode'];

/** How the bytes of an output become its value (LANGUAGE.md §11.4). */
export interface Decoding {
  readonly name: string;
  readonly decode: Decode;
  readonly select: readonly (string | number)[] | null;
  /** Largest output in bytes. */
  readonly limit: number;
  /** Reads YAML; the reason is for people and never holds a value. */
  readonly parseYaml: (text: string) => { readonly json: Json } | { readonly error: string };
}

type Decoded = { readonly value: OutputValue } | { readonly error: OutputError };

/** Decodes what a step printed or wrote to a file into one output: R503, R504. */
export function decodeOutput(bytes: Uint8Array, decoding: Decoding): Decoded {
  const { name, decode, select, limit } = decoding;
  const text = decodeUtf8(bytes, decode !== 'text');
  if (text === null) return failed(name, `not UTF-8, ${decode} must be`);
  if (decode === 'text') return withinLimit(name, { type: 'string', text: text.trim() }, limit);
  const parsed = decode === 'json' ? parseJson(text) : decoding.parseYaml(text);
  if ('error' in parsed) return failed(name, parsed.error);
  // A whole json output stays exactly as it was emitted (§8.1).
  if (decode === 'json' && select === null)
    return withinLimit(name, { type: 'json', text: text.trim() }, limit);
  const value = select === null ? parsed.json : readPath(parsed.json, select);
  if (value === undefined) return failed(name, 'select: there is no value at that path');
  return withinLimit(name, outputOf(value), limit);
}

/** A value as an output: text as text, everything else as JSON. */
export function outputOf(value: Json): OutputValue {
  if (typeof value === 'string') return { type: 'string', text: value };
  return { type: 'json', text: JSON.stringify(value) };
}

/** R503 for a value that is larger than `limit` bytes. */
export function withinLimit(name: string, value: OutputValue, limit: number): Decoded {
  const { text } = value;
  const fits = text.length * 3 <= limit || new TextEncoder().encode(text).length <= limit;
  if (fits) return { value };
  const message = `output "${name}" exceeded maximum size of ${limit} bytes`;
  return { error: { code: 'R503', message } };
}

/** The text as JSON; the reason never holds a part of it, as that of the parser would. */
export function parseJson(text: string): { readonly json: Json } | { readonly error: string } {
  try {
    return { json: JSON.parse(text) as Json };
  } catch {
    return { error: text.trim() === '' ? 'empty, not JSON' : 'not JSON' };
  }
}

/** Null when the bytes must be UTF-8 and are not. */
function decodeUtf8(bytes: Uint8Array, strict: boolean): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: strict, ignoreBOM: !strict }).decode(bytes);
  } catch {
    return null;
  }
}

function failed(name: string, reason: string): { error: OutputError } {
  return { error: { code: 'R504', message: `output.${name}: ${reason}` } };
}
