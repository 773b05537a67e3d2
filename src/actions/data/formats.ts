import type { DataConvert, DataFormat, DataPick, DataSource } from '../../core/flow-action.ts';
import { parseJsonValue, valueToJson, valueToText } from '../../base/value.ts';
import type { Value } from '../../base/value.ts';
import { printYaml } from '../../base/yaml.ts';
import type { ActionIo } from '../action.ts';
import { readText } from '../files/read.ts';
import { inDirectory } from '../place.ts';
import { ActionFailure } from '../result.ts';
import { parseRows, printRows, selectColumns } from './csv.ts';
import { parseYaml } from './yaml.ts';

/** The data of an action: what is not text in the file needs no reading. @throws ActionFailure */
export async function readData(action: DataConvert | DataPick, io: ActionIo): Promise<Value> {
  const source = await sourceText(action, io);
  const value = source.text === null ? source.value : parse(source.text, action);
  return selectColumns(value, action.columns);
}

/** The text of `data` or of the file `input`; null when `data` is given as a value. */
export async function sourceText(
  { data, input }: DataSource,
  io: ActionIo,
): Promise<{ readonly text: string } | { readonly text: null; readonly value: Value }> {
  if (input !== null) return { text: await readText(inDirectory(io, input)) };
  return typeof data === 'string' ? { text: data } : { text: null, value: data ?? null };
}

function parse(text: string, action: DataConvert | DataPick): Value {
  switch (action.from) {
    case 'json':
      return parseJson(text);
    case 'yaml':
      return parseYaml(text);
    case 'csv':
    case 'tsv':
      return parseRows(text, delimiterOf(action.from, action.delimiter), action);
    case 'text':
      return text;
  }
}

function parseJson(text: string): Value {
  try {
    return parseJsonValue(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ActionFailure(`unreadable json: ${error.message}`, { cause: error });
  }
}

/** The arguments for rows describe the rows that are read, if there are any, else those that are written. */
export function print(value: Value, to: DataFormat, action: DataConvert | DataPick): string {
  switch (to) {
    case 'json':
      return `${valueToJson(value, 2)}\n`;
    case 'yaml':
      return printYaml(value);
    case 'text': {
      const text = valueToText(value);
      return text.endsWith('\n') ? text : `${text}\n`;
    }
    case 'csv':
    case 'tsv': {
      const reading = action.from === 'csv' || action.from === 'tsv';
      const own = { hasHeader: true, headers: null, delimiter: null, columns: action.columns };
      const format = reading ? own : action;
      return printRows(value, delimiterOf(to, format.delimiter), format);
    }
  }
}

function delimiterOf(format: 'csv' | 'tsv', delimiter: string | null): string {
  if (delimiter === null) return format === 'csv' ? ',' : '\t';
  if ([...delimiter].length === 1 && !/["\r\n]/.test(delimiter)) return delimiter;
  throw new ActionFailure(`the delimiter must be one character, got ${JSON.stringify(delimiter)}`);
}
