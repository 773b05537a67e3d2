import type { Json } from '../../base/json.ts';

/** Steps into JSON (LANGUAGE.md §1.3 PATH): a text is a key of an object, a number an index of a list. */
export type Path = readonly (string | number)[];

const KEY = /\.([\p{L}\p{N}_-]+)/uy;
const INDEX = /\[(\d{1,9})\]/y;
const QUOTED_KEY = /\[("(?:[^"\\]|\\.)*")\]/y;

/** Reads as many path steps as there are from `at` on; `end` is where they stop. */
export function scanPath(text: string, at: number): { path: (string | number)[]; end: number } {
  const path: (string | number)[] = [];
  let end = at;
  for (;;) {
    const segment = scanSegment(text, end);
    if (segment === null) return { path, end };
    path.push(segment.key);
    end = segment.end;
  }
}

/** The text of a whole PATH such as `.items[0]["any key"]`; null if it is none. */
export function parsePath(text: string): (string | number)[] | null {
  const { path, end } = scanPath(text, 0);
  return path.length > 0 && end === text.length ? path : null;
}

/** The value at a path; undefined when there is none. Only own keys count, `__proto__` is a key like any other. */
export function readPath(json: Json, path: Path): Json | undefined {
  let value: Json | undefined = json;
  for (const key of path) {
    if (value === null || typeof value !== 'object') return undefined;
    if (Array.isArray(value)) {
      if (typeof key !== 'number') return undefined;
      value = value[key];
    } else {
      if (typeof key !== 'string' || !Object.hasOwn(value, key)) return undefined;
      value = value[key];
    }
    if (value === undefined) return undefined;
  }
  return value;
}

function scanSegment(text: string, at: number): { key: string | number; end: number } | null {
  KEY.lastIndex = INDEX.lastIndex = QUOTED_KEY.lastIndex = at;
  const key = KEY.exec(text);
  if (key !== null) return { key: key[1] ?? '', end: KEY.lastIndex };
  const index = INDEX.exec(text);
  if (index !== null) return { key: Number(index[1]), end: INDEX.lastIndex };
  const quoted = QUOTED_KEY.exec(text);
  const word = quoted === null ? null : readJsonString(quoted[1] ?? '');
  return word === null ? null : { key: word, end: QUOTED_KEY.lastIndex };
}

/** The text of a JSON string literal, null when it is not valid (a bad escape, a control character). */
function readJsonString(literal: string): string | null {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
