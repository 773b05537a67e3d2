import { ACTIONS } from './action-fields.ts';
import type { HandlerEvent } from '../core/dag.ts';
import { field, fields, keyAt } from './place.ts';
import type { Place } from './place.ts';
import { report } from './report.ts';
import type { Report } from './report.ts';
import { STEP } from './step-fields.ts';
import type { StepFields } from './step-fields.ts';

/** Where a step stands: at the top or in a group, in a foreach body, or in `handler_on`. */
export type Standing = 'step' | 'body' | HandlerEvent;

/** The keys of which a step has exactly one; `command` and `script` are older names of `run` (LANGUAGE.md §4.1). */
export const KINDS = ['run', 'command', 'script', 'action', 'foreach'] as const;

/** Keys that a step cannot have: in a handler, in a foreach body, beside `foreach` (§14, §16.1). */
export const NOT_IN_HANDLER = ['depends', 'outputs', 'foreach', 'parallel', 'approval'];
export const NOT_IN_BODY = ['foreach', 'approval'];
export const NOT_ON_FOREACH = ['with', 'parallel', 'approval', 'stdout', 'stderr', 'outputs'];
const ON_HUMAN_TASK = ['id', 'name', 'description', 'depends', 'preconditions', 'with'];

export const isHumanTask = (map: StepFields): boolean => map.action?.trim() === 'human.task';

export function isHandler(standing: Standing): standing is HandlerEvent {
  return standing !== 'step' && standing !== 'body';
}

/** Whether the step is a foreach and nothing else. */
export function isForeach(place: Place): boolean {
  if (field(place, 'foreach') === null) return false;
  return KINDS.every((key) => key === 'foreach' || field(place, key) === null);
}

/** Fields that a step cannot have because of its kind or of where it stands: E205, E711, E712, E720. */
export function refuseFields(into: Report, place: Place, map: StepFields, standing: Standing): void {
  const has = (key: string): boolean => field(place, key) !== null;
  const refuse = (code: string, key: string, text: string): void =>
    report(into, code, keyAt(place, key), text, { label: place.path });
  if (isHandler(standing)) {
    refuseInHandler(place, map, refuse);
    return;
  }
  if (standing === 'body') {
    const text = (what: string): string => `${what} is not allowed in a foreach body`;
    const hint = 'put it into a DAG of its own and call that with dag.run';
    for (const key of NOT_IN_BODY)
      if (has(key)) report(into, 'E711', keyAt(place, key), text(key), { label: place.path, hint });
    // Nor is it allowed in a child run (§18.1).
    if (isHumanTask(map)) refuse('E711', 'action', text('human.task'));
  } else if (isForeach(place)) {
    for (const key of NOT_ON_FOREACH)
      if (has(key)) refuse('E205', key, `${key} is not allowed on a foreach step`);
  } else if (isHumanTask(map)) refuseOnHumanTask(place, refuse);
  const action = map.action?.trim() ?? '';
  const unknown = has('action') && !ACTIONS.has(action);
  if (has('parallel') && !isForeach(place) && !unknown && !/^dag\.(run|enqueue)$/.test(action)) {
    refuse('E712', 'parallel', 'parallel is allowed only with dag.run or dag.enqueue');
  }
}

type Refuse = (code: string, key: string, text: string) => void;

/** §14. */
function refuseInHandler(place: Place, map: StepFields, refuse: Refuse): void {
  const inHandler = (key: string, shown = key): void =>
    refuse('E205', key, `${shown} is not allowed in a handler`);
  for (const key of NOT_IN_HANDLER) if (field(place, key) !== null) inHandler(key);
  if (field(place, 'output')?.node.kind === 'map') inHandler('output', 'an output map');
  const stdout = field(place, 'stdout');
  if (stdout !== null && field(stdout, 'outputs') !== null) inHandler('stdout', 'stdout.outputs');
  if (isHumanTask(map)) inHandler('action', 'human.task');
}

/** §18.1. Further kinds of step beside the action are E202. */
function refuseOnHumanTask(place: Place, refuse: Refuse): void {
  if (field(place, 'id') === null) refuse('E720', 'action', 'a human task must define id');
  for (const { key } of fields(place)) {
    if (field(place, key) === null || ON_HUMAN_TASK.includes(key) || !Object.hasOwn(STEP.shape, key))
      continue;
    const text = `${key} is not allowed on a human task`;
    if (key === 'approval') refuse('E205', key, text);
    else if (key !== 'parallel' && !KINDS.some((kind) => kind === key)) refuse('E720', key, text);
  }
}
