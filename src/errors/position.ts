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
  const lines = lineStarts(source);
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The last position asked for, per source: places are mostly asked for in order, also within one long line. */
const latest = new WeakMap<Source, { line: number; offset: number; column: number }>();

/** Where a span begins; line and column count from 1, columns in code points (LANGUAGE.md §2.5). */
export function position({ source, start }: Span): { line: number; column: number } {
  const index = lineIndex(source, start);
  const near = latest.get(source);
  const from =
    near?.line === index + 1 && near.offset <= start
      ? near
      : { offset: lineStarts(source)[index] ?? 0, column: 1 };
  const column = from.column + [...source.text.slice(from.offset, start)].length;
  latest.set(source, { line: index + 1, offset: start, column });
  return { line: index + 1, column };
}
