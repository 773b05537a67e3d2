import type { EventType } from '../core/events.ts';
import { EVENT_VERSION } from './event-json.ts';

type JsonSchema = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, JsonSchema>>;

const text = (description: string): JsonSchema => ({ type: 'string', description });
const textOrNull = (description: string): JsonSchema => ({ type: ['string', 'null'], description });
const words = (description: string, ...allowed: string[]): JsonSchema => ({ enum: allowed, description });
const whole = (description: string, least = 0): JsonSchema => ({
  type: 'integer',
  minimum: least,
  description,
});
const wholeOrNull = (description: string): JsonSchema => ({ type: ['integer', 'null'], description });
const instant = (description: string): JsonSchema => ({ type: 'string', format: 'date-time', description });
const texts = (description: string): JsonSchema => ({
  type: 'array',
  items: { type: 'string' },
  description,
});
const map = (description: string, values: unknown = true): JsonSchema => ({
  type: 'object',
  additionalProperties: values,
  description,
});

const STEP = {
  step: text('id of the step, else its name'),
  item: text('key of the item, of a step in a foreach body'),
};
const ATTEMPT = { attempt: whole('number of the attempt of the run', 1) };
const TRY = { ...ATTEMPT, try: whole('number of the try of the step, over all attempts', 1) };
const OWNER = { host: text('machine of the owner'), pid: whole('process of the owner', 1) };
const OUTPUTS = { outputs: map('outputs by name; secrets are masked') };
const ENDING = {
  ...ATTEMPT,
  try: wholeOrNull('number of the try; null when no try took part'),
  reason: textOrNull('why: null, a code of an error, or a word as timed_out'),
  message: textOrNull('the reason for people'),
  exit_code: wholeOrNull('exit code of the try; null when it has none'),
  signal: textOrNull('signal that ended the try'),
  duration_ms: whole('how long it took, in milliseconds'),
};

/** Only where something is due. */
const DUE: Fields = { due_at: instant('when it goes on: after a delay, or in the next attempt') };

interface Shape {
  readonly about: string;
  readonly fields: Fields;
  readonly optional?: readonly string[];
}

const TICK: Fields = {
  dag: text('name of the DAG'),
  kind: words('what the schedule asks for', 'start', 'stop', 'restart'),
  scheduled_at: instant('the tick'),
  reason: textOrNull('why it became no run'),
  message: textOrNull('what is wrong, for people'),
  count: whole('how many ticks it stands for, when more than one', 2),
  first_at: instant('the first of these'),
};
const MANY = ['count', 'first_at'];

/** What each event reports (CLI.md §4), beside `v`, `seq`, `at`, `run` and `type`. */
const SHAPES: Readonly<Record<EventType | 'step.output', Shape>> = {
  'run.created': {
    about: 'the run is recorded',
    fields: {
      dag: text('name of the DAG'),
      file: text('absolute path of the DAG file'),
      definition: text('hash of the definition that is stored with the run'),
      params: map('parameters by name; secrets are masked'),
      labels: map('labels; a bare one has the value ""', { type: 'string' }),
      trigger: words('what started the run', 'manual', 'scheduler', 'catchup', 'subdag', 'unknown'),
      reused_from: textOrNull('the run whose results are taken over'),
      parent_run: textOrNull('the run that started it, of a child run'),
      queue: textOrNull('its named queue'),
      scheduled_at: instant('the tick that it was started for'),
      due_at: instant('not started before: the jitter of its tick'),
    },
    optional: ['scheduled_at', 'due_at'],
  },
  'run.queued': {
    about: 'it waits in its queue again: after an answer, or for the next attempt',
    fields: { ...ATTEMPT, ...DUE },
    optional: ['due_at'],
  },
  'run.started': {
    about: 'the first attempt begins',
    fields: { ...ATTEMPT, ...OWNER, ...DUE },
    optional: ['due_at'],
  },
  'run.params_evaluated': {
    about: 'the params with eval have their values',
    fields: { ...ATTEMPT, params: map('parameters by name; secrets are masked') },
  },
  'run.left': { about: 'its daemon ends and leaves it to the next one', fields: ATTEMPT },
  'run.preconditions_met': { about: 'the root preconditions are met, for good', fields: ATTEMPT },
  'run.dotenv_read': {
    about: 'the dotenv files hold something else than in the attempt before',
    fields: { ...ATTEMPT, hash: textOrNull('hash of what they hold; null when there is none') },
  },
  'run.resumed': {
    about: 'a later attempt begins',
    fields: {
      ...ATTEMPT,
      ...OWNER,
      steps_run: texts('steps that run again; all others are kept'),
      steps_attached: texts('steps whose process of the attempt before goes on'),
      from: textOrNull('the step of --from'),
      recovery: { const: true, description: 'the daemon took it up by itself' },
      definition: text('hash of the definition it goes on with, after --updated'),
      steps_dropped: texts('steps that the file no longer has, after --updated'),
    },
    optional: ['recovery', 'definition', 'steps_dropped'],
  },
  'run.stop_requested': {
    about: 'another process asks its owner to stop the run',
    fields: {
      force: { type: 'boolean', description: 'at once, without its handlers' },
      reason: words('who asks: a person, or the schedule', 'stopped', 'schedule'),
    },
  },
  'run.aborting': { about: 'the run is being stopped', fields: { ...ATTEMPT, reason: text('why') } },
  'run.waiting': {
    about: 'the attempt ended, and a step waits for a person',
    fields: {
      ...ATTEMPT,
      state: words('state', 'waiting'),
      duration_ms: ENDING.duration_ms,
      ...OUTPUTS,
    },
  },
  'run.finished': {
    about: 'the attempt ended in a final state',
    fields: {
      attempt: whole('number of the attempt of the run; 0 when it was queued and never began'),
      state: words('final state', 'succeeded', 'partially_succeeded', 'failed', 'aborted', 'rejected'),
      reason: textOrNull('why: null, a code of an error, or a word as sigint'),
      exit_code: { type: 'null', description: 'runs have none' },
      signal: { type: 'null', description: 'runs have none' },
      duration_ms: ENDING.duration_ms,
      ...OUTPUTS,
      ...DUE,
    },
    optional: ['due_at'],
  },
  'step.ready': { about: 'the step may start and waits for a free place', fields: STEP },
  'step.started': { about: 'a try begins', fields: { ...STEP, ...TRY } },
  'step.items': {
    about: 'the items of a foreach step are known',
    fields: { ...STEP, ...TRY, items: texts('their keys, in order') },
  },
  'step.adopted': {
    about: 'a try of an owner that died was taken over',
    fields: { ...STEP, ...TRY, pid: wholeOrNull('its process; null when it had ended') },
  },
  'step.lost': {
    about: 'a try of an owner that died was given up',
    fields: { ...STEP, ...TRY, verdict: words('what is known of it', 'never_started', 'unknown') },
  },
  'step.retrying': {
    about: 'a try failed and another follows',
    fields: {
      ...STEP,
      state: words('state', 'retrying'),
      ...ENDING,
      due_at: instant('when the next begins'),
    },
  },
  'step.repeating': {
    about: 'a repetition ended and another follows',
    fields: {
      ...STEP,
      state: words('how the repetition ended', 'succeeded', 'failed'),
      ...ENDING,
      repetitions: whole('repetitions done'),
      due_at: instant('when the next begins'),
    },
  },
  'step.waiting': {
    about: 'the step waits for a person, or for its child run',
    fields: {
      ...STEP,
      state: words('state', 'waiting'),
      ...ATTEMPT,
      try: wholeOrNull('its last try; null when no try took part'),
      task: { enum: ['human', 'approval', null], description: 'what is asked; null for a child run' },
      prompt: textOrNull('the question'),
      ...OUTPUTS,
    },
  },
  'task.completed': {
    about: 'a person has answered',
    fields: {
      ...STEP,
      answer: words('the answer', 'completed', 'approved', 'rejected'),
      inputs: map('what was filled in', { type: 'string' }),
      reason: textOrNull('why it was rejected'),
    },
  },
  'step.finished': {
    about: 'the step ended',
    fields: {
      ...STEP,
      state: words('state', 'succeeded', 'failed'),
      ...ENDING,
      allowed: { type: 'boolean', description: 'its failure is allowed by continue_on' },
      ...OUTPUTS,
      artifacts: {
        type: 'array',
        items: { type: 'object', properties: { path: { type: 'string' }, bytes: { type: 'integer' } } },
        description: 'files that flow itself wrote for it into the artifacts directory, with their sizes',
      },
    },
    optional: ['artifacts'],
  },
  'step.skipped': {
    about: 'the step did not have to run',
    fields: { ...STEP, state: words('state', 'skipped'), reason: text('why') },
  },
  'step.aborted': {
    about: 'the step was stopped, or could no longer run',
    fields: { ...STEP, state: words('state', 'aborted'), ...ENDING, ...OUTPUTS },
  },
  'step.output': {
    about: 'a piece of output; only in the live stream, so without seq',
    fields: {
      ...STEP,
      ...TRY,
      stream: words('where the step wrote it', 'stdout', 'stderr'),
      text: text('the piece, when it is UTF-8'),
      base64: text('the piece, when it is not'),
    },
    optional: ['text', 'base64'],
  },
  'tick.started': { about: 'a tick became a run, or stopped one', fields: TICK, optional: MANY },
  'tick.skipped': { about: 'a tick found its DAG busy, or done already', fields: TICK, optional: MANY },
  'tick.missed': { about: 'a tick was not taken up in time', fields: TICK, optional: MANY },
  'log.warning': {
    about: 'a warning',
    fields: { code: text('its code'), message: text('what it says'), ...STEP },
    optional: ['step'],
  },
};

/** The JSON Schema (draft-07) of every line of `--json`, `--events` and `flow events --json` (CLI.md §4). */
export function eventSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'an event of flow',
    description: 'one line of flow events --json; readers ignore keys that they do not know',
    oneOf: Object.entries(SHAPES).map(([type, shape]) => objectOf(type, shape)),
  };
}

function objectOf(type: string, { about, fields, optional = [] }: Shape): JsonSchema {
  const common: Fields = {
    v: { const: EVENT_VERSION, description: 'version of this shape' },
    ...(type === 'step.output' ? {} : { seq: whole('place in the journal, grows within a database', 1) }),
    at: instant('when it happened, UTC'),
    run: text('id of the run'),
    type: { const: type, description: about },
  };
  const properties = { ...common, ...fields };
  const required = Object.keys(properties).filter((key) => key !== 'item' && !optional.includes(key));
  return { title: type, description: about, type: 'object', properties, required };
}
