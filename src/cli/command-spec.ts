import type { ExitCode } from '../errors/exit-codes.ts';
import type { Context } from './context.ts';

/** One command as data; `program.ts` makes a command of commander of it. */
export interface CommandSpec {
  /**
   * Its name with its arguments: `run <dag> [params...]`. Shells complete them by what stands in the brackets, see
   * `complete/placeholder.ts`.
   */
  readonly usage: string;
  readonly alias?: string;
  readonly description: string;
  /** They stand first in its help. */
  readonly examples: readonly string[];
  /** Stands last in its help, as it is. */
  readonly notes?: string;
  readonly options?: readonly OptionSpec[];
  /** More words than `usage` names are left to the command, which has something to say about them. */
  readonly takesMore?: boolean;
  readonly commands?: readonly CommandSpec[];
  /** Loads the file of the command and calls it. Without it, there are commands below, or `program.ts` does it. */
  readonly run?: (call: Call) => Promise<ExitCode>;
}

export interface OptionSpec {
  /** `-j, --jobs <n>`; the value is completed as an argument is. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
  /** Its values are collected in a list. */
  readonly repeatable?: boolean;
  /** Documented in CLI.md but not there yet: refused by name, and left out of the help. */
  readonly planned?: boolean;
}

export interface Call {
  readonly context: Context;
  /** The words of the command line that are no options, in order. */
  readonly args: readonly string[];
  /** The options that were given, under their long names in camelCase. */
  readonly flags: object;
}

export function option(flags: string, description: string, more: Partial<OptionSpec> = {}): OptionSpec {
  return { flags, description, ...more };
}

/** Of commands that print one value. */
export const JSON_VALUE = option('--json', 'as one JSON value');

/** `run` of `run <dag> [params...]`. */
export function nameOf({ usage }: Pick<CommandSpec, 'usage'>): string {
  return usage.split(' ', 1)[0] ?? '';
}

/** What every command knows (CLI.md §1). */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  option('--home <dir>', 'where runs are recorded'),
  option('--dags <dir>', 'the DAG folder'),
  option('--color <when>', 'always, never or auto'),
  option('-q, --quiet', 'say less'),
  option('-v, --verbose', 'say more'),
];
