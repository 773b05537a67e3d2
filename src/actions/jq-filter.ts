import type { JqFilter } from '../core/flow-action.ts';
import { parseJsonValue, valueToJson } from '../base/value.ts';
import type { Value } from '../base/value.ts';
import { SUCCEEDED } from './action.ts';
import type { ActionEnd, ActionIo } from './action.ts';
import { sourceText } from './data/formats.ts';
import { runJq } from './jq.ts';
import type { JqEnd } from './jq.ts';
import { ActionFailure, outputOf } from './result.ts';

/** Exit code of jq. */
const DOES_NOT_COMPILE = 3;

/** `jq.filter` (LANGUAGE.md §19.1): prints every result, publishes the one result or the list of them. */
export async function jqFilter(action: JqFilter, io: ActionIo): Promise<ActionEnd> {
  const input = await inputOf(action, io);
  const job = { args: argsOf(action.filter), input, env: io.env };
  const end = await runJq(job, io.signal).catch((error: unknown) => {
    if (io.signal.aborted) throw new ActionFailure('stopped');
    throw new ActionFailure(error instanceof Error ? error.message : String(error), { cause: error });
  });
  // One line of an error is the message of the step.
  if (end.code === 0 || end.stderr.trim().includes('\n')) io.err(end.stderr);
  if (end.code !== 0) throw new ActionFailure(reasonOf(end));
  const lines = end.stdout.split('\n').filter((line) => line !== '');
  const results = lines.map(parseJsonValue);
  for (const result of results) io.out(`${shown(result, action.raw)}\n`);
  const [one] = results;
  const result = one !== undefined && results.length === 1 ? one : results;
  return { ...SUCCEEDED, outputs: { result: outputOf(result) } };
}

/** Why a filter does not compile; null when it does. Without input it is compiled and not executed. */
export async function filterProblem(filter: string): Promise<string | null> {
  const job = { args: argsOf(filter), input: '', env: {} };
  const end = await runJq(job, new AbortController().signal);
  return end.code === DOES_NOT_COMPILE ? compilerReason(end) : null;
}

/** A space in front: a filter such as `-1` is no option. */
function argsOf(filter: string): string[] {
  return ['-c', ` ${filter}`];
}

/** JSON goes through as it is, so that numbers keep their text; other text is a string, in a file it is wrong. */
async function inputOf(action: JqFilter, io: ActionIo): Promise<string> {
  const source = await sourceText(action, io);
  if (source.text === null) return valueToJson(source.value);
  try {
    JSON.parse(source.text);
    return source.text;
  } catch (error) {
    if (action.input === null) return JSON.stringify(source.text);
    const why = error instanceof Error ? error.message : String(error);
    throw new ActionFailure(`${JSON.stringify(action.input)}: unreadable json: ${why}`, { cause: error });
  }
}

function shown(result: Value, raw: boolean): string {
  return raw && typeof result === 'string' ? result : valueToJson(result, 2);
}

function reasonOf(end: JqEnd): string {
  if (end.code === DOES_NOT_COMPILE) return `the filter does not compile: ${compilerReason(end)}`;
  const reason = firstReason(end);
  return reason === '' ? `jq ended with exit code ${end.code}` : reason;
}

function compilerReason(end: JqEnd): string {
  return firstReason(end).replace(' (Unix shell quoting issues?)', '').replace(/:$/, '');
}

/** The first line of what jq says, without its own name and places in its input. */
function firstReason({ stderr }: JqEnd): string {
  const line =
    stderr.split('\n').find((one) => one.startsWith('jq: error')) ?? stderr.split('\n', 1)[0] ?? '';
  return line.replace(/^jq: error(?: \(at [^)]*\))?:? */, '').trim();
}
