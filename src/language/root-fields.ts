import {
  bool,
  boolOrNumber,
  object,
  int,
  raw,
  seconds,
  text,
  textList,
  TEXT,
  textOrList,
  word,
} from './schema.ts';
import { SCHEDULING } from './schedule-fields.ts';
import type { Infer } from './schema.ts';
import { ENV } from './step-fields.ts';

const LABELS = {
  type: [...TEXT.type, 'array', 'object'],
  additionalProperties: TEXT,
  items: { type: [...TEXT.type, 'object'], additionalProperties: TEXT },
};
const CONST = {
  type: 'object',
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: { type: ['string', 'number', 'boolean'] },
};

/** Root `retry_policy` (LANGUAGE.md §13.4). */
export const ROOT_RETRY = object('how often and when a failed run goes on in a new attempt', {
  limit: int('further attempts'),
  interval_sec: seconds('seconds to wait before an attempt'),
  backoff: boolOrNumber('factor of the wait from one attempt to the next; true is 2'),
  max_interval_sec: seconds('upper bound of a wait in seconds'),
  jitter: bool('draw the wait evenly from its upper half'),
  on_timeout: bool('also after an attempt that timed out'),
});

/** Root `artifacts` (LANGUAGE.md §21.3). */
const ARTIFACTS = object('the artifacts directory of a run', {
  enabled: bool('false: runs have none'),
  dir: text("folder for the artifacts of all runs; flow's own by default"),
});

/** The fields of a document (LANGUAGE.md §3); those of `raw` are read where their codes are. */
export const ROOT = object('one DAG', {
  name: text('name of the DAG; the file stem by default'),
  description: text('what the DAG does, for people'),
  group: text('group of the DAG, for people'),
  labels: raw('labels for filters: "a,k=v", a list or a map', LABELS),
  tags: raw('older name of labels', { ...LABELS, deprecated: true }),
  type: text('graph: order by depends; chain: one step after the other', { enum: ['graph', 'chain'] }),
  steps: raw('the steps', { type: 'array', minItems: 1 }),
  consts: raw('list of one-key maps: values fixed while loading', {
    type: 'array',
    items: CONST,
  }),
  params: raw('parameters of a run with their defaults', { type: ['string', 'array', 'object'] }),
  env: raw('environment of all steps', ENV),
  secrets: raw('values that are read anew in each attempt, never stored, and masked', { type: 'array' }),
  dotenv: textOrList('files with KEY=value lines; .env comes before them, [] turns it off'),
  preconditions: raw('what must hold before a run starts', { type: ['string', 'object', 'array'] }),
  retry_policy: ROOT_RETRY,
  delay_sec: seconds('seconds to wait before the first attempt'),
  shell: textOrList('interpreter of run: text split into words, or a list'),
  shell_args: textList('further arguments of the shell'),
  working_dir: text('directory of the steps; that of the DAG file by default'),
  handler_on: raw('steps that run at events of the run', { type: 'object' }),
  defaults: raw('settings of all steps that do not set them', { type: 'object' }),
  timezone: text('IANA zone of schedules and wait.until, as Europe/Berlin'),
  timeout_sec: seconds('limit of one attempt in seconds; 0 is none'),
  max_active_steps: int('steps that run at the same time; 0 is no limit'),
  max_clean_up_time_sec: seconds('seconds from the first stop signal to SIGKILL'),
  max_output_size: int('largest output in bytes', 1),
  ...SCHEDULING,
  log_dir: text("folder for the logs of all runs; flow's own by default"),
  artifacts: ARTIFACTS,
  log_output: word('one log file for each stream, or one for both', ['separate', 'merged']),
});
export type RootFields = Infer<typeof ROOT>;

/** Events of `handler_on` (§14). */
export const HANDLERS = object('steps that run at events of the run', {
  init: raw('at the start of each attempt, before the steps', { type: 'object' }),
  success: raw('when the run succeeded', { type: 'object' }),
  failure: raw('when the run failed', { type: 'object' }),
  abort: raw('when the run was aborted', { type: 'object' }),
  wait: raw('when the run waits for a person', { type: 'object' }),
  exit: raw('after the others, in each attempt', { type: 'object' }),
});
