import type { HttpRequest, StepAction } from '../core/dag.ts';
import type { Json } from '../base/json.ts';
import { didYouMean } from '../errors/suggest.ts';
import { ACTIONS, EXEC, HTTP_REQUEST, LOG_WRITE, NOOP } from './action-fields.ts';
import type { ActionFields } from './action-fields.ts';
import { check } from './check.ts';
import { readFlowAction } from './flow-actions.ts';
import { readHumanTask } from './human-task.ts';
import { checkHeaders, checkMethod, checkUrl } from './literals.ts';
import { field, isLeafPlace, keyAt, placeOf } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import type { Infer } from './schema.ts';
import { readSubDag } from './sub-dags.ts';
import { mapOf, toJson } from './tree.ts';
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
  const given = field(step, 'with') ?? placeOf(mapOf(new Map(), place.span), `${step.path}.with`);
  if (given.node.kind === 'map') {
    for (const key of action.required) {
      if (field(given, key) !== null) continue;
      const at = { span: given.node.size === 1 ? place.span : keyAt(step, 'with').span, path: given.path };
      report(into, 'E702', at, `${name} needs with.${key}`, { label: step.path });
    }
    checkEither(into, step, given, name, action);
  }
  if (name === 'dag.run' || name === 'dag.enqueue') return readSubDag(into, step, given, name);
  return name === 'human.task' ? readHumanTask(into, given) : read(into, given, name);
}

/** Of a pair of keys exactly one must be given (E702). */
function checkEither(
  into: Report,
  step: Place,
  given: Place,
  name: string,
  { either, required }: ActionFields,
): void {
  if (either === undefined) return;
  const [one, other] = either;
  const has = either.filter((key) => field(given, key) !== null).length;
  if (has === 1) return;
  // A missing action key was reported already at the same place.
  if (has === 0 && required.some((key) => field(given, key) === null)) return;
  const at = has === 2 ? keyAt(given, other) : keyAt(step, 'with');
  const text = `${name} needs with.${one} or with.${other}${has === 2 ? ', not both' : ''}`;
  report(into, 'E702', { span: at.span, path: given.path }, text, { label: step.path });
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
  if (name === 'noop') return check(into, given, NOOP, 'with') === null ? null : { kind: 'noop' };
  return readFlowAction(into, given, name);
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
    files: map.files === undefined || map.files.size === 0 ? null : map.files,
    timeoutSec: map.timeout ?? 0,
    json: map.json === true || map.format === 'json',
    silent: map.silent ?? false,
    debug: map.debug ?? false,
    output: map.output ?? null,
    skipTlsVerify: map.skip_tls_verify ?? false,
  };
  return { kind: 'http.request', with: request };
}

function checkHttp(into: Report, given: Place, map: Infer<typeof HTTP_REQUEST>): void {
  checkMethod(into, given, map.method);
  checkUrl(into, given, map.url);
  for (const key of ['form', 'files']) {
    if (field(given, 'body') === null || field(given, key) === null) continue;
    const text = `http.request needs with.body or with.${key}, not both`;
    report(into, 'E702', keyAt(given, key), text, { label: given.path.replace(/\.with$/, '') });
  }
  checkHeaders(into, field(given, 'headers'));
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
