import { CARE_COMMANDS } from './care-commands.ts';
import { JSON_VALUE, option, type CommandSpec } from './command-spec.ts';
import type { HistoryFlags } from './commands/history.ts';
import { DAG_COMMANDS } from './dag-commands.ts';
import { PEOPLE_COMMANDS } from './people-commands.ts';
import { QUEUE_COMMANDS, RUN_COMMANDS } from './run-commands.ts';
import { SCHEDULER_COMMANDS } from './scheduler-commands.ts';

const STATUS: CommandSpec = {
  usage: 'status [run]',
  description: 'show a run with its steps',
  examples: ['flow status', 'flow status etl --json'],
  options: [
    JSON_VALUE,
    option('--daemon', 'show the daemon instead'),
    option('--watch', 'follow it until it has ended'),
  ],
  run: async ({ context, args, flags }) =>
    (await import('./commands/status.ts')).status(context, args[0], flags),
};

const HISTORY: CommandSpec = {
  usage: 'history [dag]',
  alias: 'runs',
  description: 'list runs, newest first',
  examples: ['flow history', 'flow history etl --status failed --since 7d'],
  options: [
    option('--status <state>', 'only runs in this state'),
    option('--label <k[=v]>', 'only runs with this label'),
    option('--since <duration>', 'only runs of the last 7d, 1h30m, …'),
    option('--limit <n>', 'at most this many; 0 is all', { default: '20' }),
    JSON_VALUE,
  ],
  run: async ({ context, args, flags }) =>
    (await import('./commands/history.ts')).history(context, args[0], flags as HistoryFlags),
};

const LOGS: CommandSpec = {
  usage: 'logs [run] [step]',
  description: 'show the output of steps',
  examples: ['flow logs', 'flow logs last transform --stderr --tail 50', 'flow logs etl -f'],
  options: [
    option('-f, --follow', 'go on until the run has ended'),
    option('--try <n>', 'of this try; the last by default'),
    option('--stdout', 'only standard output'),
    option('--stderr', 'only standard error'),
    option('--tail <n>', 'only the last lines'),
  ],
  run: async ({ context, args, flags }) =>
    (await import('./commands/logs.ts')).logs(context, args[0], args[1], flags),
};

const EVENTS: CommandSpec = {
  usage: 'events [run]',
  description: 'show the journal of a run',
  examples: ['flow events', 'flow events last --json --after 120'],
  options: [
    option('-f, --follow', 'go on until the run has ended'),
    option('--json', 'one JSON object per line'),
    option('--after <seq>', 'only what came after this number'),
  ],
  run: async ({ context, args, flags }) =>
    (await import('./commands/events.ts')).events(context, args[0], flags),
};

const WHY: CommandSpec = {
  usage: 'why <run> <step>',
  description: 'tell why a step ran, was kept, skipped or waits',
  examples: ['flow why last transform', 'flow why 1a2b3c4d "deploy[eu]" --json'],
  options: [JSON_VALUE],
  run: async ({ context, args, flags }) =>
    (await import('./commands/why.ts')).why(context, args[0] ?? '', args[1] ?? '', flags),
};

const LOOK_COMMANDS: readonly CommandSpec[] = [STATUS, HISTORY, LOGS, EVENTS, WHY];

/** The commands of CLI.md §3 that there are, in the order of the help, under its headings. */
export const COMMAND_GROUPS: readonly {
  readonly title: string;
  readonly commands: readonly CommandSpec[];
}[] = [
  { title: 'Run a DAG', commands: RUN_COMMANDS },
  { title: 'See what happened', commands: LOOK_COMMANDS },
  { title: 'Answer a run that asks', commands: PEOPLE_COMMANDS },
  { title: 'Write DAGs', commands: DAG_COMMANDS },
  { title: 'Leave it to the daemon', commands: [...SCHEDULER_COMMANDS, ...QUEUE_COMMANDS] },
  { title: 'Take care of flow', commands: CARE_COMMANDS },
];

export const COMMANDS: readonly CommandSpec[] = COMMAND_GROUPS.flatMap(({ commands }) => commands);
