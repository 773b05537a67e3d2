import type {
  Condition,
  ContinueOn,
  EnvEntry,
  HandlerEvent,
  RepeatPolicy,
  RetryPolicy,
  ShellSpec,
  Step,
  StepAction,
} from '../core/dag.ts';
import { readAction } from './actions.ts';
import { writtenOutputs } from './flow-actions.ts';
import { ACTION_OUTPUTS } from './action-fields.ts';
import { check } from './check.ts';
import { readConditions } from './conditions.ts';
import { readEnv } from './env.ts';
import type { PlacedEnv } from './env.ts';
import { refuseArtifacts } from './folders.ts';
import { readIdentity } from './identity.ts';
import type { Identity } from './identity.ts';
import { fields, field, keyAt } from './place.ts';
import type { Place } from './place.ts';
import { readOutputs } from './outputs.ts';
import { readContinueOn, readRetry, readSignal } from './policies.ts';
import { readRepeat } from './repeat.ts';
import { report } from './report.ts';
import type { Report } from './report.ts';
import { readRun, readRunWith } from './run.ts';
import { STEP } from './step-fields.ts';
import { outputTypes, readStepOutput } from './step-output.ts';
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
  readonly fields: StepFields;
  readonly identity: Identity;
  /** Its own entries; those of `defaults` come before. */
  readonly env: readonly PlacedEnv[];
  readonly outputs: ReadonlyMap<string, 'string' | 'json' | 'any'>;
  /** Texts of its output fields that hold references. */
  readonly outputTexts: readonly Place[];
  /** What does not depend on other steps. A step without a right action has a noop: it never runs. */
  readonly step: Omit<Step, 'number' | 'kind' | 'name' | 'label' | 'depends' | 'place'>;
}

/** Reads one step or handler (LANGUAGE.md §4). */
export function readStep(context: StepContext, place: Place, kind: 'step' | HandlerEvent): Draft {
  const { into } = context;
  const map = check(into, place, STEP, kind === 'step' ? 'step' : 'handler') ?? {};
  if (kind !== 'step') refuseInHandler(into, place, map);
  const identity = readIdentity(into, place, map.id, map.name);
  const env = readEnv(into, field(place, 'env'));
  const human = kind !== 'step' && map.action === 'human.task';
  const action = human ? null : readKind(context, place, map);
  const outputs = kind === 'step' ? readOutputs(into, place, identity.id) : [];
  const { output, texts } = readStepOutput(into, place, outputs);
  if (!context.artifacts) refuseArtifacts(into, place, map.action);
  const policies = readPolicies(context, place, map);
  const published = new Map<string, 'string' | 'json' | 'any'>([
    ...Object.entries(ACTION_OUTPUTS[action?.kind ?? ''] ?? {}),
    ...writtenOutputs(action),
    ...outputs.map((output) => [output.name, output.type] as const),
    ...outputTypes(output),
  ]);
  const step = {
    id: identity.id,
    description: map.description ?? null,
    action: action ?? { kind: 'noop' as const },
    env: [...(context.defaults?.env ?? []), ...env].map((placed): EnvEntry => placed.entry),
    workingDir: map.working_dir ?? null,
    preconditions: [...(context.defaults?.preconditions ?? []), ...readConditions(into, place)],
    ...policies,
    outputs,
    ...output,
    logOutput: map.log_output ?? context.logOutput,
    approval: null,
    item: null,
  };
  return { place, fields: map, identity, env, outputs: published, outputTexts: texts, step };
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

const KINDS = ['run', 'command', 'script', 'action', 'foreach'] as const;

/** What the step does: exactly one of `run`, `action`, `foreach` and their aliases (E202, E112, W101). */
function readKind(context: StepContext, place: Place, map: StepFields): StepAction | null {
  const { into } = context;
  const [kind, second] = KINDS.filter((key) => field(place, key) !== null);
  for (const old of ['command', 'script'] as const) {
    if (field(place, old) === null) continue;
    report(into, 'W101', keyAt(place, old), `"${old}" is deprecated, write run`, { label: place.path });
  }
  if (kind === undefined) {
    if (field(place, 'output')?.node.kind === 'map') return { kind: 'outputs' };
    if (!misspelled(place)) {
      report(into, 'E202', fields(place)[0]?.at ?? place, 'a step needs one of run, action, foreach', {
        label: place.path,
      });
    }
    return null;
  }
  if (second !== undefined) {
    const code = kind === 'command' && second === 'script' ? 'E112' : 'E202';
    const text =
      code === 'E112'
        ? `${kind} and ${second} cannot be combined`
        : `${kind} and ${second}: only one is allowed`;
    report(into, code, keyAt(place, second), text, { label: place.path });
  }
  if (kind === 'foreach') return null;
  if (kind === 'action') return map.action === undefined ? null : readAction(into, place, map.action.trim());
  const shell = readRunWith(into, place, context.shell);
  return readRun(into, field(place, kind) ?? place, kind === 'script', shell);
}

/** A key that was reported already and may stand for the missing one: nothing more is said. */
function misspelled(place: Place): boolean {
  return fields(place).some(({ key }) => !Object.hasOwn(STEP.shape, key));
}

/** Fields that a handler cannot have (§14): E205. */
function refuseInHandler(into: Report, place: Place, map: StepFields): void {
  const refuse = (key: string, shown = key): void =>
    report(into, 'E205', keyAt(place, key), `${shown} is not allowed in a handler`, { label: place.path });
  for (const key of ['depends', 'outputs']) if (field(place, key) !== null) refuse(key);
  if (field(place, 'output')?.node.kind === 'map') refuse('output', 'an output map');
  const stdout = field(place, 'stdout');
  if (stdout !== null && field(stdout, 'outputs') !== null) refuse('stdout', 'stdout.outputs');
  if (map.action === 'human.task') refuse('action', 'human.task');
}
