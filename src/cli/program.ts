import { Command, type CommanderError, Option, type OutputConfiguration } from 'commander';
import type { FlowError } from '../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../errors/exit-codes.ts';
import { didYouMean } from '../errors/suggest.ts';
import type { CommandSpec } from './command-spec.ts';
import { COMMANDS } from './commands.ts';
import type { GlobalFlags, Host, SettingFlags } from './host.ts';
import { usageError } from './usage.ts';
import { flowVersion } from '../machine/version.ts';

/**
 * Parses the command line and runs the command it names; nothing of flow is loaded before that.
 * @throws FlowError (exit 2, E001) for bad usage, and whatever the command throws.
 */
export async function runProgram(argv: readonly string[], host: Host): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const root = program(host, (result) => (code = result));
  if (argv.length === 0) {
    root.outputHelp({ error: true });
    return EXIT.usage;
  }
  try {
    await root.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (isDone(error)) return EXIT.ok;
    throw error;
  }
  return code;
}

type Finish = (code: ExitCode) => void;

function program(host: Host, finish: Finish): Command {
  const output: OutputConfiguration = {
    writeOut: (text) => host.out.write(text),
    writeErr: (text) => host.err.write(text),
    outputError: () => undefined,
  };
  const root = prepare(new Command('flow'), output)
    .description(
      'Runs YAML DAGs of shell and HTTP steps, records every step, and resumes from the one that failed.',
    )
    .version(flowVersion, '--version', 'print the version')
    .option('--home <dir>', 'where runs are recorded')
    .option('--dags <dir>', 'the DAG folder')
    .option('--color <when>', 'always, never or auto')
    .option('-q, --quiet', 'say less')
    .option('-v, --verbose', 'say more')
    .addHelpText(
      'before',
      exampleText(['flow run dags/hello.yaml', 'flow status', 'flow resume', 'flow help exit-codes']),
    );
  for (const spec of COMMANDS) add(root, spec, host, output, finish);
  prepare(root.command('help [topic...]'), output)
    .description('help for a command, `exit-codes` or `env`')
    .addHelpText('before', exampleText(['flow help run', 'flow help exit-codes']))
    .action(async (topic: string[]) => {
      const { help } = await import('./commands/help.ts');
      help(root, topic, host.out);
    });
  return root;
}

function add(
  parent: Command,
  spec: CommandSpec,
  host: Host,
  output: OutputConfiguration,
  finish: Finish,
): void {
  const command = prepare(parent.command(spec.usage), output)
    .description(spec.description)
    .addHelpText('before', exampleText(spec.examples))
    .allowExcessArguments(spec.takesMore ?? false);
  if (spec.alias !== undefined) command.alias(spec.alias);
  for (const { flags, description, default: standard, repeatable, planned } of spec.options ?? []) {
    if (repeatable === true) command.option(flags, description, collect);
    else if (planned === true) command.addOption(new Option(flags).hideHelp());
    else command.option(flags, description, standard);
  }
  for (const below of spec.commands ?? []) add(command, below, host, output, finish);
  const { run } = spec;
  if (run === undefined) return;
  command.action(async () => {
    const { makeContext } = await import('./context.ts');
    const flags = command.opts<SettingFlags>();
    const context = await makeContext(host, command.optsWithGlobals<GlobalFlags>(), flags);
    finish(await run({ context, args: command.args, flags }));
  });
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function prepare(command: Command, output: OutputConfiguration): Command {
  return command
    .configureOutput(output)
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .exitOverride((error) => {
      throw isDone(error) ? error : usageOf(error, command);
    });
}

function exampleText(examples: readonly string[]): string {
  return `Examples:\n${examples.map((example) => `  ${example}`).join('\n')}\n`;
}

/** `--help` and `--version` end commander with an error that is none. */
function isDone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'commander.helpDisplayed' || code === 'commander.version' || code === 'commander.help';
}

/** What commander found wrong, in our words, with the nearest thing that exists. */
function usageOf(error: CommanderError, command: Command): FlowError {
  const message = (error.message.split('\n', 1)[0] ?? '').replace(/^error: /, '').replace(/\.$/, '');
  const word = /'([^']*)'/.exec(message)?.[1] ?? '';
  const fallback = `see \`${fullName(command)} --help\``;
  switch (error.code) {
    case 'commander.unknownOption':
      return usageError(`unknown option "${word}"`, didYouMean(word, optionsOf(command)) ?? fallback);
    case 'commander.unknownCommand':
      return usageError(`unknown command "${word}"`, didYouMean(word, commandsOf(command)) ?? fallback);
    case 'commander.excessArguments':
      return usageError(`${command.name()}: too many arguments`, fallback);
    default:
      return usageError(`${command.name()}: ${message.replaceAll("'", '"')}`, fallback);
  }
}

function optionsOf(command: Command): string[] {
  const own = command.options.flatMap((option) => [option.long, option.short]);
  const all = own.filter((flag): flag is string => typeof flag === 'string');
  return command.parent === null ? [...all, '--help'] : [...all, ...optionsOf(command.parent)];
}

function commandsOf(command: Command): string[] {
  return command.commands.flatMap((one) => [one.name(), ...one.aliases()]);
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
