/**
 * Data that passes through flow: like JSON, but a number keeps the text it was written with, so that `1.10` and
 * a 20-digit id stay what they are. A map has any keys, in order.
 */
export type Value = string | boolean | null | NumberText | readonly Value[] | ValueMap;
export type ValueMap = ReadonlyMap<string, Value>;

export interface NumberText {
  readonly number: string;
}

export function isNumberText(value: Value): value is NumberText {
  return typeof value === 'object' && value !== null && 'number' in value;
}

export function isValueMap(value: Value): value is ValueMap {
  return value instanceof Map;
}

export function isValueList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Deeper data is refused, as it is in YAML. */
const MAX_DEPTH = 1_000;

/** Reads JSON. @throws SyntaxError with the parser's reason */
export function parseJsonValue(text: string): Value {
  // Node's parser judges and explains; only then the text is read again, with its numbers.
  const json: unknown = JSON.parse(text);
  if (typeof json === 'string' || typeof json === 'boolean' || json === null) return json;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[-+.\w]+|[[\]{},:]/g) ?? [];
  let at = 0;
  const read = (depth: number): Value => {
    if (depth > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels`);
    const token = tokens[at++] ?? '';
    if (token === '[') {
      const list: Value[] = [];
      while (tokens[at] !== ']') {
        if (tokens[at] === ',') at += 1;
        list.push(read(depth + 1));
      }
      at += 1;
      return list;
    }
    if (token === '{') {
      const map = new Map<string, Value>();
      while (tokens[at] !== '}') {
        if (tokens[at] === ',') at += 1;
        const key = JSON.parse(tokens[at] ?? '') as string;
        at += 2;
        // As with JSON.parse the last of two equal keys counts.
        map.set(key, read(depth + 1));
      }
      at += 1;
      return map;
    }
    return /^[-\d]/.test(token) ? { number: token } : (JSON.parse(token) as string | boolean | null);
  };
  return read(0);
}

/** The value of a JSON number literal, or of another way to write one that YAML knows; null if it has none. */
function jsonNumber({ number }: NumberText): string | null {
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(number)) return number;
  const plain = number.replace(/^\+/, '');
  if (/^(?:0o[0-7]+|0x[\da-fA-F]+)$/.test(plain)) return BigInt(plain).toString();
  const decimal = /^(-?)0*(\d+)?(?:\.(\d*))?([eE][-+]?\d+)?$/.exec(plain);
  if (decimal === null) return null;
  const [, sign = '', whole = '0', fraction = '', power = ''] = decimal;
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}${power}`;
}

/** A number that JSON does not know: `.inf`. */
export class NotJson extends Error {}

/** JSON; with `indent` on several lines. @throws NotJson */
export function valueToJson(value: Value, indent = 0): string {
  const write = (at: Value, pad: string): string => {
    if (typeof at === 'string' || typeof at === 'boolean' || at === null) return JSON.stringify(at);
    if (isNumberText(at)) {
      const text = jsonNumber(at);
      if (text === null) throw new NotJson(`${at.number} is no JSON number`);
      return text;
    }
    const inner = indent === 0 ? '' : `${pad}${' '.repeat(indent)}`;
    const parts = isValueMap(at)
      ? [...at].map(([key, item]) => `${JSON.stringify(key)}:${indent === 0 ? '' : ' '}${write(item, inner)}`)
      : at.map((item) => write(item, inner));
    const [open, close] = isValueMap(at) ? '{}' : '[]';
    if (parts.length === 0 || indent === 0) return `${open ?? ''}${parts.join(',')}${close ?? ''}`;
    return `${open ?? ''}\n${parts.map((part) => inner + part).join(',\n')}\n${pad}${close ?? ''}`;
  };
  return write(value, '');
}

/** A value as text (LANGUAGE.md §8.1): strings raw, numbers as written, the rest as compact JSON. */
export function valueToText(value: Value): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null && isNumberText(value)
    ? value.number
    : valueToJson(value);
}

/** The value at a path (LANGUAGE.md §1.3 PATH); undefined when there is none. */
export function pickValue(value: Value, path: readonly (string | number)[]): Value | undefined {
  let here: Value | undefined = value;
  for (const key of path) {
    if (here === undefined || here === null || typeof here !== 'object') return undefined;
    if (isValueMap(here)) here = typeof key === 'string' ? here.get(key) : undefined;
    else if (isValueList(here)) here = typeof key === 'number' ? here[key] : undefined;
    else return undefined;
  }
  return here;
}
