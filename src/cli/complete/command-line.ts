import { GLOBAL_OPTIONS, nameOf, option, type CommandSpec, type OptionSpec } from '../command-spec.ts';
import { COMMANDS } from '../commands.ts';
import {
  optionName,
  placeholders,
  wantedBy,
  wantedByOption,
  type OptionName,
  type Wanted,
} from './placeholder.ts';

/** A command line up to the word that is completed. */
export interface CommandLine {
  /** The commands named so far, outermost first. */
  readonly commands: readonly CommandSpec[];
  /** The words that are no options. */
  readonly args: readonly string[];
  /** The last value of each option, by its long name. */
  readonly values: ReadonlyMap<string, string>;
  readonly given: ReadonlySet<string>;
}

/** What the word at the end of a command line may become. */
export type Place =
  | { readonly kind: 'command'; readonly commands: readonly CommandSpec[] }
  | { readonly kind: 'option'; readonly options: readonly OptionSpec[] }
  /** `before` stands in the same word: `--format=`. */
  | { readonly kind: 'value'; readonly wanted: Wanted; readonly before: string };

/** What every command has besides its own options. */
const EVERYWHERE = [...GLOBAL_OPTIONS, option('-h, --help', 'show the help')];

/**
 * Reads a command line as commander would, as far as completing its last word needs it. Null: flow does not know
 * what stands there. `words` are those behind `flow`, `last` is the one that is completed.
 */
export function readLine(words: readonly string[], last: string): { line: CommandLine; place: Place } | null {
  const commands: CommandSpec[] = [];
  const args: string[] = [];
  const values = new Map<string, string>();
  const given = new Set<string>();
  let open: OptionName | null = null;
  let onlyArgs = false;
  for (const word of words) {
    if (open !== null) {
      values.set(open.long, word);
      open = null;
    } else if (!onlyArgs && word === '--') onlyArgs = true;
    else if (!onlyArgs && /^-./.test(word)) {
      const { named, value } = optionIn(word, optionsOf(commands));
      if (named === undefined) continue;
      given.add(named.long);
      if (value !== null) values.set(named.long, value);
      else if (named.value !== null) open = named;
    } else if (below(commands).length > 0) {
      const next = below(commands).find((one) => nameOf(one) === word || one.alias === word);
      if (next === undefined) return null;
      commands.push(next);
    } else args.push(word);
  }
  const line = { commands, args, values, given };
  if (open !== null) return { line, place: { kind: 'value', wanted: wantedByOption(open), before: '' } };
  return { line, place: onlyArgs ? argumentPlace(line) : placeOf(line, last) };
}

function placeOf(line: CommandLine, last: string): Place {
  const { commands, given } = line;
  const options = optionsOf(commands);
  const [before, name] = /^(--[\w-]+)=/.exec(last) ?? [];
  if (before !== undefined) {
    const named = options.map(({ flags }) => optionName(flags)).find(({ long }) => long === name);
    const wanted = named === undefined ? { kinds: [], words: [] } : wantedByOption(named);
    return { kind: 'value', wanted, before };
  }
  if (last.startsWith('-')) {
    const left = options.filter(
      ({ flags, repeatable }) => repeatable === true || !given.has(optionName(flags).long),
    );
    return { kind: 'option', options: left };
  }
  const commandsBelow = below(commands);
  return commandsBelow.length > 0 ? { kind: 'command', commands: commandsBelow } : argumentPlace(line);
}

function argumentPlace({ commands, args }: CommandLine): Place {
  const all = placeholders(commands.at(-1)?.usage ?? '');
  const final = all.at(-1) ?? '';
  const placeholder = all[args.length] ?? (final.endsWith('...') ? final : '');
  return { kind: 'value', wanted: wantedBy(placeholder), before: '' };
}

/** The option that a word names, and the value in the same word: `--jobs=4`, `-j4`. */
function optionIn(
  word: string,
  options: readonly OptionSpec[],
): { named: OptionName | undefined; value: string | null } {
  const names = options.map(({ flags }) => optionName(flags));
  if (!word.startsWith('--')) {
    const value = word.slice(2);
    return {
      named: names.find(({ short }) => short === word.slice(0, 2)),
      value: value === '' ? null : value,
    };
  }
  const [long = '', ...value] = word.split('=');
  return {
    named: names.find((one) => one.long === long),
    value: value.length === 0 ? null : value.join('='),
  };
}

function below(commands: readonly CommandSpec[]): readonly CommandSpec[] {
  const last = commands.at(-1);
  return last === undefined ? COMMANDS : (last.commands ?? []);
}

function optionsOf(commands: readonly CommandSpec[]): OptionSpec[] {
  const own = commands.at(-1)?.options ?? [option('--version', 'print the version')];
  return [...own.filter(({ planned }) => planned !== true), ...EVERYWHERE];
}
