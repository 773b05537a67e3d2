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

/** Where a span begins; line and column count from 1, columns in code points (LANGUAGE.md §2.5). */
export function position(span: Span): { line: number; column: number } {
  const line = lineIndex(span.source, span.start);
  const begin = lineStarts(span.source)[line] ?? 0;
  return { line: line + 1, column: [...span.source.text.slice(begin, span.start)].length + 1 };
}
