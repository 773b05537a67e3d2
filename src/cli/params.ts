import { resolve } from 'node:path';
import type { BoundParam, Dag } from '../core/dag.ts';
import { FlowError, flowError, type Diagnostic } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import {
  bindParams,
  parseParamsFile,
  parseParamText,
  parseParamWords,
  type GivenParam,
} from '../language/params.ts';
import type { Context } from './context.ts';
import { readRegularFile } from '../machine/regular-file.ts';

export interface ParamFlags {
  /** `-p`, in order. */
  readonly param?: string[];
  readonly paramsFile?: string;
}

/**
 * The parameters of a new run: words, `-p` and `--params-file` (LANGUAGE.md §9.3), checked against the DAG.
 * @throws FlowError (exit 2, E431 and E007) with every problem together.
 */
export function givenParams(
  context: Context,
  dag: Dag,
  words: readonly string[],
  flags: ParamFlags,
): readonly BoundParam[] {
  const given = {
    words: parseParamWords(words),
    texts: (flags.param ?? []).flatMap(fromText),
    file: flags.paramsFile === undefined ? [] : fromFile(context, flags.paramsFile),
  };
  const { params, problems } = bindParams(dag.params, given, dag.paramsSchema);
  if (problems.length === 0) return params;
  const isNone = given.words.length + given.texts.length + given.file.length === 0;
  throw new FlowError(EXIT.usage, isNone ? withHint(problems, dag) : problems);
}

/** Whoever gives no parameter at all may not know how. */
function withHint(problems: readonly Diagnostic[], { params }: Dag): Diagnostic[] {
  const names = (params ?? []).flatMap(({ name, required }) => (required && name !== null ? [name] : []));
  const hint = `write them behind the DAG: ${names.map((name) => `${name}=VALUE`).join(' ')}`;
  const isLast = (i: number): boolean => i === problems.length - 1 && names.length > 0;
  return problems.map((problem, i) => (isLast(i) ? { hint, ...problem } : problem));
}

function fromText(text: string): GivenParam[] {
  const { params, problem } = parseParamText(text);
  if (problem !== null) throw flowError(EXIT.usage, 'E431', `-p: ${problem}`);
  return params;
}

function fromFile({ cwd }: Context, path: string): GivenParam[] {
  const bytes = readRegularFile(resolve(cwd, path), 'E001', path);
  const { params, problems } = parseParamsFile({ file: path, bytes });
  if (problems.length > 0) throw new FlowError(EXIT.usage, problems);
  return params;
}
