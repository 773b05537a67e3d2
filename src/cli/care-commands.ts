import { JSON_VALUE, option, type CommandSpec } from './command-spec.ts';
import { HELP_TOPICS } from './help-topics.ts';

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

const COMPLETION: CommandSpec = {
  usage: 'completion <bash|zsh|fish>',
  description: 'print the script that lets a shell complete flow',
  examples: ['source <(flow completion bash)', 'flow completion fish | source'],
  notes: `To have it in every shell:
  bash  echo 'source <(flow completion bash)' >> ~/.bashrc
  zsh   echo 'source <(flow completion zsh)' >> ~/.zshrc    (after compinit)
  fish  flow completion fish > ~/.config/fish/completions/flow.fish`,
  run: async ({ context, args }) =>
    (await import('./commands/completion.ts')).completion(context, args[0] ?? ''),
};

const HELP: CommandSpec = {
  usage: 'help [topic...]',
  description: `more on a command, ${Object.keys(HELP_TOPICS).join(', ')}`,
  examples: ['flow help run', 'flow help exit-codes'],
};

/** The commands around the installation. */
export const CARE_COMMANDS: readonly CommandSpec[] = [SQL, DB, DOCTOR, COMPLETION, HELP];
