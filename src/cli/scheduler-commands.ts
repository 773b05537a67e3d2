import { option, type CommandSpec } from './command-spec.ts';

const SCHEDULER: CommandSpec = {
  usage: 'scheduler',
  description: 'run the daemon: schedules, queue, interrupted runs',
  examples: ['flow scheduler --dags dags', 'flow scheduler --max-runs 4', 'flow scheduler --once'],
  options: [
    option('--max-runs <n>', 'at most this many runs at once; 0 is no limit'),
    option('--drain-timeout <duration>', 'time for runs to end after a signal: 30s'),
    option('-j, --jobs <n>', 'at most this many steps at once'),
    option('--base <file>', 'base file that the DAGs are laid on'),
    option('--once', 'do what is due, and end when these runs have ended'),
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

/** The commands around the daemon. */
export const SCHEDULER_COMMANDS: readonly CommandSpec[] = [SCHEDULER, SUSPEND, UNSUSPEND];
