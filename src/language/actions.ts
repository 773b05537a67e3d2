import type { HttpRequest, StepAction } from '../core/dag.ts';
import type { Json } from '../base/json.ts';
import { didYouMean } from '../errors/suggest.ts';
import { ACTIONS, EXEC, HTTP_REQUEST, LOG_WRITE } from './action-fields.ts';
import { check } from './check.ts';
import { field, fields, isLeafPlace, keyAt, placeOf } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import type { Infer } from './schema.ts';
import { toJson } from './tree.ts';
import type { MapNode } from './tree.ts';
import { refusedAction, refusedActionNames } from './unsupported.ts';

/** Reads `action` and `with` (LANGUAGE.md §19): E701–E703, E901, E902. */
export function readAction(into: Report, step: Place, name: string): StepAction | null {
  const place = field(step, 'action') ?? step;
  const action = ACTIONS.get(name);
  if (action === undefined) {
    const refusal = refusedAction(name);
    if (refusal !== null) report(into, refusal.code, place, refusal.text);
    else {
      const hint = didYouMean(name, [...ACTIONS.keys(), ...refusedActionNames()]);
      report(into, 'E701', place, `unknown action ${quote(name)}`, { hint });
    }
    return null;
  }
  const given = field(step, 'with') ?? placeOf(emptyMap(place), `${step.path}.with`);
  if (given.node.kind === 'map') {
    for (const key of action.required) {
      if (field(given, key) !== null) continue;
      const at = { span: given.node.size === 1 ? place.span : keyAt(step, 'with').span, path: given.path };
      report(into, 'E702', at, `${name} needs with.${key}`, { label: step.path });
    }
  }
  return read(into, given, name);
}

function emptyMap(at: Place): MapNode {
  const value = Object.create(null) as MapNode['value'];
  return { kind: 'map', entries: new Map(), value, span: at.span, size: 1, height: 1 };
}

function read(into: Report, given: Place, name: string): StepAction | null {
  if (name === 'exec') {
    const map = check(into, given, EXEC, 'with');
    if (map?.command === undefined) return null;
    if (map.command.trim() === '')
      report(into, 'E703', field(given, 'command') ?? given, 'must not be empty');
    return { kind: 'exec', command: map.command, args: map.args ?? [] };
  }
  if (name === 'log.write') {
    const map = check(into, given, LOG_WRITE, 'with');
    return map?.message === undefined ? null : { kind: 'log.write', message: map.message };
  }
  if (name === 'http.request') {
    const map = check(into, given, HTTP_REQUEST, 'with');
    return map === null ? null : readHttp(into, given, map);
  }
  const map = check(into, given, ACTIONS.get(name)?.schema ?? EXEC, 'with');
  return map === null ? null : { kind: 'noop' };
}

/** `http.request` (§19.2); what can be wrong in literal values is refused before anything is sent. */
function readHttp(into: Report, given: Place, map: Infer<typeof HTTP_REQUEST>): StepAction | null {
  const { method, url } = map;
  checkHttp(into, given, map);
  const body = readBody(into, field(given, 'body'));
  if (method === undefined || url === undefined) return null;
  const request: HttpRequest = {
    method,
    url,
    headers: map.headers ?? new Map<string, string>(),
    query: map.query ?? new Map<string, string>(),
    body,
    form: map.form ?? null,
    timeoutSec: map.timeout ?? 0,
    json: map.json === true || map.format === 'json',
    silent: map.silent ?? false,
    debug: map.debug ?? false,
    output: map.output ?? null,
    skipTlsVerify: map.skip_tls_verify ?? false,
  };
  return { kind: 'http.request', with: request };
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function checkHttp(into: Report, given: Place, map: Infer<typeof HTTP_REQUEST>): void {
  const wrong = (key: string, text: string): void => report(into, 'E703', field(given, key) ?? given, text);
  if (map.method !== undefined && !map.method.includes('$') && !TOKEN.test(map.method)) {
    wrong('method', `${quote(map.method)} is not an HTTP method`);
  }
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(map.url ?? '')?.[1]?.toLowerCase();
  const literal = map.url !== undefined && !map.url.includes('$');
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    wrong('url', `only http and https are allowed, got ${quote(`${scheme}:`)}`);
  } else if (literal && !URL.canParse(map.url ?? '')) {
    wrong('url', `${quote(map.url ?? '')} is not a URL`);
  }
  if (field(given, 'body') !== null && field(given, 'form') !== null) {
    const text = 'http.request needs with.body or with.form, not both';
    report(into, 'E702', keyAt(given, 'form'), text, { label: given.path.replace(/\.with$/, '') });
  }
  checkHeaders(into, field(given, 'headers'));
}

function checkHeaders(into: Report, headers: Place | null): void {
  if (headers === null) return;
  for (const { key, at, value } of fields(headers)) {
    if (!TOKEN.test(key)) report(into, 'E703', at, `${quote(key)} is not a header name`);
    if (isLeafPlace(value) && /[\r\n]/.test(value.node.text)) {
      report(into, 'E703', value, 'a header must be one line');
    }
  }
}

/** Text stays as it is; a map or list becomes JSON, in which every number must be exact. */
function readBody(into: Report, place: Place | null): Json {
  if (place === null) return null;
  if (isLeafPlace(place)) return place.node.text;
  const { json, inexact } = toJson(place.node);
  if (inexact !== null) {
    const at = { span: inexact.span, path: place.path };
    report(into, 'E703', at, `${quote(inexact.text)} has no exact JSON number`, {
      hint: 'write it as text, in quotes',
    });
  }
  return json;
}
