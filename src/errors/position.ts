import type { Source, Span } from './diagnostic.ts';

const starts = new WeakMap<Source, number[]>();

/** Offsets at which the lines of a source begin; a line ends with LF or CRLF. Computed once per source. */
export function lineStarts(source: Source): readonly number[] {
  let found = starts.get(source);
  if (found === undefined) {
    found = [0];
    for (let i = source.text.indexOf('\n'); i !== -1; i = source.text.indexOf('\n', i + 1)) found.push(i + 1);
    starts.set(source, found);
  }
  return found;
}

/** The line of an offset, from 0. */
export function lineIndex(source: Source, offset: number): number {
  return countUpTo(lineStarts(source), offset) - 1;
}

/** Where a span begins; line and column count from 1, columns in code points (LANGUAGE.md §2.5). */
export function position({ source, start }: Span): { line: number; column: number } {
  const index = lineIndex(source, start);
  const from = lineStarts(source)[index] ?? 0;
  const pairs = pairEnds(source);
  const wide = countUpTo(pairs, start - 1) - countUpTo(pairs, from - 1);
  return { line: index + 1, column: start - from - wide + 1 };
}

const ends = new WeakMap<Source, number[]>();

/** Offsets of the second halves of characters that take two units, so that no line is ever counted through twice. */
function pairEnds(source: Source): readonly number[] {
  let found = ends.get(source);
  if (found === undefined) {
    found = [...source.text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)].map(({ index }) => index + 1);
    ends.set(source, found);
  }
  return found;
}

/** How many of the ascending numbers are at most `limit`. */
function countUpTo(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
