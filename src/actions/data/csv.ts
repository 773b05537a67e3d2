import { CsvError, parse } from 'csv-parse/sync';
import type { RowFormat } from '../../core/flow-action.ts';
import type { Value } from '../../base/value.ts';
import { isNumberText, isValueList, isValueMap, valueToText } from '../../base/value.ts';
import { ActionFailure } from '../result.ts';

/** Rows as maps when the columns have names, else as lists; every field is text. @throws ActionFailure */
export function parseRows(text: string, delimiter: string, format: RowFormat): Value {
  const rows = readRows(text, delimiter);
  const first = format.hasHeader ? rows.shift() : undefined;
  const names = format.headers ?? first ?? null;
  if (names === null) return rows;
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ActionFailure(`column ${JSON.stringify(twice)} occurs twice`);
  return rows.map((row, i) => {
    if (row.length !== names.length) {
      const expected = `${names.length} ${names.length === 1 ? 'column' : 'columns'}`;
      throw new ActionFailure(`row ${i + 1} has ${row.length} fields, expected ${expected}`);
    }
    return new Map(names.map((name, column) => [name, row[column] ?? '']));
  });
}

function readRows(text: string, delimiter: string): string[][] {
  try {
    return parse(text, { delimiter, bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new ActionFailure(`unreadable rows: ${error.message.replace(/\s+/g, ' ')}`, { cause: error });
  }
}

/** The rows as text; maps give a header line. @throws ActionFailure when the value has no rows */
export function printRows(value: Value, delimiter: string, format: RowFormat): string {
  const items = typeof value === 'object' && value !== null && isValueList(value) ? value : [value];
  const columns = columnsOf(items, format);
  const lines = items.map((item, i) =>
    fieldsOf(item, columns, i + 1).map((field) => quoted(field, delimiter)),
  );
  const header = format.hasHeader ? (format.headers ?? columns) : null;
  if (header !== null) lines.unshift(header.map((name) => quoted(name, delimiter)));
  return lines.map((fields) => `${alone(fields) ? '""' : fields.join(delimiter)}\n`).join('');
}

/** The names of all columns in the order they occur; null when the rows are lists. */
function columnsOf(items: readonly Value[], format: RowFormat): readonly string[] | null {
  if (format.columns !== null && items.some(isMap)) return format.columns;
  const names = new Set<string>();
  for (const item of items) if (isMap(item)) for (const key of item.keys()) names.add(key);
  return names.size === 0 ? null : [...names];
}

function isMap(value: Value): value is ReadonlyMap<string, Value> {
  return typeof value === 'object' && value !== null && isValueMap(value);
}

function fieldsOf(item: Value, columns: readonly string[] | null, row: number): string[] {
  if (isMap(item) && columns !== null) return columns.map((name) => fieldText(item.get(name) ?? null));
  if (columns === null && typeof item === 'object' && item !== null && isValueList(item)) {
    return item.map(fieldText);
  }
  throw new ActionFailure(`item ${row} is no row: expected a ${columns === null ? 'list' : 'map'}`);
}

/** Null is an empty field. */
function fieldText(value: Value): string {
  if (value === null) return '';
  return typeof value === 'object' && isNumberText(value) ? value.number : valueToText(value);
}

function quoted(field: string, delimiter: string): string {
  const plain = !field.includes(delimiter) && !/["\r\n]|^\s|\s$/.test(field);
  return plain ? field : `"${field.replaceAll('"', '""')}"`;
}

/** One empty field would be an empty line, which readers skip. */
function alone(fields: readonly string[]): boolean {
  return fields.length === 1 && fields[0] === '';
}

/** Keeps only some columns, in their order. @throws ActionFailure for a name that no row has */
export function selectColumns(value: Value, columns: readonly string[] | null): Value {
  if (columns === null || typeof value !== 'object' || value === null || !isValueList(value)) return value;
  const missing = columns.find(
    (name) => value.length > 0 && !value.some((row) => isMap(row) && row.has(name)),
  );
  if (missing !== undefined) throw new ActionFailure(`no column ${JSON.stringify(missing)}`);
  return value.map((row) =>
    isMap(row) ? new Map(columns.map((name) => [name, row.get(name) ?? null])) : row,
  );
}
