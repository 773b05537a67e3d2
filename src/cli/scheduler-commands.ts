import { option, type CommandSpec } from './command-spec.ts';

const SCHEDULER: CommandSpec = {
  usage: 'scheduler',
  description: 'the daemon: fires schedules, starts queued runs, takes up interrupted ones',
  examples: ['flow scheduler --dags dags', 'flow scheduler --max-runs 4', 'flow scheduler --once'],
  options: [
    option('--max-runs <n>', 'at most this many runs at once; 0 is no limit'),
    option('--drain-timeout <duration>', 'how long runs may go on after the first signal, as 30s'),
    option('-j, --jobs <n>', 'at most this many steps at once'),
    option('--base <file>', 'base file that the DAGs are laid on'),
    option('--once', 'one pass: do what is due, and end when its runs have ended'),
  ],
  run: async ({ context, flags }) => (await import('./commands/scheduler.ts')).scheduler(context, flags),
};

const SUSPEND: CommandSpec = {
  usage: 'suspend <dag>',
  description: 'turn the schedule of a DAG off',
  examples: ['flow suspend etl'],
  run: async ({ context, args: [dag = ''] }) =>
    (await import('./commands/suspend.ts')).suspend(context, dag, true),
};

const UNSUSPEND: CommandSpec = {
  usage: 'unsuspend <dag>',
  description: 'turn the schedule of a DAG on again',
  examples: ['flow unsuspend etl'],
  run: async ({ context, args: [dag = ''] }) =>
    (await import('./commands/suspend.ts')).suspend(context, dag, false),
};

const LIST: CommandSpec = {
  usage: 'list',
  description: 'list the DAGs of the DAG folder with their schedule, next and last run',
  examples: ['flow list', 'flow list --label team=data --json'],
  options: [option('--label <k[=v]>', 'only DAGs with this label'), option('--json', 'as one JSON value')],
  run: async ({ context, flags }) => (await import('./commands/list.ts')).list(context, flags),
};

/** The commands around the daemon and its folder. */
export const SCHEDULER_COMMANDS: readonly CommandSpec[] = [SCHEDULER, SUSPEND, UNSUSPEND, LIST];
