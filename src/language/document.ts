import { HANDLER_EVENTS, HANDLER_NAMES } from '../core/dag.ts';
import type { Dag, Dotenv, HandlerEvent, ShellSpec, Step } from '../core/dag.ts';
import { position } from '../errors/position.ts';
import { didYouMean } from '../errors/suggest.ts';
import type { Laid } from './base.ts';
import { check } from './check.ts';
import { checkConditions, readConditions } from './conditions.ts';
import { readConsts } from './consts.ts';
import { checkEnv, readEnv } from './env.ts';
import { readFolders } from './folders.ts';
import { buildDirectory } from './identity.ts';
import type { Directory } from './identity.ts';
import { readLabels } from './labels.ts';
import { checkTimeZone } from './literals.ts';
import { resolveOrder } from './order.ts';
import type { Order } from './order.ts';
import { checkEvals, declareParams } from './param-declarations.ts';
import { field, isMapPlace } from './place.ts';
import type { Place } from './place.ts';
import { readContinueOn, readRetry, readRootRetry, readSignal } from './policies.ts';
import { reachability } from './reach.ts';
import type { Field, Names } from './references.ts';
import { readRepeat } from './repeat.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { HANDLERS, ROOT } from './root-fields.ts';
import type { RootFields } from './root-fields.ts';
import { checkShell } from './run.ts';
import { readSecrets } from './secrets.ts';
import { checkAll, checkStepReferences } from './step-references.ts';
import { DEFAULTS } from './step-fields.ts';
import { readStep } from './step.ts';
import type { Defaults, Draft, StepContext } from './step.ts';
import { placeSteps } from './steps.ts';
import type { PlacedStep } from './steps.ts';
import { notPart, notYet } from './unsupported.ts';

/** Checks one document and builds its DAG; good only if nothing was reported as an error. */
export function readDocument(into: Report, { root, base }: Laid, name: string): Dag | null {
  const map = check(into, root, ROOT, 'root');
  if (map === null || !isMapPlace(root)) return null;
  const under = base === null ? null : check(into, base, ROOT, 'root');
  const type = readType(into, root, map.type);
  const labels = readLabels(into, root);
  checkTimeZone(into, root, map.timezone);
  const shell = readShell(into, root, map);
  const env = [base, root].flatMap((place) => readEnv(into, place && field(place, 'env')));
  const secrets = readSecrets(into, field(root, 'secrets'));
  const declared = declareParams(into, field(root, 'params'));
  const params = declared.list;
  const preconditions = readConditions(into, root);
  const logOutput = map.log_output ?? 'separate';
  const defaults = readDefaults(into, field(root, 'defaults'));
  const folders = readFolders(into, root, map);
  const context: StepContext = { into, shell, logOutput, defaults, artifacts: folders.artifacts.enabled };
  const placed = placeSteps(into, root);
  const drafts = placed.map(({ place }) => readStep(context, place, 'step'));
  const handlers = readHandlers({ ...context, defaults: null }, field(root, 'handler_on'));
  const directory = buildDirectory(into, drafts);
  const order = resolveOrder(into, ordered(drafts, placed), type, directory);
  const consts = readConsts(into, field(root, 'consts'), new Set(directory.byId.keys()));
  const names = namesOf(consts, params, directory, drafts);
  const rootField: Field = { cls: 'full', where: 'root' };
  checkEnv(into, env, rootField, names);
  checkAll(into, base && field(base, 'dotenv'), rootField, names);
  for (const key of ['dotenv', 'shell', 'shell_args', 'working_dir'])
    checkAll(into, field(root, key), rootField, names);
  checkConditions(into, root, rootField, names);
  checkEvals(into, field(root, 'params'), names);
  checkDrafts(into, drafts, handlers, defaults, directory, order, names);
  return {
    name,
    description: map.description ?? null,
    group: map.group ?? null,
    labels,
    type,
    consts,
    params,
    paramsSchema: declared.schema,
    env: env.map((placedEnv) => placedEnv.entry),
    secrets,
    dotenv: readDotenv(map.dotenv, under?.dotenv),
    shell,
    workingDir: map.working_dir ?? null,
    preconditions,
    retry: readRootRetry(into, field(root, 'retry_policy'), map.retry_policy),
    delaySec: map.delay_sec ?? 0,
    timezone: map.timezone ?? null,
    timeoutSec: map.timeout_sec ?? 0,
    maxActiveSteps: map.max_active_steps ?? 0,
    maxCleanUpTimeSec: map.max_clean_up_time_sec ?? 5,
    maxOutputSize: map.max_output_size ?? 1_048_576,
    ...folders,
    ...numbered(drafts, handlers, order),
  };
}

type Written = string | string[] | undefined;

/** Files of the base file come first; an empty list of the document itself turns all off. */
function readDotenv(own: Written, base: Written): Dotenv {
  const list = (written: Written): string[] => (typeof written === 'string' ? [written] : (written ?? []));
  const decides = own ?? base;
  const on = decides === undefined || list(decides).length > 0;
  return { on, files: on ? [...list(base), ...list(own)] : [] };
}

function readType(into: Report, root: Place, type: string | undefined): 'graph' | 'chain' {
  if (type === undefined || type === 'graph' || type === 'chain') return type ?? 'graph';
  const place = field(root, 'type') ?? root;
  if (type === 'build') report(into, 'E901', place, notYet('type: build').text);
  else if (type === 'agent') report(into, 'E902', place, notPart('type: agent').text);
  else {
    const hint = didYouMean(type, ['graph', 'chain']);
    report(into, 'E110', place, `invalid type ${quote(type)}, allowed: graph, chain`, { hint });
  }
  return 'graph';
}

function readShell(into: Report, root: Place, map: RootFields): ShellSpec | null {
  checkShell(into, field(root, 'shell'), map.shell);
  const args = field(root, 'shell_args');
  if (args !== null && field(root, 'shell') === null) report(into, 'E302', args, 'shell_args needs shell');
  return map.shell === undefined ? null : { shell: map.shell, args: map.shell_args ?? [], packages: [] };
}

function readDefaults(into: Report, place: Place | null): Defaults | null {
  const map = place === null ? null : check(into, place, DEFAULTS, 'defaults');
  if (place === null || map === null) return null;
  return {
    place,
    fields: map,
    env: readEnv(into, field(place, 'env')),
    continueOn: readContinueOn(into, place),
    retry: readRetry(into, field(place, 'retry_policy'), map.retry_policy),
    repeat: readRepeat(into, place, map.repeat_policy),
    preconditions: readConditions(into, place),
    signal: readSignal(into, place, map.signal_on_stop),
  };
}

function readHandlers(context: StepContext, place: Place | null): Map<HandlerEvent, Draft> {
  const handlers = new Map<HandlerEvent, Draft>();
  if (place === null || check(context.into, place, HANDLERS, 'handlers') === null) return handlers;
  for (const event of HANDLER_EVENTS) {
    const handler = field(place, event);
    if (handler !== null) handlers.set(event, readStep(context, handler, event));
  }
  return handlers;
}

function nameOf(draft: Draft, index: number): string {
  return draft.identity.name ?? draft.identity.id ?? `step_${index + 1}`;
}

function labelOf(draft: Draft, index: number): string {
  return draft.identity.id ?? nameOf(draft, index);
}

function ordered(
  drafts: readonly Draft[],
  placed: readonly PlacedStep[],
): Parameters<typeof resolveOrder>[1] {
  return drafts.map((draft, i) => ({
    place: draft.place,
    label: labelOf(draft, i),
    entry: placed[i]?.entry ?? i,
    depends: draft.fields.depends,
  }));
}

function namesOf(
  consts: ReadonlyMap<string, string>,
  params: Dag['params'],
  directory: Directory,
  drafts: readonly Draft[],
): Names {
  const named = params?.flatMap((param) => (param.name === null ? [] : [[param.name, param] as const]));
  return {
    consts: new Set(consts.keys()),
    params: named === undefined ? null : new Map(named),
    stepIds: new Set(directory.byId.keys()),
    stepNames: new Set(directory.byName.keys()),
    outputsOf: (id) => drafts[directory.byId.get(id) ?? -1]?.outputs ?? new Map<string, never>(),
  };
}

function checkDrafts(
  into: Report,
  drafts: readonly Draft[],
  handlers: ReadonlyMap<HandlerEvent, Draft>,
  defaults: Defaults | null,
  directory: Directory,
  order: Order,
  names: Names,
): void {
  const reaches = reachability(order.depends);
  drafts.forEach((draft, i) => {
    const dependsOn = (id: string): boolean =>
      order.incomplete.has(i) || reaches(i, directory.byId.get(id) ?? -1);
    const where = { where: 'step', step: { id: draft.identity.id, dependsOn } } as const;
    checkStepReferences(into, draft, defaults, where, names);
  });
  for (const draft of handlers.values()) checkStepReferences(into, draft, null, { where: 'handler' }, names);
}

function numbered(
  drafts: readonly Draft[],
  handlers: ReadonlyMap<HandlerEvent, Draft>,
  order: Order,
): Pick<Dag, 'steps' | 'handlers'> {
  const steps = drafts.map((draft, i): Step => {
    const place = position(draft.place.span);
    const depends = (order.depends[i] ?? []).map((index) => index + 1);
    return {
      number: i + 1,
      kind: 'step',
      name: nameOf(draft, i),
      label: labelOf(draft, i),
      depends,
      place,
      ...draft.step,
    };
  });
  const built = [...handlers].map(([event, draft], i): [HandlerEvent, Step] => {
    const label = HANDLER_NAMES[event];
    const { id, name } = draft.identity;
    const place = position(draft.place.span);
    const number = steps.length + i + 1;
    return [
      event,
      { number, kind: event, name: name ?? id ?? label, label, depends: [], place, ...draft.step },
    ];
  });
  return { steps, handlers: new Map(built) };
}
