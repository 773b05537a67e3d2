import type { Json } from '../base/json.ts';
import type { Cause, Standing, ToldTry, Why } from '../core/why.ts';
import { plainPaint } from '../term/color.ts';
import { iso } from './times.ts';
import { whySentence, type WhyFacts } from './why-text.ts';

type JsonObject = { [key: string]: Json };

/** `flow why --json`: one object for every step that was asked for, in order (docs/language.md). */
export function whyJson(run: string, answers: readonly Why[], facts: Omit<WhyFacts, 'paint'>): JsonObject {
  return { run, steps: answers.map((why) => whyObject(why, facts)) };
}

function whyObject(why: Why, facts: Omit<WhyFacts, 'paint'>): JsonObject {
  const { step, standing, tries } = why;
  const last = tries.at(-1)?.record;
  return {
    id: step.id,
    name: step.kind === 'step' ? step.name : step.label,
    item: step.item?.key ?? null,
    state: step.state,
    reason: step.reason,
    sentence: whySentence(why, { ...facts, paint: plainPaint }),
    why: standing.kind,
    cause: causeObject(standing),
    waits_for: waitsFor(standing),
    due_at: iso(step.dueAt),
    tries: tries.map(tryObject),
    logs: last === undefined ? [] : [...new Set([last.outLog, last.errLog])],
  };
}

function causeObject(standing: Standing): Json {
  return standing.kind === 'ran' || standing.kind === 'running' ? causeJson(standing.cause) : null;
}

function causeJson(cause: Cause): JsonObject {
  return {
    kind: cause.kind,
    fields: cause.kind === 'changed' ? [...cause.fields] : null,
    of: cause.kind === 'downstream' ? cause.of : null,
  };
}

function waitsFor(standing: Standing): string[] {
  if (standing.kind === 'pending') return [...standing.above];
  return standing.kind === 'waiting' ? [...standing.children] : [];
}

function tryObject({ record, cause, adopted }: ToldTry): JsonObject {
  return {
    n: record.n,
    attempt: record.attempt,
    state: record.state,
    started_at: iso(record.startedAt),
    finished_at: iso(record.finishedAt),
    exit_code: record.exitCode,
    signal: record.signal,
    adopted,
    cause: causeJson(cause),
  };
}
