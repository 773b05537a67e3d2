import { bool, object, raw, seconds, text, textList, textMap, textsMap, word } from './schema.ts';
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
  form: textMap('fields, sent as application/x-www-form-urlencoded'),
  timeout: seconds('limit of the whole exchange in seconds'),
  json: bool('print one JSON object and require a JSON body'),
  format: word('json: the same as json: true', ['json']),
  silent: bool('print only the body'),
  debug: bool('show the headers of both sides on standard error'),
  output: text('file for the body of a 2xx response'),
  skip_tls_verify: bool('accept any certificate'),
});

export const LOG_WRITE = object('writes a line to the log', { message: text('the line') });

const NOOP = object('does nothing', {});

/** The actions of this version with their arguments; the required ones are named. */
export const ACTIONS: ReadonlyMap<
  string,
  { readonly schema: ObjectSchema; readonly required: readonly string[] }
> = new Map([
  ['exec', { schema: EXEC, required: ['command'] }],
  ['http.request', { schema: HTTP_REQUEST, required: ['method', 'url'] }],
  ['log.write', { schema: LOG_WRITE, required: ['message'] }],
  ['noop', { schema: NOOP, required: [] }],
]);

/** Outputs that an action publishes by itself (LANGUAGE.md §19); `any` is json or text, as it comes. */
export const ACTION_OUTPUTS: Readonly<Record<string, Readonly<Record<string, 'string' | 'json' | 'any'>>>> = {
  'http.request': { status_code: 'json', headers: 'json', body: 'any' },
};
