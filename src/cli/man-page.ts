import { EXIT_MEANINGS } from '../errors/exit-codes.ts';
import { GLOBAL_OPTIONS, type CommandSpec, type OptionSpec } from './command-spec.ts';
import { COMMAND_GROUPS } from './commands.ts';
import { optionName } from './complete/placeholder.ts';
import { bold, italic, paragraph, roff, tagged, verbatim } from './roff.ts';
import { SETTINGS, SETTING_KEYS } from './settings.ts';

/** flow(1), made of the command tree and the tables of `flow help`, for man(7). */
export function manPage(version: string): string {
  const lines = [
    `.TH FLOW 1 "" "flow ${version}" "User Commands"`,
    ...['.SH NAME', roff('flow - runs YAML DAGs of shell and HTTP steps')],
    ...[
      '.SH SYNOPSIS',
      `${bold('flow')} [${italic('options')}] ${italic('command')} [${italic('arguments')}]`,
    ],
    ...['.SH DESCRIPTION', ...paragraph(DESCRIPTION), '.PP', ...paragraph(MORE)],
    ...['.SH OPTIONS', ...GLOBAL_OPTIONS.flatMap(optionLines), ...OWN_OPTIONS],
    ...['.SH COMMANDS', ...COMMAND_GROUPS.flatMap(groupLines)],
    ...[
      '.SH EXIT STATUS',
      ...EXIT_MEANINGS.flatMap(([code, meaning]) => tagged(bold(String(code)), meaning)),
    ],
    ...['.SH ENVIRONMENT', ...SETTING_KEYS.flatMap(settingLines), ...COLOURS],
    ...['.SH FILES', ...FILES.flatMap(([path, meaning]) => tagged(italic(path), meaning))],
    ...[
      '.SH EXAMPLES',
      ...EXAMPLES.flatMap(([what, commands]) => ['.PP', ...paragraph(what), ...verbatim(commands)]),
    ],
  ];
  return `${lines.join('\n')}\n`;
}

const DESCRIPTION =
  'flow runs a directed acyclic graph of shell commands and HTTP requests that a YAML file describes. It records ' +
  'every step in one SQLite file as it happens. A run that failed, was stopped or crashed goes on from where it ' +
  'stopped with flow resume; what has succeeded is not done again.';
const MORE =
  'A DAG is a file, or a name in the DAG folder. A run is its id, the last 8 characters of it, a DAG (its newest ' +
  'run), or last. flow help language shows on one screen what a DAG file can say.';

const OWN_OPTIONS = [
  ...tagged(`${bold('-h')}, ${bold('--help')}`, 'show the help of flow or of a command'),
  ...tagged(bold('--version'), 'print the version'),
];

const COLOURS = [
  ...tagged(bold('NO_COLOR'), 'no colours when not empty'),
  ...tagged(bold('FORCE_COLOR'), 'colours also without a terminal'),
];

const FILES: readonly (readonly [path: string, meaning: string])[] = [
  ['dags/*.yaml', 'the DAG folder'],
  ['flow.config.yaml', 'settings of a project, beside its DAG folder'],
  ['~/.config/flow/config.yaml', 'settings of a user; $XDG_CONFIG_HOME moves it'],
  ['~/.local/state/flow/flow.db', 'all runs; $XDG_STATE_HOME and FLOW_HOME move it and what is beside it'],
  ['~/.local/state/flow/logs', 'what steps printed'],
  ['~/.local/state/flow/artifacts', 'files that steps keep'],
  ['~/.local/state/flow/work', 'scratch folders of runs'],
];

const EXAMPLES: readonly (readonly [what: string, commands: readonly string[]])[] = [
  ['Write a first DAG, and run it:', ['flow init', 'flow run hello who=Ada']],
  ['See what failed and why, and go on from there:', ['flow status', 'flow logs last', 'flow resume']],
  ['Check all DAGs of a folder in CI:', ['flow validate dags --strict']],
  ['Ask the database:', ["flow sql 'select dag, state, created_at from runs limit 5'"]],
];

function groupLines({ title, commands }: (typeof COMMAND_GROUPS)[number]): string[] {
  return [`.SS ${roff(title)}`, ...commands.flatMap((spec) => commandLines(spec, 'flow'))];
}

/** A command with its options one level deeper, then the commands below it. */
function commandLines(spec: CommandSpec, parent: string): string[] {
  const [name = '', ...args] = spec.usage.split(' ');
  const full = `${parent} ${name}`;
  const alias = spec.alias === undefined ? '' : ` (alias: ${parent} ${spec.alias})`;
  const head = [bold(full), ...args.map(italic)].join(' ');
  const options = (spec.options ?? []).filter(({ planned }) => planned !== true);
  return [
    ...tagged(head, `${spec.description}${alias}`),
    ...(options.length === 0 ? [] : ['.RS', ...options.flatMap(optionLines), '.RE']),
    ...(spec.commands ?? []).flatMap((below) => commandLines(below, full)),
  ];
}

function optionLines({ flags, description, default: standard }: OptionSpec): string[] {
  const { short, long, value } = optionName(flags);
  const names = [short, long].flatMap((name) => (name === null ? [] : [bold(name)])).join(', ');
  const said = standard === undefined ? description : `${description} (default: ${standard})`;
  return tagged(value === null ? names : `${names} ${italic(value)}`, said);
}

function settingLines(key: (typeof SETTING_KEYS)[number]): string[] {
  const { variable, flag, default: standard, meaning } = SETTINGS[key];
  const also = flag === null ? '' : `, as ${flag}`;
  return tagged(bold(variable), `${meaning} (default: ${standard})${also}`);
}
