import { COMMANDS } from '../commands.ts';
import { nameOf, type CommandSpec } from '../command-spec.ts';
import { makeContext, type Context } from '../context.ts';
import type { Host } from '../host.ts';
import { HELP_TOPICS } from '../help-topics.ts';
import type { Candidate } from './candidate.ts';
import { readLine, type CommandLine } from './command-line.ts';
import { dagCandidates, entries } from './files.ts';
import { optionName, type Kind } from './placeholder.ts';

/**
 * What the last word of a command line may become; `words` are those behind `flow`, whole, `last` is what is there of
 * the next. Nothing is loaded but what the place asks for: the database only for runs and their steps, to read it.
 * @throws whatever is wrong with the settings, the DAG or the database
 */
export async function candidates(host: Host, words: readonly string[], last: string): Promise<Candidate[]> {
  const read = readLine(words, last);
  if (read === null) return [];
  const found = await offered(host, read, last);
  const fitting = found.filter(({ value }) => value.startsWith(last) && !/\p{Cc}/u.test(value));
  // A run may be called as its DAG is, a folder is also where DAGs are: the first one tells more.
  return [...new Map(fitting.toReversed().map((one) => [one.value, one])).values()].toReversed();
}

async function offered(
  host: Host,
  { line, place }: NonNullable<ReturnType<typeof readLine>>,
  last: string,
): Promise<Candidate[]> {
  if (place.kind === 'command') return place.commands.map(commandCandidate);
  if (place.kind === 'option') {
    return place.options.map(({ flags, description }) => ({ value: optionName(flags).long, description }));
  }
  const { before, wanted } = place;
  const typed = last.slice(before.length);
  const all: Candidate[] = wanted.words.map((value) => ({ value, description: '' }));
  if (wanted.kinds.length > 0) {
    const context = await contextOf(host, line);
    for (const kind of wanted.kinds) all.push(...(await lookedUp(kind, { context, line, typed })));
  }
  return all.map(({ value, description }) => ({ value: before + value, description }));
}

interface Asked {
  readonly context: Context;
  readonly line: CommandLine;
  /** What is there of the word. */
  readonly typed: string;
}

async function lookedUp(kind: Kind, { context, line, typed }: Asked): Promise<Candidate[]> {
  switch (kind) {
    case 'dag':
      return dagCandidates(context, typed);
    case 'file':
      return entries(context, typed, () => true);
    case 'dir':
      return entries(context, typed, () => false);
    case 'run':
      return (await import('./runs.ts')).runCandidates(context);
    case 'step':
      return (await import('./steps.ts')).stepCandidates(context, line);
    case 'topic':
      return topics(line.args);
  }
}

/** `flow help TOPIC`, `flow help COMMAND SUBCOMMAND`. */
function topics(args: readonly string[]): Candidate[] {
  const commands = args.reduce<readonly CommandSpec[]>(
    (at, word) => at.find((one) => nameOf(one) === word)?.commands ?? [],
    COMMANDS,
  );
  const tables = Object.entries(HELP_TOPICS).map(([value, description]) => ({ value, description }));
  return [...commands.map(commandCandidate), ...(args.length === 0 ? tables : [])];
}

function commandCandidate(spec: CommandSpec): Candidate {
  return { value: nameOf(spec), description: spec.description };
}

/** The places that the line itself names count, as they will for the command. */
function contextOf(host: Host, { values }: CommandLine): Promise<Context> {
  const flag = <K extends string>(key: K): Partial<Record<K, string>> => {
    const value = values.get(`--${key}`);
    return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
  };
  return makeContext(host, { quiet: true, ...flag('home'), ...flag('dags') }, flag('base'));
}
