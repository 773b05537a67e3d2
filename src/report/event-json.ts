import type { Json } from '../base/json.ts';
import { shownOutputs } from './values.ts';
import type { JournalEvent, RunEvent } from '../core/events.ts';
import { shownParams } from './values.ts';
import { iso } from './times.ts';

/** What a step is called in events: its id, else its name, and the key of its item (CLI.md §1, §4). */
export interface StepName {
  readonly step: string;
  readonly item: string | null;
}

export type StepNames = (step: number) => StepName;

/** The version of the objects below; it grows when a reader would have to change. */
export const EVENT_VERSION = 1;

/** A journal event as the public object of CLI.md §4, one line of `--json`. */
export function eventJson({ seq, run, event }: JournalEvent, names: StepNames): { [key: string]: Json } {
  return { v: EVENT_VERSION, seq, at: iso(event.at), run, type: event.type, ...details(event, names) };
}

function details(event: RunEvent, names: StepNames): { [key: string]: Json } {
  switch (event.type) {
    case 'run.created':
      return {
        dag: event.dag,
        file: event.file,
        definition: event.definition,
        params: shownParams(event.params),
        labels: { ...event.labels },
        trigger: event.trigger,
        reused_from: event.reusedFrom,
        parent_run: event.parent?.run ?? null,
        queue: event.queue,
        ...(event.scheduledAt == null ? {} : { scheduled_at: iso(event.scheduledAt) }),
        ...dueAt(event.dueAt ?? null),
      };
    case 'run.queued':
      return { attempt: event.attempt, ...dueAt(event.dueAt) };
    case 'tick.started':
    case 'tick.skipped':
    case 'tick.missed':
      return {
        dag: event.dag,
        kind: event.kind,
        scheduled_at: iso(event.scheduledAt),
        reason: event.reason,
        message: event.message,
        ...(event.count === 1 ? {} : { count: event.count, first_at: iso(event.firstAt) }),
      };
    case 'run.started':
      return {
        attempt: event.attempt,
        host: event.owner.host,
        pid: event.owner.pid,
        ...dueAt(event.dueAt),
      };
    case 'run.params_evaluated':
      return { attempt: event.attempt, params: shownParams(event.params) };
    case 'run.preconditions_met':
    case 'run.left':
      return { attempt: event.attempt };
    case 'run.dotenv_read':
      return { attempt: event.attempt, hash: event.hash };
    case 'run.resumed':
      return {
        attempt: event.attempt,
        host: event.owner.host,
        pid: event.owner.pid,
        steps_run: event.run.map((step) => names(step).step),
        steps_attached: event.attached.map((step) => names(step).step),
        from: event.from,
        ...(event.recovery === true ? { recovery: true } : {}),
        ...(event.updated === null
          ? {}
          : {
              definition: event.updated.definition,
              steps_dropped: event.updated.dropped.map((step) => names(step).step),
            }),
      };
    case 'run.stop_requested':
      return { force: event.force, reason: event.reason ?? 'stopped' };
    case 'run.aborting':
      return { attempt: event.attempt, reason: event.reason };
    case 'run.waiting':
      return {
        attempt: event.attempt,
        state: 'waiting',
        duration_ms: event.durationMs,
        outputs: shownOutputs(event.outputs),
      };
    case 'run.finished':
      return {
        attempt: event.attempt,
        state: event.state,
        reason: event.reason,
        exit_code: null,
        signal: null,
        duration_ms: event.durationMs,
        outputs: shownOutputs(event.outputs),
        ...dueAt(event.dueAt),
      };
    case 'log.warning':
      return {
        code: event.code,
        message: event.message,
        ...(event.step === null ? {} : stepName(names(event.step))),
      };
    default:
      return { ...stepName(names(event.step)), ...stepDetails(event) };
  }
}

/** `item` only where there is one. */
export function stepName({ step, item }: StepName): { [key: string]: Json } {
  return item === null ? { step } : { step, item };
}

type StepEvent = Exclude<Extract<RunEvent, { step: number }>, { type: 'log.warning' }>;

function stepDetails(event: StepEvent): { [key: string]: Json } {
  switch (event.type) {
    case 'step.ready':
      return {};
    case 'step.items':
      return {
        attempt: event.attempt,
        try: event.try,
        items: event.items.map(({ key }) => key),
      };
    case 'step.waiting':
      return {
        state: 'waiting',
        attempt: event.attempt,
        try: event.try,
        task: event.task?.kind ?? null,
        prompt: event.task?.prompt ?? null,
        outputs: shownOutputs(event.outputs),
      };
    case 'task.completed':
      return { answer: event.answer, inputs: { ...event.inputs }, reason: event.reason };
    case 'step.started':
      return { attempt: event.attempt, try: event.try };
    case 'step.adopted':
      return { attempt: event.attempt, try: event.try, pid: event.pid };
    case 'step.lost':
      return { attempt: event.attempt, try: event.try, verdict: event.verdict };
    case 'step.skipped':
      return { state: 'skipped', reason: event.reason };
    case 'step.retrying':
      return { state: 'retrying', ...ending(event), due_at: iso(event.dueAt) };
    case 'step.repeating':
      return {
        state: event.state,
        ...ending(event),
        repetitions: event.repetitions,
        due_at: iso(event.dueAt),
      };
    case 'step.aborted':
      return { state: 'aborted', ...ending(event), outputs: {} };
    case 'step.finished':
      return {
        state: event.state,
        ...ending(event),
        allowed: event.tolerated,
        outputs: shownOutputs(event.outputs),
        ...(event.artifacts === undefined ? {} : { artifacts: event.artifacts.map((one) => ({ ...one })) }),
      };
  }
}

/** Only where something is due. */
function dueAt(due: number | null): { [key: string]: Json } {
  return due === null ? {} : { due_at: iso(due) };
}

function ending(event: Extract<StepEvent, { durationMs: number }>): { [key: string]: Json } {
  return {
    attempt: event.attempt,
    try: event.try,
    reason: event.reason,
    message: event.message,
    exit_code: event.exitCode,
    signal: event.signal,
    duration_ms: event.durationMs,
  };
}
