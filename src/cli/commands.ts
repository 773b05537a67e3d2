import { option, type CommandSpec } from './command-spec.ts';
import type { HistoryFlags } from './commands/history.ts';
import { HELP_TOPICS } from './help-topics.ts';
import { PEOPLE_COMMANDS } from './people-commands.ts';
import type { ScheduleFlags } from './commands/schedule.ts';
import { RUN_COMMANDS } from './run-commands.ts';
import { SCHEDULER_COMMANDS } from './scheduler-commands.ts';

const JSON_VALUE = option('--json', 'as one JSON value');

const STATUS: CommandSpec = {
  usage: 'status [run]',
  description: 'show a run with its steps',
  examples: ['flow status', 'flow status etl --json'],
  options: [
    JSON_VALUE,
    option('--daemon', 'show the daemon instead'),
    option('--watch', 'follow it', { planned: true }),
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
  description: 'tell why a step ran, was kept, skipped, aborted or waits',
  examples: ['flow why last transform', 'flow why 1a2b3c4d "deploy[eu]" --json'],
  options: [JSON_VALUE],
  run: async ({ context, args, flags }) =>
    (await import('./commands/why.ts')).why(context, args[0] ?? '', args[1] ?? '', flags),
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
  examples: ['flow graph etl', 'flow graph etl --format mermaid'],
  options: [option('--format <text|mermaid|dot|json>', 'what it is drawn as', { default: 'text' })],
  run: async ({ context, args, flags }) =>
    (await import('./commands/graph.ts')).graph(context, args[0] ?? '', flags as { format: string }),
};

const SCHEDULE: CommandSpec = {
  usage: 'schedule <dag|dir>',
  description: 'show the next ticks of a DAG or a folder; exit 2 when a file of the folder is broken',
  examples: [
    'flow schedule etl',
    'flow schedule dags --next 20',
    "flow schedule etl --from '2027-03-28 00:00'",
  ],
  options: [
    option('--next <n>', 'this many ticks', { default: '10' }),
    option('--from <time>', 'from this time on, RFC 3339 or YYYY-MM-DD [HH:MM[:SS]]; now by default'),
    JSON_VALUE,
  ],
  run: async ({ context, args, flags }) =>
    (await import('./commands/schedule.ts')).schedule(context, args[0] ?? '', flags as ScheduleFlags),
};

const SQL: CommandSpec = {
  usage: 'sql [query]',
  description: 'ask the database, read-only',
  examples: ["flow sql 'select * from runs limit 5'", 'flow sql --csv < report.sql'],
  options: [JSON_VALUE, option('--csv', 'as CSV')],
  run: async ({ context, args, flags }) => (await import('./commands/sql.ts')).sql(context, args[0], flags),
};

const DB: CommandSpec = {
  usage: 'db',
  description: 'care of the database',
  examples: ['flow db check', 'flow db backup flow-backup.db'],
  commands: [
    {
      usage: 'path',
      description: 'print the path of the database',
      examples: ['flow db path'],
      run: async ({ context }) => (await import('./commands/db.ts')).dbPath(context),
    },
    {
      usage: 'check',
      description: 'look for damage',
      examples: ['flow db check'],
      run: async ({ context }) => (await import('./commands/db.ts')).dbCheck(context),
    },
    {
      usage: 'backup <file>',
      description: 'make a consistent copy',
      examples: ['flow db backup flow-backup.db'],
      run: async ({ context, args }) => (await import('./commands/db.ts')).dbBackup(context, args[0] ?? ''),
    },
    {
      usage: 'migrate',
      description: 'bring the database of an older flow forward',
      examples: ['flow db migrate'],
      run: async ({ context }) => (await import('./commands/db.ts')).dbMigrate(context),
    },
    {
      usage: 'prune',
      description: 'delete ended runs with their logs and artifacts; by default as each DAG says',
      examples: ['flow db prune --dry-run', 'flow db prune --older-than 30d --keep-runs 5'],
      options: [
        option('--older-than <duration>', 'only runs that ended before 30d, 12h, …'),
        option('--keep-runs <n>', 'keep the newest ones of each DAG'),
        option('--dry-run', 'print the runs and stop'),
      ],
      run: async ({ context, flags }) => (await import('./commands/db-prune.ts')).dbPrune(context, flags),
    },
  ],
};

const DOCTOR: CommandSpec = {
  usage: 'doctor',
  description: 'look for problems of this installation',
  examples: ['flow doctor', 'flow doctor --json'],
  options: [JSON_VALUE],
  run: async ({ context, flags }) => (await import('./commands/doctor.ts')).doctor(context, flags),
};

const INIT: CommandSpec = {
  usage: 'init [name]',
  description: 'write a small DAG to start from',
  examples: ['flow init', 'flow init deploy'],
  run: async ({ context, args }) => (await import('./commands/init.ts')).init(context, args[0]),
};

const IMPORT: CommandSpec = {
  usage: 'import',
  description: 'make DAG files of something else',
  examples: ['flow import crontab', 'flow import crontab --dry-run'],
  commands: [
    {
      usage: 'crontab [file]',
      description: 'make a DAG file of each job of a crontab; by default of what `crontab -l` prints',
      examples: [
        'flow import crontab',
        'flow import crontab backup.crontab --dir dags --dry-run',
        'ssh host crontab -l | flow import crontab -',
        'flow import crontab /etc/crontab --system',
      ],
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
  description: 'print the JSON Schema of DAG files for editors, or of the events',
  examples: ['flow schema > flow.schema.json', 'flow schema events'],
  run: async ({ context, args }) => (await import('./commands/schema.ts')).schema(context, args[0]),
};

const COMPLETION: CommandSpec = {
  usage: 'completion <bash|zsh|fish>',
  description: 'print the script by which a shell completes commands, DAGs, runs and steps',
  examples: ['source <(flow completion bash)', 'flow completion fish | source'],
  notes: `To have it in every shell:
  bash  echo 'source <(flow completion bash)' >> ~/.bashrc
  zsh   echo 'source <(flow completion zsh)' >> ~/.zshrc, below the line with compinit
  fish  flow completion fish > ~/.config/fish/completions/flow.fish`,
  run: async ({ context, args }) =>
    (await import('./commands/completion.ts')).completion(context, args[0] ?? ''),
};

const HELP: CommandSpec = {
  usage: 'help [topic...]',
  description: `help for a command, ${Object.keys(HELP_TOPICS).join(', ')}`,
  examples: ['flow help run', 'flow help exit-codes'],
};

/** The commands of CLI.md §3 that there are, in the order of the help. */
export const COMMANDS: readonly CommandSpec[] = [
  ...RUN_COMMANDS,
  ...PEOPLE_COMMANDS,
  ...SCHEDULER_COMMANDS,
  STATUS,
  HISTORY,
  LOGS,
  EVENTS,
  WHY,
  VALIDATE,
  GRAPH,
  SCHEDULE,
  SQL,
  DB,
  DOCTOR,
  INIT,
  IMPORT,
  SCHEMA,
  COMPLETION,
  HELP,
];
