import {
  bool,
  boolOrNumber,
  int,
  intList,
  numberOrTemplate,
  object,
  raw,
  seconds,
  TEXT,
  text,
  textList,
  textMap,
  textOrList,
  word,
} from './schema.ts';
import type { Infer } from './schema.ts';
import { SIGNALS } from './names.ts';

/** The forms of `env` (§7.3). */
export const ENV = {
  type: ['object', 'array'],
  additionalProperties: TEXT,
  items: { type: [...TEXT.type, 'object'], additionalProperties: TEXT },
};

/** Step `retry_policy` (LANGUAGE.md §13.3). */
export const RETRY_POLICY = object('how often and when a failed step is tried again', {
  limit: numberOrTemplate('retries after the first try', true),
  interval_sec: numberOrTemplate('seconds to wait before a retry', false),
  backoff: boolOrNumber('factor of the wait from one retry to the next; true is 2'),
  max_interval_sec: seconds('upper bound of a wait in seconds'),
  exit_code: intList('only these exit codes are retried'),
  jitter: bool('draw the wait evenly from its upper half'),
  on_timeout: bool('also retry tries that timed out'),
});

/** The map form of `continue_on` (§13.2). */
export const CONTINUE_ON = object('failures after which dependents run all the same', {
  failure: bool('any failure'),
  failed: bool('the same as failure'),
  skipped: bool('the step was skipped'),
  exit_code: intList('these exit codes'),
  output: textOrList('a part of a line of standard output, or re: and a regexp'),
  mark_success: bool('record an allowed failure as succeeded'),
});

const CONCURRENT = { max_concurrent: int('items at the same time; 10 by default', 1, 1_000) };

/** `foreach` (§16.1). */
export const FOREACH = object('a small graph of steps, run once per item', {
  items: raw('a list of any values, or text that becomes a JSON array', { type: ['string', 'array'] }),
  as: text('name of the item in references; item by default'),
  key: text('what tells the items apart; the index by default'),
  ...CONCURRENT,
  steps: raw('the steps of one item', { type: 'array', minItems: 1 }),
  collect: textMap('values that each item adds to the output outputs'),
});

/** The map form of `parallel` (§16.2). */
export const PARALLEL = object('items, and how many at the same time', {
  items: raw('text, or a list of text, numbers and flat maps', { type: [...TEXT.type, 'array'] }),
  ...CONCURRENT,
});

/** `approval` (§18.2). */
export const APPROVAL = object('a person must approve before dependents start', {
  prompt: text('what the person is asked'),
  input: textList('names that the answer may give; they become outputs of the step'),
  required: textList('those of them that it must give'),
});

const COMMANDS = { type: [...TEXT.type, 'array'], items: { type: [...TEXT.type, 'object'] } };
/** `repeat_policy` (§13.5). */
export const REPEAT_POLICY = object('whether and when a step is executed again', {
  repeat: raw('true, while or until', { enum: [true, 'while', 'until'] }),
  condition: text('a command that exits 0, or with expected a text'),
  expected: text('a line of the text, or re: and a regexp'),
  exit_code: intList('exit codes'),
  interval_sec: numberOrTemplate('seconds to wait before a repetition', false),
  limit: numberOrTemplate('executions in all', true),
  backoff: boolOrNumber('factor of the wait from one repetition to the next; true is 2'),
  max_interval_sec: numberOrTemplate('upper bound of a wait in seconds', false),
});

const SHARED = {
  continue_on: raw('failures after which dependents run all the same', { type: ['string', 'object'] }),
  retry_policy: RETRY_POLICY,
  repeat_policy: REPEAT_POLICY,
  preconditions: raw('what must hold before the step starts', { type: ['string', 'object', 'array'] }),
  timeout_sec: seconds('limit of one try in seconds; 0 is none'),
  signal_on_stop: text('signal that asks the step to stop', { enum: [...SIGNALS] }),
  on_interrupt: word('what resume does with a step whose result is unknown', ['rerun', 'fail']),
  env: raw('environment of the step', ENV),
};

/** The fields of a step (§4.3). */
export const STEP = object('one step', {
  id: text('what other steps refer to'),
  name: text('name for people; the id by default'),
  description: text('what the step does, for people'),
  run: raw('shell text: a command, a script, or a list of commands', COMMANDS),
  command: raw('older name of run', { ...COMMANDS, deprecated: true }),
  script: raw('older name of run with a script', { ...TEXT, deprecated: true }),
  action: text('what the step does instead of run'),
  with: raw('arguments of the action', { type: 'object' }),
  foreach: raw('a small graph of steps, run once per item', { type: 'object' }),
  parallel: raw('items, for each of which a child run is started', {
    type: [...TEXT.type, 'array', 'object'],
  }),
  approval: raw('a person must approve before dependents start', { type: 'object' }),
  depends: textOrList('ids or names of the steps it waits for', 'string or array'),
  working_dir: text('directory of the step'),
  outputs: raw('outputs that the step writes to $FLOW_OUTPUT_FILE', { type: 'array' }),
  output: raw('name of the output that holds standard output, or a map of outputs', {
    type: [...TEXT.type, 'object'],
  }),
  output_schema: raw('JSON Schema that standard output must satisfy', { type: ['object', 'boolean'] }),
  stdout: raw('file to append standard output to, besides the log'),
  stderr: raw('file to append standard error to, besides the log'),
  log_output: word('one log file for each stream, or one for both', ['separate', 'merged']),
  ...SHARED,
});
export type StepFields = Infer<typeof STEP>;

/** What `defaults` may hold (§4.4). */
export const DEFAULTS = object('settings of all steps that do not set them', SHARED);
export type DefaultFields = Infer<typeof DEFAULTS>;

/** `with` of a run step (§6.2). */
export const RUN_WITH = object('shell of the step', {
  shell: textOrList('interpreter: text split into words, or a list'),
  shell_args: textList('further arguments of the shell'),
  shell_packages: textList('packages of nix-shell'),
});

/** One entry of `outputs` (§11.2). */
export const OUTPUT = object('one output', {
  name: text('name of the output'),
  type: text('string or json', { enum: ['string', 'json'] }),
});

/** How the bytes of an output become its value (§11.4). */
export const DECODERS = ['text', 'json', 'yaml'] as const;
const decode = text('text, trimmed, by default; json or yaml', { enum: [...DECODERS] });
const select = text('path into the decoded value, such as .items[0].name');

/** One key of an `output` map that is no literal (§11.4). */
export const OUTPUT_SOURCE = object('where the value of an output comes from', {
  value: raw('the value itself'),
  from: text('stdout, stderr or file'),
  path: text('the file, for from: file'),
  decode,
  select,
});

/** `stdout`, `stderr` as a map (§11.5, §11.7). */
export const OUTPUT_FILE = object('where a stream goes besides the log', {
  artifact: text('file inside the artifacts directory'),
});
export const STDOUT_FILE = object('where standard output goes besides the log', {
  artifact: text('file inside the artifacts directory'),
  outputs: raw('outputs of the step and of the run from standard output', { type: 'object' }),
});

/** `stdout: {outputs: …}` (§11.5). */
export const STDOUT_OUTPUTS = object('outputs of the step and of the run from standard output', {
  field: text('name of the one output'),
  decode,
  select,
  fields: raw('outputs by name', { type: 'object' }),
});

export const PROVIDERS = ['env', 'file', 'command'] as const;

/** One entry of `secrets` (§10). */
export const SECRET = object('one secret', {
  name: text('variable that holds it'),
  provider: text('where its value comes from: env, file or command', { enum: [...PROVIDERS] }),
  key: text('name of the variable, path of the file, or the command'),
});
