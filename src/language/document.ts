import { HANDLER_EVENTS } from '../core/dag.ts';
import type { Dag, Dotenv, HandlerEvent, ShellSpec } from '../core/dag.ts';
import { didYouMean } from '../errors/suggest.ts';
import type { Laid } from './base.ts';
import { check } from './check.ts';
import { checkConditions, readConditions } from './conditions.ts';
import { readConsts } from './consts.ts';
import { checkEnv, readEnv } from './env.ts';
import { checkUnique, directoryOf } from './identity.ts';
import { readFolders } from './folders.ts';
import { readLabels } from './labels.ts';
import { buildAll, labelOf, readLevel, withBodies } from './levels.ts';
import { checkTimeZone } from './literals.ts';
import { checkEvals, declareParams } from './param-declarations.ts';
import { field, isMapPlace } from './place.ts';
import type { Place } from './place.ts';
import { readContinueOn, readRetry, readRootRetry, readSignal } from './policies.ts';
import type { Field, Names } from './references.ts';
import { readRepeat } from './repeat.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { HANDLERS, ROOT } from './root-fields.ts';
import type { RootFields } from './root-fields.ts';
import { checkShell } from './run.ts';
import { readScheduling } from './schedule.ts';
import { readSecrets } from './secrets.ts';
import { checkAll, checkLevel, checkStepReferences } from './step-references.ts';
import { DEFAULTS } from './step-fields.ts';
import { readStep } from './step.ts';
import type { Defaults, Draft, StepContext } from './step.ts';
import { placeSteps } from './steps.ts';
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
  const drafts = placeSteps(into, root).map(({ place, entry }) => readStep(context, place, 'step', entry));
  const handlers = readHandlers({ ...context, defaults: null }, field(root, 'handler_on'));
  const all = withBodies(drafts);
  checkUnique(into, all);
  const level = readLevel(into, drafts, type);
  const { byId } = directoryOf(all);
  const consts = readConsts(into, field(root, 'consts'), new Set(byId.keys()));
  const names = namesOf(consts, params, drafts);
  const rootField: Field = { cls: 'full', where: 'root' };
  checkEnv(into, env, rootField, names);
  checkAll(into, base && field(base, 'dotenv'), rootField, names);
  for (const key of ['dotenv', 'shell', 'shell_args', 'working_dir'])
    checkAll(into, field(root, key), rootField, names);
  checkConditions(into, root, rootField, names);
  checkEvals(into, field(root, 'params'), names);
  checkLevel(into, level, null, names);
  for (const draft of handlers.values()) checkStepReferences(into, draft, { where: 'handler' }, names);
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
    ...readScheduling(into, root, map, params),
    ...buildAll(level, handlers),
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

function namesOf(
  consts: ReadonlyMap<string, string>,
  params: Dag['params'],
  drafts: readonly Draft[],
): Names {
  const named = params?.flatMap((param) => (param.name === null ? [] : [[param.name, param] as const]));
  const all = withBodies(drafts);
  const { byId, byName } = directoryOf(all);
  const owners = drafts.flatMap((draft, i) =>
    (draft.body?.drafts ?? []).map((inner) => [inner, labelOf(draft, i)] as const),
  );
  const ownerOf = new Map(owners);
  const draftOf = (id: string): Draft | undefined => all[byId.get(id) ?? -1];
  return {
    consts: new Set(consts.keys()),
    params: named === undefined ? null : new Map(named),
    stepIds: new Set(byId.keys()),
    stepNames: new Set(byName.keys()),
    outputsOf: (id) => draftOf(id)?.outputs ?? new Map<string, never>(),
    foreachOf: (id) => {
      const draft = draftOf(id);
      return draft === undefined ? null : (ownerOf.get(draft) ?? null);
    },
  };
}
