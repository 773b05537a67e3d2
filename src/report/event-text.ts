import { formatDuration } from '../base/duration.ts';
import type { Dag } from '../core/dag.ts';
import { findStep } from '../core/numbers.ts';
import type { EventOf, RunEvent } from '../core/events.ts';
import { shortId } from '../base/ids.ts';
import type { Snapshot, StepRecord } from '../core/records.ts';
import { ownSteps } from '../core/snapshot.ts';
import type { Paint } from '../term/color.ts';
import { promptLine } from './questions-text.ts';
import { count, endingWords, reasonWords, stateMark, stateWords } from './words.ts';

/** What an event means, in one line without its label; null for events that people need not see. */
export function eventText(event: RunEvent, facts: EventFacts): string | null {
  const { paint, snapshot } = facts;
  switch (event.type) {
    case 'run.created':
    case 'run.params_evaluated':
    case 'run.preconditions_met':
    case 'run.dotenv_read':
    case 'tick.started':
    case 'tick.skipped':
    case 'tick.missed':
      return null;
    case 'run.queued':
      return `${stateWords('queued', paint)}${event.dueAt === null ? '' : `: ${againIn(event.at, event.dueAt)}`}`;
    case 'run.waiting':
      return line(stateWords('waiting', paint), [], facts, event.durationMs, counts(snapshot));
    case 'step.items':
      return itemsText(event, facts);
    case 'step.waiting':
      return `${stateMark('waiting', paint)} ${paint('waiting', 'waiting')}${waitsFor(event)}`;
    case 'task.completed':
      return `${stateMark('waiting', paint)} ${event.answer}${event.reason === null ? '' : `: ${event.reason}`}`;
    case 'step.ready':
      return facts.verbose ? paint('dim', '· ready') : null;
    case 'run.started':
      return `${stateMark('running', paint)} run ${paint('bold', runName(facts))}${startsIn(event)}`;
    case 'run.resumed': {
      const again = count(stepsAmong(snapshot, event.run), 'step');
      const kept = event.attached.length > 0 ? `, ${event.attached.length} to take over` : '';
      const head = `${stateMark('running', paint)} run ${paint('bold', runName(facts))}`;
      return `${head} resumed${event.recovery === true ? ' by the daemon' : ''}: ${again} to run${kept}`;
    }
    case 'run.stop_requested':
      return `${stateMark('aborting', paint)} asked to stop${event.force ? ' at once' : ''}${event.reason === undefined ? '' : ' by its schedule'}`;
    case 'run.left':
      return `${stateMark('running', paint)} left to the next daemon`;
    case 'run.aborting':
      return `${stateWords('aborting', paint)}: ${reasonWords(event.reason)}`;
    case 'run.finished':
      return line(
        event.dueAt === null ? stateWords(event.state, paint) : stateWords('retrying', paint),
        event.dueAt === null
          ? because(event.reason)
          : [`attempt ${event.attempt} failed`, ...because(event.reason), againIn(event.at, event.dueAt)],
        facts,
        event.durationMs,
        counts(snapshot),
      );
    case 'log.warning':
      return `${codeMark(event.code, paint)} ${event.message}`;
    case 'step.started':
      return [paint('running', '▸ started'), tries(event.step, event.try, facts)]
        .filter((w) => w !== null)
        .join(', ');
    case 'step.adopted':
      if (runsOthers(facts, event.step)) return `${stateMark('running', paint)} goes on`;
      return event.pid === null
        ? `${stateMark('running', paint)} ended while flow was away: its result is taken`
        : `${stateMark('running', paint)} still running (pid ${event.pid}): flow waits for it`;
    case 'step.lost':
      if (facts.dag !== null && findStep(facts.dag, event.step)?.action.kind === 'wait.duration') {
        return `${stateMark('interrupted', paint)} was waiting when flow stopped`;
      }
      return event.verdict === 'never_started'
        ? `${stateMark('interrupted', paint)} had not started when flow stopped`
        : paint('warning', '! was running when flow stopped, its result is unknown');
    case 'step.skipped':
      return line(stateWords('skipped', paint), because(event.reason), facts, null, null);
    case 'step.retrying': {
      const wait = againIn(event.at, event.dueAt);
      const why = endingWords(event, limitOf(facts.dag, event.step));
      return line(
        stateWords('retrying', paint),
        [why, tries(event.step, event.try, facts), wait],
        facts,
        null,
        null,
      );
    }
    case 'step.repeating': {
      const why = event.state === 'failed' ? endingWords(event, limitOf(facts.dag, event.step)) : null;
      const notes = [why, againIn(event.at, event.dueAt)];
      return line(paint('running', '↻ repeating'), notes, facts, event.durationMs, null);
    }
    case 'step.aborted': {
      const ran = event.try === null ? null : event.durationMs;
      return line(stateWords('aborted', paint), [endingWords(event)], facts, ran, null);
    }
    case 'step.finished': {
      const why = event.state === 'failed' ? endingWords(event, limitOf(facts.dag, event.step)) : null;
      const allowed = event.tolerated ? 'allowed by continue_on' : null;
      const ran = event.try === null ? null : event.durationMs;
      const tried = tries(event.step, event.try, facts);
      return line(stateWords(event.state, paint), [why, tried, allowed], facts, ran, null);
    }
  }
}

/** True for a step that runs other steps or runs, and so has no process. */
function runsOthers({ dag, snapshot }: EventFacts, step: number): boolean {
  const record = snapshot.steps[step - 1];
  if (dag === null || record === undefined || record.item !== null)
    return record?.tries.at(-1)?.inFlow === true;
  const kind = findStep(dag, step)?.action.kind;
  return kind === 'foreach' || kind === 'dag.run';
}

function againIn(at: number, dueAt: number): string {
  return `again in ${formatDuration(Math.max(0, dueAt - at))}`;
}

/** `▸ 12 items`, and in a later try how many of them run again. */
function itemsText({ items, body, reset }: EventOf<'step.items'>, { paint, snapshot }: EventFacts): string {
  const again = new Set(reset);
  const pending = (first: number): boolean =>
    body.some((_, i) => again.has(first + i) || snapshot.steps[first + i - 1]?.tries.length === 0);
  const kept = items.filter(({ first }) => !pending(first)).length;
  return `${stateMark('running', paint)} ${count(items.length, 'item')}${kept > 0 ? `, ${kept} kept` : ''}`;
}

function waitsFor({ task }: EventOf<'step.waiting'>): string {
  return task === null ? ' for its child run' : `: ${promptLine(task.prompt)}`;
}

function startsIn({ at, dueAt }: { at: number; dueAt: number | null }): string {
  return dueAt === null ? '' : `, starts in ${formatDuration(dueAt - at)}`;
}

export interface EventFacts {
  readonly paint: Paint;
  readonly snapshot: Snapshot;
  /** For limits of time and tries; null when the definition is not at hand. */
  readonly dag: Dag | null;
  /** Also what most people need not see. */
  readonly verbose: boolean;
}

function runName({ snapshot: { run }, verbose }: EventFacts): string {
  return verbose ? run.id : shortId(run.id);
}

function line(
  head: string,
  notes: readonly (string | null)[],
  { paint }: EventFacts,
  durationMs: number | null,
  tail: string | null,
): string {
  const why = notes.filter((note) => note !== null).join(', ');
  const time = durationMs === null ? '' : `  ${paint('dim', formatDuration(durationMs))}`;
  return `${head}${why === '' ? '' : `: ${why}`}${time}${tail === null ? '' : `  ${paint('dim', tail)}`}`;
}

/** What ended the run has a code of R, as an error of a file has one of E; the rest are warnings. */
function codeMark(code: string, paint: Paint): string {
  return code.startsWith('W') ? paint('warning', `warning[${code}]`) : paint('error', `error[${code}]`);
}

function because(reason: string | null): (string | null)[] {
  return [reason === null ? null : reasonWords(reason)];
}

/**
 * `try 2 of 3`, or null for a first and only try. Numbers count over all attempts of the run (CLI.md), so in a
 * later attempt it is `try 4 (1 of 3)`.
 */
export function triesWords(dag: Dag | null, record: StepRecord | undefined, n: number): string | null {
  const inAttempt = record?.tries[n - 1]?.inAttempt ?? n;
  const step = dag === null || record === undefined ? undefined : findStep(dag, record.number);
  // Retries happen inside a repetition: the tries of all repetitions have no common limit.
  const retry = step?.repeat === null ? step.retry : null;
  const limit = typeof retry?.limit === 'number' && retry.limit > 0 ? retry.limit + 1 : null;
  if (limit === null) return n === 1 ? null : `try ${n}`;
  if (n === 1 && inAttempt === 1) return `try 1 of ${limit}`;
  return n === inAttempt ? `try ${n} of ${limit}` : `try ${n} (${inAttempt} of ${limit})`;
}

function tries(step: number, n: number | null, { dag, snapshot }: EventFacts): string | null {
  if (n === null) return null;
  const words = triesWords(dag, snapshot.steps[step - 1], n);
  return words?.startsWith('try 1 of') === true ? null : words;
}

/** Limit of a try in seconds; 0 when there is none, or none is known. */
export function limitOf(dag: Dag | null, step: number): number {
  if (dag === null) return 0;
  return findStep(dag, step)?.timeoutSec ?? 0;
}

function stepsAmong(snapshot: Snapshot, numbers: readonly number[]): number {
  return numbers.filter((n) => snapshot.steps[n - 1]?.kind === 'step').length;
}

/** `12 succeeded, 1 failed, 2 aborted`; handlers do not count. */
function counts(snapshot: Snapshot): string {
  const order = ['succeeded', 'failed', 'skipped', 'aborted', 'waiting', 'pending'] as const;
  const steps = ownSteps(snapshot);
  return order
    .map((state) => [steps.filter((step) => step.state === state).length, state] as const)
    .filter(([n]) => n > 0)
    .map(([n, state]) => `${n} ${state}`)
    .join(', ');
}
