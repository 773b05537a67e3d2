import { option, type CommandSpec, type OptionSpec } from './command-spec.ts';

/** How an attempt is shown. */
export const OUTPUT_OPTIONS: readonly OptionSpec[] = [
  option('--output <mode>', 'live, plain, grouped or json'),
  option('--json', 'one JSON object per line, as --output json'),
  option('--events <file>', 'append the events to a file'),
  option('--junit <file>', 'write a JUnit report of the attempt'),
];

/** What every command that drives an attempt knows. */
const ATTEMPT: readonly OptionSpec[] = [
  option('-j, --jobs <n>', 'at most this many steps at once'),
  option('--on-failure <what>', 'continue, drain or kill'),
  ...OUTPUT_OPTIONS,
];

const UPDATED = option('--updated', 'with the file as it is now');
const PLAN_ONLY = option('--dry-run', 'print the plan and stop');
const LABEL = option('--label <k[=v]>', 'a label of the run (repeatable)', { repeatable: true });
const RUN_ID = option('--run-id <id>', 'the id of the new run');

const PARAMS: readonly OptionSpec[] = [
  option('-p, --param <text>', 'parameters as words or JSON (repeatable)', { repeatable: true }),
  option('--params-file <file>', 'parameters from a JSON or YAML map'),
];

/** What is said of a new run, besides its parameters. */
const NEW_RUN: readonly OptionSpec[] = [
  RUN_ID,
  option('--name <name>', 'another name for the DAG'),
  LABEL,
  option('--base <file>', 'base file that the DAG is laid on'),
  option('--unresolved <mode>', 'references without a value: strict or keep'),
  option('--strict', 'warnings of the file stop the run'),
];

const RUN: CommandSpec = {
  usage: 'run <dag> [params...]',
  alias: 'start',
  description: 'run a DAG in the foreground',
  examples: [
    'flow run dags/hello.yaml who=world',
    "flow run etl -p 'region=eu day=2026-11-22'",
    'flow run etl --only extract --dry-run',
  ],
  options: [
    ...PARAMS,
    option('--only <step>', 'run just this step (repeatable)', { repeatable: true }),
    option('--from <step>', 'run this step and all downstream of it'),
    option('--dry-run', 'print the steps in order, record nothing'),
    ...ATTEMPT,
    ...NEW_RUN,
  ],
  run: async ({ context, args: [dag = '', ...params], flags }) =>
    (await import('./commands/run.ts')).run(context, dag, params, flags),
};

const RESUME: CommandSpec = {
  usage: 'resume [run]',
  description: 'continue a run from where it stopped',
  examples: ['flow resume', 'flow resume 1a2b3c4d --dry-run', 'flow resume etl --from transform'],
  takesMore: true,
  options: [
    option('--from <step>', 'also run this step and all downstream of it again'),
    UPDATED,
    PLAN_ONLY,
    ...ATTEMPT,
  ],
  run: async ({ context, args, flags }) =>
    (await import('./commands/resume.ts')).resume(context, args.length > 1, args[0], flags),
};

const RERUN: CommandSpec = {
  usage: 'rerun <run>',
  description: 'run it again, with the same definition and params',
  examples: ['flow rerun last', 'flow rerun 1a2b3c4d --from transform'],
  takesMore: true,
  options: [
    option('--from <step>', 'take over the results of what comes before this step'),
    UPDATED,
    PLAN_ONLY,
    ...ATTEMPT,
    RUN_ID,
    LABEL,
  ],
  run: async ({ context, args, flags }) =>
    (await import('./commands/rerun.ts')).rerun(context, args.length > 1, args[0] ?? '', flags),
};

const STOP: CommandSpec = {
  usage: 'stop <run|dag>',
  description: 'end a run, and wait until it has ended',
  examples: ['flow stop last', 'flow stop etl', 'flow stop 1a2b3c4d --force'],
  options: [option('--force', 'kill at once and skip the handlers, as a second Ctrl-C')],
  run: async ({ context, args: [run = ''], flags }) =>
    (await import('./commands/stop.ts')).stop(context, run, flags),
};

const ENQUEUE: CommandSpec = {
  usage: 'enqueue <dag> [params...]',
  description: 'leave a run for the daemon',
  examples: ['flow enqueue etl day=2026-11-22', 'flow enqueue etl --queue nightly'],
  options: [...PARAMS, option('--queue <name>', 'the queue; by default that of the DAG'), ...NEW_RUN],
  run: async ({ context, args: [dag = '', ...params], flags }) =>
    (await import('./commands/enqueue.ts')).enqueue(context, dag, params, flags),
};

const DEQUEUE: CommandSpec = {
  usage: 'dequeue <run>',
  description: 'take a queued run back: it is aborted',
  examples: ['flow dequeue last', 'flow dequeue 1a2b3c4d'],
  run: async ({ context, args: [run = ''] }) => (await import('./commands/dequeue.ts')).dequeue(context, run),
};

/** The commands that begin, continue and end runs. */
export const RUN_COMMANDS: readonly CommandSpec[] = [RUN, RESUME, RERUN, STOP];

/** The commands that leave runs to the daemon. */
export const QUEUE_COMMANDS: readonly CommandSpec[] = [ENQUEUE, DEQUEUE];
