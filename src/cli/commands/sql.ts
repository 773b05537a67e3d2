import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { tableLines } from '../../term/table.ts';
import type { Context } from '../context.ts';
import { usageError } from '../usage.ts';
import { openReadOnly } from '../wiring.ts';

export interface SqlFlags {
  readonly json?: boolean;
  readonly csv?: boolean;
}

interface Answer {
  readonly columns: string[];
  readonly rows: unknown[][];
}

/** `flow sql [QUERY]`: one read-only statement, from the argument or from standard input. */
export async function sql(
  context: Context,
  argument: string | undefined,
  flags: SqlFlags,
): Promise<ExitCode> {
  if (flags.json === true && flags.csv === true) throw usageError('--json and --csv cannot be combined');
  const query = argument ?? (await context.readInput());
  if (query.trim() === '') throw usageError('no query: give it as an argument or on standard input');
  const store = await openReadOnly(context);
  let answer: Answer;
  try {
    answer = await store.query(query);
  } finally {
    await store.close();
  }
  if (flags.json === true) context.out.write(`${asJson(answer)}\n`);
  else if (flags.csv === true) context.out.write(asCsv(answer));
  else for (const line of asTable(answer, context)) context.out.write(`${line}\n`);
  return EXIT.ok;
}

function asJson({ columns, rows }: Answer): string {
  const objects = rows.map((row) => {
    const object = Object.create(null) as Record<string, unknown>;
    columns.forEach((column, i) => (object[column] = jsonValue(row[i])));
    return object;
  });
  return JSON.stringify(objects, null, 2);
}

/** Bytes as hexadecimal text, integers beyond 2^53 as text. */
function jsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return typeof value === 'bigint' ? value.toString() : (value ?? null);
}

/** RFC 4180: lines end with CRLF, quotes are doubled. */
function asCsv({ columns, rows }: Answer): string {
  const cell = (value: unknown): string => {
    const text = cellText(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function asTable({ columns, rows }: Answer, { paintOut }: Context): string[] {
  const heading = columns.map((column) => paintOut('dim', column));
  const numbers = columns.flatMap((_, i) =>
    rows.length > 0 && rows.every((row) => isNumber(row[i])) ? [i] : [],
  );
  const cells = rows.map((row) => row.map((value) => cellText(value).replaceAll('\n', '⏎')));
  return tableLines([heading, ...cells], { right: numbers });
}

function cellText(value: unknown): string {
  const shown = jsonValue(value);
  return shown === null ? '' : typeof shown === 'string' ? shown : JSON.stringify(shown);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}
