import { JSON_VALUE, option, type CommandSpec } from './command-spec.ts';
import type { ScheduleFlags } from './commands/schedule.ts';

const INIT: CommandSpec = {
  usage: 'init [name]',
  description: 'write a small DAG to start from',
  examples: ['flow init', 'flow init deploy'],
  run: async ({ context, args }) => (await import('./commands/init.ts')).init(context, args[0]),
};

const VALIDATE: CommandSpec = {
  usage: 'validate <paths...>',
  description: 'name every problem of DAG files',
  examples: ['flow validate dags/etl.yaml', 'flow validate dags --strict --json'],
  options: [
    option('--strict', 'warnings count as errors'),
    option('--unresolved <mode>', 'references without a value: strict or keep'),
    option('--base <file>', 'base file that the DAGs are laid on'),
    JSON_VALUE,
    option('--show-unresolved', 'name each reference that only a run can resolve'),
  ],
  run: async ({ context, args, flags }) =>
    (await import('./commands/validate.ts')).validate(context, args, flags),
};

const GRAPH: CommandSpec = {
  usage: 'graph <dag>',
  description: 'draw a DAG',
  examples: ['flow graph etl', 'flow graph etl --format dot | dot -Tsvg > etl.svg'],
  notes: `As JSON it is {name, steps, handlers, sub_dags}, the last with the other DAGs of
the file. A step has id, name, action, depends (by id, else name), level (from
1; those of one level may run together), dag (of dag.run), steps (of foreach).`,
  options: [option('--format <text|mermaid|dot|json>', 'what it is drawn as', { default: 'text' })],
  run: async ({ context, args, flags }) =>
    (await import('./commands/graph.ts')).graph(context, args[0] ?? '', flags as { format: string }),
};

const LIST: CommandSpec = {
  usage: 'list',
  description: 'list the DAG folder: schedules, last and next runs',
  examples: ['flow list', 'flow list --label team=data --json'],
  options: [option('--label <k[=v]>', 'only DAGs with this label'), JSON_VALUE],
  run: async ({ context, flags }) => (await import('./commands/list.ts')).list(context, flags),
};

const SCHEDULE: CommandSpec = {
  usage: 'schedule <dag|dir>',
  description: 'show the next ticks of a DAG or a folder',
  examples: [
    'flow schedule etl',
    'flow schedule dags --next 20',
    "flow schedule etl --from '2027-03-28 00:00'",
  ],
  notes: 'Exit code 2 when a file of the folder is broken.',
  options: [
    option('--next <n>', 'this many ticks', { default: '10' }),
    option('--from <time>', 'from here on: RFC 3339 or YYYY-MM-DD [HH:MM[:SS]]'),
    JSON_VALUE,
  ],
  run: async ({ context, args, flags }) =>
    (await import('./commands/schedule.ts')).schedule(context, args[0] ?? '', flags as ScheduleFlags),
};

const IMPORT: CommandSpec = {
  usage: 'import',
  description: 'make DAG files of something else',
  examples: ['flow import crontab', 'flow import crontab --dry-run'],
  commands: [
    {
      usage: 'crontab [file]',
      description: 'make a DAG file of each job of a crontab',
      examples: [
        'flow import crontab',
        'flow import crontab backup.crontab --dir dags --dry-run',
        'ssh host crontab -l | flow import crontab -',
        'flow import crontab /etc/crontab --system',
      ],
      notes: 'Without a file, of what `crontab -l` prints.',
      options: [
        option('--dir <dir>', 'where the files go; by default the DAG folder'),
        option('--system', 'a user stands before each command, as in /etc/crontab'),
        option('--dry-run', 'print the files and stop'),
      ],
      run: async ({ context, args, flags }) =>
        (await import('./commands/import.ts')).importCrontab(context, args[0], flags),
    },
  ],
};

const SCHEMA: CommandSpec = {
  usage: 'schema [events]',
  description: 'print the JSON Schema of DAG files, or of events',
  examples: ['flow schema > flow.schema.json', 'flow schema events'],
  run: async ({ context, args }) => (await import('./commands/schema.ts')).schema(context, args[0]),
};

/** The commands for those who write DAG files. */
export const DAG_COMMANDS: readonly CommandSpec[] = [INIT, VALIDATE, GRAPH, LIST, SCHEDULE, IMPORT, SCHEMA];
