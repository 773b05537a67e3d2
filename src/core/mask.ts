import { formsOf } from './mask-forms.ts';

/** What stands in the place of a secret (LANGUAGE.md §10). */
export const MASK = '***';
const MASK_BYTES = new TextEncoder().encode(MASK);

/** Knows the forms of some secrets. Immutable; any number of streams can be masked at the same time. */
export interface Masker {
  /** The text without secrets. */
  text(text: string): string;
  /** True when the text holds a secret. */
  finds(text: string): boolean;
  stream(): MaskStream;
}

/** Masks one stream of bytes; the result does not depend on how it is cut into chunks. */
export interface MaskStream {
  /** What is certain after this chunk; at most the length of the longest form is held back. */
  push(chunk: Uint8Array): Uint8Array;
  /** What was held back; the stream is over. */
  end(): Uint8Array;
  /** True once something was masked. */
  readonly found: boolean;
}

/** Masks these values in all forms of `formsOf`. Null when there is nothing to mask. */
export function maskerOf(values: Iterable<string>): Masker | null {
  const forms = [...new Set([...values].flatMap(formsOf))];
  if (forms.length === 0) return null;
  const encoder = new TextEncoder();
  const patterns = new Patterns(forms.map((form) => encoder.encode(form)));
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    text(text) {
      const stream = new Stream(patterns);
      const [first, last] = [stream.push(encoder.encode(text)), stream.end()];
      return stream.found ? decoder.decode(joined([first, last])) : text;
    },
    finds(text) {
      const stream = new Stream(patterns);
      stream.push(encoder.encode(text));
      return stream.found;
    },
    stream: () => new Stream(patterns),
  };
}

/**
 * Searches for many byte strings at once (Aho and Corasick): one state per prefix of a pattern, with a link to the
 * longest other prefix that ends it. Children are lists of siblings, so memory is linear in the patterns, and
 * time is linear in the text.
 */
class Patterns {
  readonly #byte: Uint8Array;
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #fail: Int32Array;
  /** Length of the prefix that a state stands for. */
  readonly depth: Int32Array;
  /** Length of the longest pattern that ends in a state, 0 for none. */
  readonly longest: Int32Array;
  /** Children of the root. */
  readonly #root = new Int32Array(256);
  /** 1 for each pair of bytes that a pattern begins with: every other place is passed by quickly. */
  readonly pairs = new Uint8Array(65_536);

  constructor(patterns: readonly Uint8Array[]) {
    const most = patterns.reduce((sum, pattern) => sum + pattern.length, 1);
    this.#byte = new Uint8Array(most);
    this.#child = new Int32Array(most);
    this.#sibling = new Int32Array(most);
    this.#fail = new Int32Array(most);
    this.depth = new Int32Array(most);
    this.longest = new Int32Array(most);
    let states = 1;
    for (const pattern of patterns) {
      this.pairs[pairAt(pattern, 0)] = 1;
      let at = 0;
      for (const byte of pattern) {
        let next = this.#childOf(at, byte);
        if (next === 0) {
          next = states++;
          this.#byte[next] = byte;
          this.#sibling[next] = this.#child[at] ?? 0;
          this.#child[at] = next;
          this.depth[next] = (this.depth[at] ?? 0) + 1;
        }
        at = next;
      }
      this.longest[at] = pattern.length;
    }
    this.#link(states);
  }

  #childOf(state: number, byte: number): number {
    let child = this.#child[state] ?? 0;
    while (child !== 0 && this.#byte[child] !== byte) child = this.#sibling[child] ?? 0;
    return child;
  }

  /** Breadth first: the link of a state needs those of the shorter ones. */
  #link(states: number): void {
    const queue = new Int32Array(states);
    let end = 0;
    for (let child = this.#child[0] ?? 0; child !== 0; child = this.#sibling[child] ?? 0) {
      this.#root[this.#byte[child] ?? 0] = child;
      queue[end++] = child;
    }
    for (let at = 0; at < end; at++) {
      const state = queue[at] ?? 0;
      for (let child = this.#child[state] ?? 0; child !== 0; child = this.#sibling[child] ?? 0) {
        const fail = this.next(this.#fail[state] ?? 0, this.#byte[child] ?? 0);
        this.#fail[child] = fail;
        this.longest[child] = Math.max(this.longest[child] ?? 0, this.longest[fail] ?? 0);
        queue[end++] = child;
      }
    }
  }

  /** The state after one more byte. */
  next(from: number, byte: number): number {
    let state = from;
    while (state !== 0) {
      const child = this.#childOf(state, byte);
      if (child !== 0) return child;
      state = this.#fail[state] ?? 0;
    }
    return this.#root[byte] ?? 0;
  }
}

function pairAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Bytes to mask, from `start` up to `end`. */
interface Range {
  start: number;
  end: number;
}

class Stream implements MaskStream {
  readonly #patterns: Patterns;
  #state = 0;
  /** The bytes that may be the beginning of a secret; positions below count from the first of them. */
  #held: Uint8Array = new Uint8Array();
  /** What of them is a secret already, in order and apart from each other. */
  #ranges: Range[] = [];
  /** Everything before this position stands behind a mask that is written. */
  #masked = 0;
  found = false;

  constructor(patterns: Patterns) {
    this.#patterns = patterns;
  }

  push(chunk: Uint8Array): Uint8Array {
    const data = this.#held.length === 0 ? chunk : joined([this.#held, chunk]);
    this.#search(data, this.#held.length);
    return this.#release(data, data.length - (this.#patterns.depth[this.#state] ?? 0));
  }

  end(): Uint8Array {
    this.#state = 0;
    return this.#release(this.#held, this.#held.length);
  }

  #search(data: Uint8Array, from: number): void {
    const patterns = this.#patterns;
    const { pairs, longest } = patterns;
    const last = data.length - 1;
    let state = this.#state;
    for (let at = from; at < data.length; at++) {
      if (state === 0) {
        // Every pattern has at least two bytes.
        while (at < last && pairs[pairAt(data, at)] === 0) at++;
      }
      state = patterns.next(state, data[at] ?? 0);
      const length = longest[state] ?? 0;
      if (length > 0) this.#add(at + 1 - length, at + 1);
    }
    this.#state = state;
  }

  /** Ranges that overlap become one. */
  #add(start: number, end: number): void {
    this.found = true;
    let first = start;
    let last = this.#ranges.at(-1);
    while (last !== undefined && last.end > first) {
      first = Math.min(first, last.start);
      this.#ranges.pop();
      last = this.#ranges.at(-1);
    }
    this.#ranges.push({ start: first, end });
  }

  /** Everything before `safe` is certain: what comes later cannot reach back behind it. */
  #release(data: Uint8Array, safe: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let at = this.#masked;
    let done = 0;
    for (const range of this.#ranges) {
      if (range.start >= safe) break;
      done += 1;
      // One that overlaps a written mask is part of it.
      if (range.start >= at) {
        parts.push(data.subarray(at, range.start), MASK_BYTES);
      }
      at = Math.max(at, range.end);
    }
    if (at < safe) {
      parts.push(data.subarray(at, safe));
      at = safe;
    }
    this.#ranges = this.#ranges
      .slice(done)
      .map(({ start, end }) => ({ start: start - safe, end: end - safe }));
    this.#masked = at - safe;
    this.#held = data.slice(safe);
    const [only, ...more] = parts;
    return only !== undefined && more.length === 0 ? only : joined(parts);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
