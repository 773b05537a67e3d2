import type {
  Condition,
  ContinueOn,
  EnvEntry,
  RepeatPolicy,
  RetryPolicy,
  ShellSpec,
  Step,
  StepAction,
} from '../core/dag.ts';
import { readAction } from './actions.ts';
import { check } from './check.ts';
import { readConditions } from './conditions.ts';
import { readEnv } from './env.ts';
import type { PlacedEnv } from './env.ts';
import { refuseArtifacts } from './folders.ts';
import { readForeach } from './foreach.ts';
import type { Body } from './foreach.ts';
import { readApproval } from './human-task.ts';
import { readIdentity } from './identity.ts';
import type { Identity } from './identity.ts';
import { fields, field, keyAt } from './place.ts';
import type { Place } from './place.ts';
import { readOutputs } from './outputs.ts';
import { readContinueOn, readRetry, readSignal } from './policies.ts';
import { declaredOutputs, publishedOutputs } from './published.ts';
import type { Published } from './published.ts';
import { isForeach, isHandler, isHumanTask, KINDS, refuseFields } from './refused-fields.ts';
import type { Standing } from './refused-fields.ts';
import { readRepeat } from './repeat.ts';
import { report } from './report.ts';
import type { Report } from './report.ts';
import { readRun, readRunWith } from './run.ts';
import { STEP } from './step-fields.ts';
import { readStepOutput } from './step-output.ts';
import type { DefaultFields, StepFields } from './step-fields.ts';

/** What all steps of a document share. */
export interface StepContext {
  readonly into: Report;
  readonly shell: ShellSpec | null;
  readonly logOutput: 'separate' | 'merged';
  /** Whether runs have an artifacts directory (§21.3). */
  readonly artifacts: boolean;
  /** Null for handlers, which take no defaults (LANGUAGE.md §4.4). */
  readonly defaults: Defaults | null;
}

export interface Defaults {
  readonly place: Place;
  readonly fields: DefaultFields;
  readonly env: readonly PlacedEnv[];
  readonly continueOn: ContinueOn | null;
  readonly retry: RetryPolicy | null;
  readonly repeat: RepeatPolicy | null;
  readonly preconditions: readonly Condition[];
  readonly signal: NodeJS.Signals | null;
}

/** A step that is read, before names, order and references are known. */
export interface Draft {
  readonly place: Place;
  /** The entry of `steps` it belongs to, shared by the members of a group. */
  readonly entry: number;
  readonly fields: StepFields;
  /** Those that apply to it. */
  readonly defaults: Defaults | null;
  /** Only of a foreach step. */
  readonly body: Body<Draft> | null;
  readonly identity: Identity;
  /** Its own entries; those of `defaults` come before. */
  readonly env: readonly PlacedEnv[];
  readonly outputs: Published;
  /** Texts of its output fields that hold references. */
  readonly outputTexts: readonly Place[];
  /** What does not depend on other steps. A step without a right action has a noop: it never runs. */
  readonly step: Omit<Step, 'number' | 'kind' | 'name' | 'label' | 'depends' | 'place'>;
}

/** Reads one step or handler (LANGUAGE.md §4). */
export function readStep(context: StepContext, place: Place, standing: Standing, entry = 0): Draft {
  const { into } = context;
  const map = check(into, place, STEP, isHandler(standing) ? 'handler' : 'step') ?? {};
  refuseFields(into, place, map, standing);
  // A human task takes no defaults (§4.4), as a handler does not.
  const defaults = isHumanTask(map) ? null : context.defaults;
  const identity = readIdentity(into, place, map.id, map.name);
  const env = readEnv(into, field(place, 'env'));
  const { action, body } = readKind(context, place, map, standing);
  const declares = !isHandler(standing) && action?.kind !== 'foreach';
  const outputs = declares ? readOutputs(into, place, identity.id) : [];
  const { output, texts } = readStepOutput(into, place, outputs);
  if (!context.artifacts) refuseArtifacts(into, place, map.action);
  const own = declaredOutputs(outputs, output);
  const approval = takesApproval(map, standing, place)
    ? readApproval(into, place, new Set(own.keys()))
    : null;
  const step = {
    id: identity.id,
    description: map.description ?? null,
    action: action ?? { kind: 'noop' as const },
    env: [...(defaults?.env ?? []), ...env].map((placed): EnvEntry => placed.entry),
    workingDir: map.working_dir ?? null,
    preconditions: [...(defaults?.preconditions ?? []), ...readConditions(into, place)],
    ...readPolicies({ ...context, defaults }, place, map),
    outputs,
    ...output,
    logOutput: map.log_output ?? context.logOutput,
    approval,
    item: null,
  };
  const published = publishedOutputs(action, own, approval);
  const rest = { fields: map, defaults, body, identity, env, outputs: published, outputTexts: texts };
  return { place, entry, ...rest, step };
}

/** Elsewhere it is refused already. */
function takesApproval(map: StepFields, standing: Standing, place: Place): boolean {
  return standing === 'step' && !isForeach(place) && !isHumanTask(map);
}

function readPolicies(
  { into, defaults }: StepContext,
  place: Place,
  map: StepFields,
): Pick<Step, 'continueOn' | 'retry' | 'repeat' | 'timeoutSec' | 'signalOnStop' | 'onInterrupt'> {
  const set = (key: string): boolean => field(place, key) !== null;
  const retry = readRetry(into, field(place, 'retry_policy'), map.retry_policy);
  const repeat = readRepeat(into, place, map.repeat_policy);
  const continueOn = readContinueOn(into, place);
  return {
    continueOn: set('continue_on') ? continueOn : (defaults?.continueOn ?? null),
    retry: set('retry_policy') ? retry : (defaults?.retry ?? null),
    repeat: set('repeat_policy') ? repeat : (defaults?.repeat ?? null),
    timeoutSec: map.timeout_sec ?? defaults?.fields.timeout_sec ?? 0,
    signalOnStop: readSignal(into, place, map.signal_on_stop) ?? defaults?.signal ?? 'SIGTERM',
    onInterrupt: map.on_interrupt ?? defaults?.fields.on_interrupt ?? 'rerun',
  };
}

interface ReadKind {
  readonly action: StepAction | null;
  readonly body: Body<Draft> | null;
}

const NOTHING: ReadKind = { action: null, body: null };

/** What the step does: exactly one of `run`, `action`, `foreach` and their aliases (E202, E112, W101). */
function readKind(context: StepContext, place: Place, map: StepFields, standing: Standing): ReadKind {
  const { into } = context;
  const [kind, second] = KINDS.filter((key) => field(place, key) !== null);
  for (const old of ['command', 'script'] as const) {
    if (field(place, old) === null) continue;
    report(into, 'W101', keyAt(place, old), `"${old}" is deprecated, write run`, { label: place.path });
  }
  if (kind === undefined) {
    if (field(place, 'output')?.node.kind === 'map') return { action: { kind: 'outputs' }, body: null };
    if (!misspelled(place)) {
      report(into, 'E202', fields(place)[0]?.at ?? place, 'a step needs one of run, action, foreach', {
        label: place.path,
      });
    }
    return NOTHING;
  }
  if (second !== undefined) refuseSecond(into, place, kind, second);
  if (kind === 'foreach') {
    if (standing !== 'step') return NOTHING;
    const read = (inner: Place, entry: number): Draft => readStep(context, inner, 'body', entry);
    return readForeach(into, place, read) ?? NOTHING;
  }
  if (kind === 'action') {
    const name = map.action?.trim();
    const refused = name === undefined || (standing !== 'step' && name === 'human.task');
    return refused ? NOTHING : { action: readAction(into, place, name), body: null };
  }
  const shell = readRunWith(into, place, context.shell);
  return { action: readRun(into, field(place, kind) ?? place, kind === 'script', shell), body: null };
}

function refuseSecond(into: Report, place: Place, first: string, second: string): void {
  const older = first === 'command' && second === 'script';
  const text = older
    ? `${first} and ${second} cannot be combined`
    : `${first} and ${second}: only one is allowed`;
  report(into, older ? 'E112' : 'E202', keyAt(place, second), text, { label: place.path });
}

/** A key that was reported already and may stand for the missing one: nothing more is said. */
function misspelled(place: Place): boolean {
  return fields(place).some(({ key }) => !Object.hasOwn(STEP.shape, key));
}
