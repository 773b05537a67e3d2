import { bool, int, object, raw, seconds, text, textList, textMap, textsMap, TEXT, word } from './schema.ts';
import type { ObjectSchema } from './schema.ts';

export const EXEC = object('starts a program without a shell', {
  command: text('the program'),
  args: textList('its arguments'),
});

export const HTTP_REQUEST = object('sends an HTTP request', {
  method: text('GET, POST, …'),
  url: text('http or https'),
  headers: textMap('headers of the request'),
  query: textsMap('query parameters, added to those of the url'),
  body: raw('text as it is; a map or list as JSON'),
  form: textMap('fields, sent as application/x-www-form-urlencoded, or with files'),
  files: textMap('paths of files to upload, by the names of their fields'),
  timeout: seconds('limit of the whole exchange in seconds'),
  json: bool('print one JSON object and require a JSON body'),
  format: word('json: the same as json: true', ['json']),
  silent: bool('print only the body'),
  debug: bool('show the headers of both sides on standard error'),
  output: text('file for the body of a 2xx response'),
  skip_tls_verify: bool('accept any certificate'),
});

export const LOG_WRITE = object('writes a line to the log', { message: text('the line') });

export const NOOP = object('does nothing', {});

export const OUTPUTS_WRITE = object('publishes values', {
  values: raw('a map; the values are outputs of the step and of the run', { type: 'object' }),
});

const DATA = {
  data: raw('the data itself; text is read as from says'),
  input: text('file with the data'),
};

export const JQ_FILTER = object('transforms data with jq', {
  filter: text('a jq program'),
  ...DATA,
  raw: bool('print texts without quotes'),
});

const FORMATS = ['json', 'yaml', 'csv', 'tsv', 'text'] as const;
const ROWS = {
  has_header: bool('the first row has the names of the columns; true by default'),
  headers: textList('names of the columns'),
  delimiter: text('character between two fields'),
  columns: textList('the columns to keep, in this order'),
};

export const DATA_CONVERT = object('converts data from one format to another', {
  from: word('format of the data', FORMATS),
  to: word('format of the result', FORMATS),
  ...DATA,
  ...ROWS,
});

export const DATA_PICK = object('picks one value out of data', {
  from: word('format of the data', FORMATS),
  select: text('path of the value, as .items[0].name'),
  to: word('format of the result', FORMATS),
  raw: bool('print text without quotes'),
  ...DATA,
  ...ROWS,
});

const FILE_PATH = { path: text('the file; relative to the directory of the step') };
const DRY_RUN = { dry_run: bool('check everything and change nothing') };
const CREATE_DIRS = { create_dirs: bool('create missing parent directories') };
const FOLLOW = { follow_symlinks: bool('look at what a symbolic link points to') };

export const FILE_STAT = object('describes a file', {
  ...FILE_PATH,
  missing_ok: bool('a missing file is no failure'),
  ...FOLLOW,
});

export const FILE_READ = object('reads a file', {
  ...FILE_PATH,
  format: word('raw: the content as it is; json: one JSON object', ['raw', 'json']),
  max_bytes: int('largest size in bytes'),
});

export const FILE_WRITE = object('writes a file', {
  ...FILE_PATH,
  content: text('the whole content'),
  mode: text('permissions in octal; 0600 by default'),
  overwrite: bool('replace an existing file'),
  ...CREATE_DIRS,
  atomic: bool('the file appears only when it is complete; true by default'),
  ...DRY_RUN,
});

export const FILE_TRANSFER = object('copies or moves a file or directory', {
  source: text('what to copy or move'),
  destination: text('its new path'),
  overwrite: bool('replace existing files'),
  ...CREATE_DIRS,
  recursive: bool('allow directories'),
  ...FOLLOW,
  ...DRY_RUN,
});

export const FILE_DELETE = object('deletes a file or directory', {
  ...FILE_PATH,
  recursive: bool('allow directories'),
  missing_ok: bool('a missing file is no failure'),
  ...DRY_RUN,
});

export const FILE_MKDIR = object('makes a directory', {
  ...FILE_PATH,
  mode: text('permissions in octal; 0755 by default'),
  ...CREATE_DIRS,
});

export const FILE_LIST = object('lists a directory', {
  ...FILE_PATH,
  pattern: text('glob for the names, or with a slash for the paths'),
  recursive: bool('also what lies in directories below'),
  include_dirs: bool('also directories'),
  ...FOLLOW,
});

export const WAIT_DURATION = object('waits for a time', { duration: text('as 90s or 1h30m') });

export const WAIT_UNTIL = object('waits until an instant', {
  until: text('RFC 3339, or YYYY-MM-DD HH:MM[:SS] in the time zone of the DAG'),
});

const POLL = { poll_interval: text('time between two looks; 1s by default') };

export const WAIT_FILE = object('waits for a file', {
  ...FILE_PATH,
  state: word('what to wait for; exists by default', ['exists', 'missing']),
  ...POLL,
});

export const WAIT_HTTP = object('waits for an HTTP status', {
  url: text('http or https'),
  method: text('GET by default'),
  status: int('the status to wait for; 200 by default', 100),
  headers: textMap('headers of the request'),
  body: raw('text as it is; a map or list as JSON'),
  ...POLL,
  request_timeout: text('limit of one request; 10s by default'),
});

const TARGET = {
  dag: text('name of a later document of the file, a file, or a name in the DAG folder'),
  params: raw('parameters of the child: text, a map or a list', { type: [...TEXT.type, 'array', 'object'] }),
};

export const DAG_RUN = object('runs another DAG and waits for it', TARGET);

export const DAG_ENQUEUE = object('queues a run of another DAG', {
  ...TARGET,
  queue: text('the queue; that of the DAG by default'),
});

export const HUMAN_TASK = object('waits for the answer of a person', {
  prompt: text('what the person is asked'),
  form: raw('JSON Schema of a flat object: the values to give', { type: 'object' }),
});

export interface ActionFields {
  readonly schema: ObjectSchema;
  readonly required: readonly string[];
  /** Of these keys exactly one is given. */
  readonly either?: readonly [string, string];
}

const ONE_SOURCE = ['data', 'input'] as const;

/** The actions of this version with their arguments; the required ones are named. */
export const ACTIONS: ReadonlyMap<string, ActionFields> = new Map<string, ActionFields>([
  ['exec', { schema: EXEC, required: ['command'] }],
  ['http.request', { schema: HTTP_REQUEST, required: ['method', 'url'] }],
  ['log.write', { schema: LOG_WRITE, required: ['message'] }],
  ['noop', { schema: NOOP, required: [] }],
  ['outputs.write', { schema: OUTPUTS_WRITE, required: ['values'] }],
  ['jq.filter', { schema: JQ_FILTER, required: ['filter'], either: ONE_SOURCE }],
  ['data.convert', { schema: DATA_CONVERT, required: ['from', 'to'], either: ONE_SOURCE }],
  ['data.pick', { schema: DATA_PICK, required: ['from', 'select'], either: ONE_SOURCE }],
  ['file.stat', { schema: FILE_STAT, required: ['path'] }],
  ['file.read', { schema: FILE_READ, required: ['path'] }],
  ['file.write', { schema: FILE_WRITE, required: ['path', 'content'] }],
  ['file.copy', { schema: FILE_TRANSFER, required: ['source', 'destination'] }],
  ['file.move', { schema: FILE_TRANSFER, required: ['source', 'destination'] }],
  ['file.delete', { schema: FILE_DELETE, required: ['path'] }],
  ['file.mkdir', { schema: FILE_MKDIR, required: ['path'] }],
  ['file.list', { schema: FILE_LIST, required: ['path'] }],
  ['artifact.write', { schema: FILE_WRITE, required: ['path', 'content'] }],
  ['artifact.read', { schema: FILE_READ, required: ['path'] }],
  ['artifact.list', { schema: FILE_LIST, required: ['path'] }],
  ['wait.duration', { schema: WAIT_DURATION, required: ['duration'] }],
  ['wait.until', { schema: WAIT_UNTIL, required: ['until'] }],
  ['wait.file', { schema: WAIT_FILE, required: ['path'] }],
  ['wait.http', { schema: WAIT_HTTP, required: ['url'] }],
  ['dag.run', { schema: DAG_RUN, required: ['dag'] }],
  ['dag.enqueue', { schema: DAG_ENQUEUE, required: ['dag'] }],
  ['human.task', { schema: HUMAN_TASK, required: ['prompt'] }],
]);

/** Arguments whose `$NAME` belongs to another language: class ref (§8.8). */
export const REF_ARGUMENTS: Readonly<Record<string, string>> = {
  'jq.filter': 'filter',
  'data.pick': 'select',
};

type OutputKinds = Readonly<Record<string, 'string' | 'json' | 'any'>>;

const FILE_LISTED: OutputKinds = { path: 'string', files: 'json' };
const FILE_CONTENT: OutputKinds = { path: 'string', size: 'json', content: 'any' };
const FILE_WRITTEN: OutputKinds = { path: 'string', size: 'json', written: 'json' };
const TRANSFERRED: OutputKinds = { source: 'string', destination: 'string', files: 'json' };
const RESULT: OutputKinds = { result: 'any' };

/** Outputs that an action publishes by itself (LANGUAGE.md §19); `any` is json or text, as it comes. */
export const ACTION_OUTPUTS: Readonly<Record<string, OutputKinds>> = {
  'http.request': { status_code: 'json', headers: 'json', body: 'any' },
  'jq.filter': RESULT,
  'data.convert': RESULT,
  'data.pick': RESULT,
  'file.stat': {
    path: 'string',
    exists: 'json',
    type: 'string',
    size: 'json',
    mode: 'string',
    modified_at: 'string',
  },
  'file.read': FILE_CONTENT,
  'file.write': FILE_WRITTEN,
  'file.copy': TRANSFERRED,
  'file.move': TRANSFERRED,
  'file.delete': { path: 'string', deleted: 'json' },
  'file.mkdir': { path: 'string', created: 'json' },
  'file.list': FILE_LISTED,
  'artifact.write': FILE_WRITTEN,
  'artifact.read': FILE_CONTENT,
  'artifact.list': FILE_LISTED,
};
