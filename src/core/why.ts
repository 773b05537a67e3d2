import type { Dag } from './dag.ts';
import type { EventOf, JournalEvent, RunEvent } from './events.ts';
import { findStep } from './numbers.ts';
import type { Snapshot, StepRecord, TryRecord } from './records.ts';
import { betweenRepetitions, stepEnded } from './states.ts';

/** Why a try was started. */
export type Cause =
  | { readonly kind: 'first' | 'new' | 'retry' | 'repetition' | 'lost' | 'never_started' }
  /** It had ended so in an earlier attempt; 0: before the first, as in a queue. */
  | { readonly kind: 'failed' | 'aborted' | 'skipped'; readonly attempt: number; readonly end: Ended }
  | { readonly kind: 'from' }
  | { readonly kind: 'changed'; readonly fields: readonly string[] }
  /** `of`: the step of `--from`; null: something above was changed or new. */
  | { readonly kind: 'downstream'; readonly of: string | null };

export interface Ended {
  readonly reason: string | null;
  readonly message: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** What is so with a step now. */
export type Standing =
  | { readonly kind: 'dropped'; readonly attempt: number }
  | { readonly kind: 'reused'; readonly run: string }
  /** Kept in the present attempt; it had ended in attempt `since`. */
  | { readonly kind: 'kept'; readonly attempt: number; readonly since: number }
  | {
      readonly kind: 'ran' | 'running';
      readonly attempt: number;
      readonly cause: Cause;
      readonly adopted: boolean;
    }
  /** It ended before it had a try. */
  | { readonly kind: 'not_started'; readonly attempt: number }
  | { readonly kind: 'skipped'; readonly attempt: number; readonly above: string | null }
  | { readonly kind: 'aborted'; readonly attempt: number }
  | { readonly kind: 'retrying' | 'repeating'; readonly dueAt: number }
  | { readonly kind: 'waiting'; readonly prompt: string | null; readonly children: readonly string[] }
  /** `above`: what it depends on and has not ended. */
  | { readonly kind: 'pending'; readonly above: readonly string[]; readonly ready: boolean };

export interface ToldTry {
  readonly record: TryRecord;
  readonly cause: Cause;
  readonly adopted: boolean;
}

export interface Why {
  readonly step: StepRecord;
  readonly standing: Standing;
  readonly tries: readonly ToldTry[];
}

export interface WhyInput {
  readonly snapshot: Snapshot;
  readonly step: StepRecord;
  /** Those of the run itself and of the step, in order. */
  readonly events: readonly JournalEvent[];
  /** Null when the stored definition cannot be read any more. */
  readonly dag: Dag | null;
  /** Ids of the child runs of the step that have not ended. */
  readonly children: readonly string[];
}

/** Tells from the journal why a step ran, was kept, skipped, aborted or waits (CLI.md §3, `flow why`). */
export function explainStep(input: WhyInput): Why {
  const { step } = input;
  const story = new Story(step);
  for (const { event } of input.events) story.tell(event);
  return { step, standing: standingOf(input, story), tries: story.tries };
}

/** Walks the journal of one step. */
class Story {
  readonly #step: StepRecord;
  readonly tries: { record: TryRecord; cause: Cause; adopted: boolean }[] = [];
  /** The attempt of the run. */
  attempt = 1;
  /** The attempt in which the step ended last. */
  endedIn = 1;
  droppedIn: number | null = null;
  /** It was kept when the present attempt began. */
  kept = false;
  ready = false;
  #cause: Cause = { kind: 'first' };

  constructor(step: StepRecord) {
    this.#step = step;
  }

  tell(event: RunEvent): void {
    if (event.type === 'run.started') this.attempt = event.attempt;
    else if (event.type === 'run.resumed') this.#resumed(event);
    else if ('step' in event && event.step === this.#step.number) this.#stepEvent(event);
  }

  #resumed({ attempt, run, attached, from, anew, updated }: EventOf<'run.resumed'>): void {
    const { number, label } = this.#step;
    this.attempt = attempt;
    this.ready = false;
    if (updated?.dropped.includes(number)) this.droppedIn = attempt;
    this.kept = !run.includes(number) && !attached.includes(number);
    if (!run.includes(number)) return;
    const changed = updated?.changed.find((one) => one.step === number);
    if (changed !== undefined) this.#cause = { kind: 'changed', fields: changed.fields };
    else if (anew.includes(number)) {
      const isNew = updated?.steps.some((seed) => seed.number === number) && this.#cause.kind === 'first';
      if (from === label) this.#cause = { kind: 'from' };
      else if (isNew) this.#cause = { kind: 'new' };
      else this.#cause = { kind: 'downstream', of: updated === null ? from : null };
    }
  }

  #stepEvent(event: Extract<RunEvent, { step: number | null }>): void {
    this.ready = event.type === 'step.ready';
    switch (event.type) {
      case 'step.started': {
        const record = this.#step.tries[event.try - 1];
        if (record !== undefined) this.tries.push({ record, cause: this.#cause, adopted: false });
        return;
      }
      case 'step.adopted': {
        const last = this.tries.at(-1);
        if (last !== undefined) last.adopted = true;
        return;
      }
      case 'step.lost':
        this.#cause = { kind: event.verdict === 'unknown' ? 'lost' : 'never_started' };
        return;
      case 'step.retrying':
        this.#cause = { kind: 'retry' };
        return;
      case 'step.repeating':
        this.#cause = { kind: 'repetition' };
        return;
      case 'step.finished':
        this.#ended('failed', event);
        return;
      case 'step.aborted':
        this.#ended('aborted', event);
        return;
      case 'step.skipped':
        this.#ended('skipped', {
          ...event,
          attempt: this.attempt,
          message: null,
          exitCode: null,
          signal: null,
        });
    }
  }

  #ended(
    kind: 'failed' | 'aborted' | 'skipped',
    { attempt, reason, message, exitCode, signal }: Ended & { readonly attempt: number },
  ): void {
    this.endedIn = attempt;
    this.kept = false;
    this.#cause = { kind, attempt, end: { reason, message, exitCode, signal } };
  }
}

function standingOf(input: WhyInput, story: Story): Standing {
  const { step, snapshot } = input;
  const last = story.tries.at(-1);
  const { attempt } = story;
  if (step.dropped) return { kind: 'dropped', attempt: story.droppedIn ?? attempt };
  if (stepEnded(step.state)) {
    const taken = step.tries.length === 0 && step.message?.startsWith('reused from ');
    if (taken && snapshot.run.reusedFrom !== null) return { kind: 'reused', run: snapshot.run.reusedFrom };
    if (story.kept && step.state !== 'aborted') return { kind: 'kept', attempt, since: story.endedIn };
  }
  const since = story.endedIn;
  switch (step.state) {
    case 'succeeded':
    case 'failed':
      if (last === undefined) return { kind: 'not_started', attempt: since };
      return { kind: 'ran', attempt: last.record.attempt, cause: last.cause, adopted: last.adopted };
    case 'skipped':
      return {
        kind: 'skipped',
        attempt: since,
        above: above(input, ({ state }) => state === 'skipped')[0] ?? null,
      };
    case 'aborted':
      return { kind: 'aborted', attempt: since };
    case 'retrying':
      return { kind: 'retrying', dueAt: step.dueAt ?? 0 };
    case 'waiting': {
      const open = snapshot.tasks.findLast((task) => task.step === step.number && task.answer === null);
      return { kind: 'waiting', prompt: open?.prompt ?? null, children: input.children };
    }
    case 'running':
      if (betweenRepetitions(step)) return { kind: 'repeating', dueAt: step.dueAt ?? 0 };
      return {
        kind: 'running',
        attempt: last?.record.attempt ?? attempt,
        cause: last?.cause ?? { kind: 'first' },
        adopted: last?.adopted ?? false,
      };
    case 'pending':
      return { kind: 'pending', above: above(input, ({ state }) => !stepEnded(state)), ready: story.ready };
  }
}

/** Labels of those of its dependencies of which `which` is true. */
function above({ dag, snapshot, step }: WhyInput, which: (record: StepRecord) => boolean): string[] {
  const depends = dag === null ? [] : (findStep(dag, step.number)?.depends ?? []);
  return depends.flatMap((number) => {
    const record = snapshot.steps[number - 1];
    return record !== undefined && which(record) ? [record.label] : [];
  });
}
