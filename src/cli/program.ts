import { resolve } from 'node:path';
import { Command, type CommanderError, Option, type OutputConfiguration } from 'commander';
import { EXIT, type ExitCode } from '../errors/exit-codes.ts';
import { GLOBAL_OPTIONS, type CommandSpec } from './command-spec.ts';
import { COMMAND_GROUPS } from './commands.ts';
import type { DagPlaces } from '../machine/dag-argument.ts';
import type { GlobalFlags, Host, SettingFlags } from './host.ts';
import { flowVersion } from '../machine/version.ts';

/**
 * Parses the command line and runs the command it names; nothing of flow is loaded before that.
 * @throws FlowError (exit 2, E001) for bad usage, and whatever the command throws.
 */
export async function runProgram(argv: readonly string[], host: Host): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const root = program(host, (result) => (code = result));
  if (argv.length === 0) {
    const { firstSteps } = await import('./first-steps.ts');
    host.err.write(`${firstSteps(await placesOf(host, root)).join('\n')}\n`);
    return EXIT.usage;
  }
  try {
    await root.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (isDone(error)) return error.code === 'commander.help' ? EXIT.usage : EXIT.ok;
    if (!(error instanceof BadUsage)) throw error;
    const { usageOf } = await import('./wrong-usage.ts');
    throw usageOf(error, await placesOf(host, error.command));
  }
  return code;
}

/** What commander found wrong with the words of a command. */
class BadUsage extends Error {
  readonly code: string;
  readonly command: Command;

  constructor(error: CommanderError, command: Command) {
    super(error.message);
    this.code = error.code;
    this.command = command;
  }
}

/** Where DAGs are, as far as that can be told: a setting that is wrong as well is for the next try. */
async function placesOf(host: Host, command: Command): Promise<DagPlaces> {
  const { makeContext } = await import('./context.ts');
  try {
    return await makeContext(host, command.optsWithGlobals<GlobalFlags>());
  } catch {
    return { cwd: host.cwd, dags: resolve(host.cwd, 'dags'), userHome: undefined };
  }
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
    .addHelpText(
      'before',
      exampleText(['flow init', 'flow run hello', 'flow status', 'flow resume', 'flow help language']),
    );
  for (const { flags, description } of GLOBAL_OPTIONS) root.option(flags, description);
  for (const { title, commands } of COMMAND_GROUPS) {
    for (const spec of commands) add(root, spec, host, output, finish).helpGroup(`${title}:`);
  }
  // It shows what commander knows of all others, and needs no settings.
  root.commands
    .find((command) => command.name() === 'help')
    ?.action(async (topic: string[]) => {
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
): Command {
  const command = prepare(parent.command(spec.usage), output)
    .description(spec.description)
    .addHelpText('before', exampleText(spec.examples))
    .addHelpText('after', spec.notes === undefined ? '' : `\n${spec.notes}`)
    .allowExcessArguments(spec.takesMore ?? false);
  if (spec.alias !== undefined) command.alias(spec.alias);
  for (const { flags, description, default: standard, repeatable, planned } of spec.options ?? []) {
    if (repeatable === true) command.option(flags, description, collect);
    else if (planned === true) command.addOption(new Option(flags).hideHelp());
    else command.option(flags, description, standard);
  }
  for (const below of spec.commands ?? []) add(command, below, host, output, finish);
  const { run } = spec;
  if (run === undefined) return command;
  return command.action(async () => {
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
    .configureHelp({ showGlobalOptions: true, subcommandTerm: usageOfCommand })
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .exitOverride((error) => {
      throw isDone(error) ? error : new BadUsage(error, command);
    });
}

/** `run <dag> [params...]`: that there are options goes without saying. */
function usageOfCommand(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...args].join(' ');
}

function exampleText(examples: readonly string[]): string {
  return `Examples:\n${examples.map((example) => `  ${example}`).join('\n')}\n`;
}

/**
 * `--help` and `--version` end commander with an error that is none; so does a command without the one below it
 * (`flow db`), which it answers with the help.
 */
function isDone(error: unknown): error is { readonly code: string } {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'commander.helpDisplayed' || code === 'commander.version' || code === 'commander.help';
}
