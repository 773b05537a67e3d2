import { displayWidth, padEnd, padStart } from '../base/width.ts';

export interface TableOptions {
  /** Column numbers that are aligned to the right. */
  readonly right?: readonly number[];
  /** Printed before every line. */
  readonly indent?: string;
  /** Between two columns. */
  readonly gap?: string;
}

/** Rows as aligned lines without trailing spaces; nothing is cut. Missing cells are empty. */
export function tableLines(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const { right = [], indent = '', gap = '  ' } = options;
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell))));
  }
  return rows.map((row) => {
    const cells = widths.map((width, column) =>
      right.includes(column) ? padStart(row[column] ?? '', width) : padEnd(row[column] ?? '', width),
    );
    return `${indent}${cells.join(gap)}`.trimEnd();
  });
}
