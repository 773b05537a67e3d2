import { formatDuration } from '../base/duration.ts';
import type { Cause, Ended, Standing, ToldTry, Why } from '../core/why.ts';
import type { StepRecord } from '../core/records.ts';
import type { ShownRunStatus } from '../core/states.ts';
import type { Paint } from '../term/color.ts';
import { tableLines } from '../term/table.ts';
import { logFiles } from './log-end.ts';
import { logIsThere } from './log-files.ts';
import { localTime, took } from './times.ts';
import { endingWords, reasonWords } from './words.ts';

export interface WhyFacts {
  /** As shown: a run without an owner is interrupted. */
  readonly state: ShownRunStatus;
  readonly now: number;
  readonly paint: Paint;
}

/** `deploy`, or `deploy[eu]` for the item of a foreach step. */
export function stepName({ label, item }: StepRecord): string {
  return item === null ? label : `${label}[${item.key}]`;
}

/** The answer of `flow why` for people: a sentence, the tries, the logs of the last one that are there. */
export function whyLines(why: Why, facts: WhyFacts): string[] {
  const { paint, now } = facts;
  const last = why.tries.at(-1)?.record;
  const logs = last === undefined ? [] : logFiles(last).filter(logIsThere);
  return [
    whySentence(why, facts),
    ...(why.tries.length === 0 ? [] : ['']),
    ...tableLines(
      why.tries.map((one) => tryRow(one, now, paint)),
      { indent: '  ' },
    ),
    ...(logs.length === 0 ? [] : ['']),
    ...logs.map((path) => `  ${paint('dim', 'log')}  ${path}`),
  ];
}

export function whySentence({ step, standing }: Why, facts: WhyFacts): string {
  return `${facts.paint('bold', stepName(step))} ${standingWords(standing, step, facts)}`;
}

function tryRow({ record, cause, adopted }: ToldTry, now: number, paint: Paint): string[] {
  const { exitCode, signal, reason } = record;
  const end = endingWords({ reason, message: null, exitCode, signal });
  const notes = [end, adopted ? 'taken over' : null, causeWords(cause)];
  return [
    paint('dim', `attempt ${record.attempt}`),
    `try ${record.n}`,
    record.state,
    paint('dim', localTime(record.startedAt)),
    paint('dim', took(record.startedAt, record.finishedAt, now)),
    notes.filter((note) => note !== null).join('; '),
  ];
}

function standingWords(standing: Standing, step: StepRecord, { state, now }: WhyFacts): string {
  switch (standing.kind) {
    case 'dropped':
      return `was dropped in attempt ${standing.attempt}: it is no longer in the file`;
    case 'reused':
      return `was not run: its result was taken over from run ${standing.run}`;
    case 'kept':
      return `was kept in attempt ${standing.attempt}: it had ${endWords(step)} in attempt ${standing.since}`;
    case 'ran': {
      const adopted = standing.adopted ? ', was taken over from a flow process that had ended' : '';
      return `${ranWords(standing.cause, standing.attempt, step)}${adopted}, and ${endWords(step)}`;
    }
    case 'running':
      if (state === 'interrupted')
        return 'was running when its flow process ended: `flow resume` takes it over';
      return `is running: it ${ranWords(standing.cause, standing.attempt, step).replace('ran', 'was started')}`;
    case 'not_started':
      return `${endWords(step)} ${inAttempt(standing.attempt)}, before its first try`;
    case 'skipped':
      return `was skipped ${inAttempt(standing.attempt)}: ${skipWords(step.reason, standing.above)}`;
    case 'aborted':
      return `was aborted ${inAttempt(standing.attempt)}: ${endingWords(ending(step)) ?? 'it was stopped'}`;
    case 'retrying':
      return `waits ${untilWords(standing.dueAt, now)} for its next try: ${endingWords(ending(step)) ?? 'it failed'}`;
    case 'repeating':
      return `waits ${untilWords(standing.dueAt, now)} for its next repetition`;
    case 'waiting':
      if (standing.prompt !== null) return `waits for a person: ${standing.prompt}`;
      if (standing.children.length === 0) return 'waits for its child run';
      return `waits for its child run ${standing.children.join(', ')}`;
    case 'pending':
      return pendingWords(standing, state);
  }
}

function pendingWords(
  { above, ready }: Extract<Standing, { kind: 'pending' }>,
  state: ShownRunStatus,
): string {
  if (state === 'queued') return 'has not started: the run is queued';
  if (state === 'interrupted') return 'has not started: the run was interrupted';
  if (above.length > 0)
    return `waits for ${above.join(', ')}, which ${above.length === 1 ? 'has' : 'have'} not ended`;
  if (ready) return 'is ready and waits for a free place';
  return 'has not started yet';
}

function endWords(step: StepRecord): string {
  if (step.state !== 'failed') return step.state;
  const why = endingWords(ending(step));
  const allowed = step.tolerated ? ', which continue_on allows' : '';
  return `failed${why === null ? '' : ` (${why})`}${allowed}`;
}

function ending({ reason, message, tries }: StepRecord): Ended {
  const last = tries.at(-1);
  return { reason, message, exitCode: last?.exitCode ?? null, signal: last?.signal ?? null };
}

function ranWords(cause: Cause, attempt: number, { tries }: StepRecord): string {
  const why = causeWords(cause);
  if (cause.kind === 'first' || why === null) return `ran for the first time in attempt ${attempt}`;
  return `ran ${tries.length > 1 ? 'again ' : ''}in attempt ${attempt} because ${why}`;
}

/** A run that was taken out of its queue had no attempt. */
function inAttempt(attempt: number): string {
  return attempt === 0 ? 'before the first attempt' : `in attempt ${attempt}`;
}

/** Why a try was started; null when there is nothing to say. */
function causeWords(cause: Cause): string | null {
  switch (cause.kind) {
    case 'first':
      return null;
    case 'new':
      return 'it is new in the file';
    case 'retry':
      return 'the try before failed';
    case 'repetition':
      return 'its repeat_policy asks for it';
    case 'lost':
      return 'it was running when flow stopped, and its result is unknown';
    case 'never_started':
      return 'it had not started when flow stopped';
    case 'from':
      return '--from named it';
    case 'changed':
      return `it was changed in the file: ${cause.fields.join(', ')}`;
    case 'downstream':
      if (cause.of !== null) return `it lies downstream of ${cause.of}, which --from named`;
      return 'it lies downstream of a step that ran again';
    case 'skipped':
      return `it had been skipped ${inAttempt(cause.attempt)}`;
    case 'failed':
    case 'aborted': {
      const why = endingWords(cause.end);
      const was = cause.kind === 'failed' ? 'had failed' : 'had been aborted';
      return `it ${was} ${inAttempt(cause.attempt)}${why === null ? '' : ` (${why})`}`;
    }
  }
}

function skipWords(reason: string | null, above: string | null): string {
  switch (reason) {
    case 'precondition_not_met':
      return 'its precondition was not met';
    case 'not_selected':
      return '--only or --from did not select it';
    case 'upstream_skipped':
      return above === null
        ? 'a step that it depends on was skipped'
        : `${above}, on which it depends, was skipped`;
    default:
      return reason === null ? 'it did not have to run' : reasonWords(reason);
  }
}

function untilWords(dueAt: number, now: number): string {
  return dueAt > now ? `until ${localTime(dueAt)} (${formatDuration(dueAt - now)})` : 'any moment now';
}
