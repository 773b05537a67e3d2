import type { FlowError } from '../errors/diagnostic.ts';
import { didYouMean } from '../errors/suggest.ts';
import { dagsHere, someOf, type DagPlaces } from '../machine/dag-argument.ts';
import { nameOf } from './command-spec.ts';
import { COMMANDS } from './commands.ts';
import { usageError } from './usage.ts';

/** What is needed of a command to say what was wrong with its words. */
export interface UsageNode {
  readonly commands: readonly UsageNode[];
  readonly options: readonly { readonly long?: string | undefined; readonly short?: string | undefined }[];
  readonly parent: UsageNode | null;
  name(): string;
  aliases(): string[];
}

/** What commander found wrong. */
export interface WrongUsage {
  /** `commander.unknownOption` */
  readonly code: string;
  readonly message: string;
  readonly command: UsageNode;
}

/** The same in our words, with the nearest thing that exists. */
export function usageOf(wrong: WrongUsage, places: DagPlaces): FlowError {
  const { command } = wrong;
  const message = (wrong.message.split('\n', 1)[0] ?? '').replace(/^error: /, '').replace(/\.$/, '');
  const word = /'([^']*)'/.exec(message)?.[1] ?? '';
  const fallback = `see \`${fullName(command)} --help\``;
  switch (wrong.code) {
    case 'commander.unknownOption':
      return usageError(`unknown option "${word}"`, didYouMean(word, optionsOf(command)) ?? fallback);
    case 'commander.unknownCommand':
      return usageError(`unknown command "${word}"`, commandHint(word, command, places) ?? fallback);
    case 'commander.excessArguments':
      return usageError(`${command.name()}: too many arguments`, fallback);
    case 'commander.missingArgument':
      return usageError(
        `${command.name()}: missing required argument "${word}"`,
        /^dag\b/.test(word) ? dagHint(fullName(command), places) : exampleHint(fullName(command)),
      );
    default:
      return usageError(`${command.name()}: ${message.replaceAll("'", '"')}`, fallback);
  }
}

/** A DAG in the place of a command wants to be run. */
function commandHint(word: string, command: UsageNode, places: DagPlaces): string | null {
  if (command.parent === null && dagsHere(places).includes(word)) return `did you mean \`flow run ${word}\`?`;
  return didYouMean(word, commandsOf(command));
}

function exampleHint(name: string): string {
  const words = name.split(' ').slice(1);
  let specs = COMMANDS;
  let examples: readonly string[] = [];
  for (const word of words) {
    const spec = specs.find((one) => nameOf(one) === word);
    specs = spec?.commands ?? [];
    examples = spec?.examples ?? [];
  }
  return `as in \`${examples[0] ?? name}\``;
}

function dagHint(name: string, places: DagPlaces): string {
  const names = dagsHere(places);
  const [first] = names;
  if (first === undefined) return 'there is no DAG here yet: `flow init` writes one';
  const example = `\`${name} ${first}\``;
  return names.length === 1 ? `write ${example}` : `name ${someOf(names)}, as in ${example}`;
}

function optionsOf(command: UsageNode): string[] {
  const own = command.options.flatMap((option) => [option.long, option.short]);
  const all = own.filter((flag): flag is string => typeof flag === 'string');
  return command.parent === null ? [...all, '--help'] : [...all, ...optionsOf(command.parent)];
}

function commandsOf(command: UsageNode): string[] {
  return command.commands.flatMap((one) => [one.name(), ...one.aliases()]);
}

function fullName(command: UsageNode): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
