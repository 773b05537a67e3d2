import { describe, expect, test } from 'vitest';
import type { EventOf, RunEvent } from '../../src/core/events.ts';
import type { Snapshot } from '../../src/core/records.ts';
import { explainStep, type Why } from '../../src/core/why.ts';
import { whySentence } from '../../src/report/why-text.ts';
import { plainPaint } from '../../src/term/color.ts';
import { dag, step } from '../support/dag.ts';
import { created, OWNER, replay, started, stepFinished, stepStarted } from '../support/events.ts';

const DAG = dag([step(1, { id: 'a' }), step(2, { id: 'b', depends: [1] })]);

function resumed(attempt: number, run: number[], more: Partial<EventOf<'run.resumed'>> = {}): RunEvent {
  return {
    ...{ type: 'run.resumed', at: 2_000, attempt, owner: OWNER, token: attempt, run, attached: [] },
    ...{ from: null, anew: [], updated: null, ...more },
  };
}

function finished(state: 'succeeded' | 'failed', attempt = 1): RunEvent {
  const none = { reason: null, durationMs: 1, outputs: {}, dueAt: null };
  return { type: 'run.finished', at: 1_900, attempt, state, ...none };
}

function why(number: number, events: readonly RunEvent[], children: string[] = []): Why {
  const all = [created(['a', 'b']), started(), ...events];
  const snapshot: Snapshot = replay(all);
  const step = snapshot.steps[number - 1];
  if (step === undefined) throw new Error('no such step');
  const journal = all.map((event, i) => ({ seq: i + 1, run: 'run-1', event }));
  return explainStep({ snapshot, step, events: journal, dag: DAG, children });
}

const said = (answer: Why, state: 'running' | 'interrupted' = 'running'): string =>
  whySentence(answer, { state, now: 3_000, paint: plainPaint });

const failedA = [stepStarted(1, 1), stepFinished(1, 1, 'failed')];
const aborted: RunEvent = {
  ...{ type: 'step.aborted', at: 1_500, step: 2, attempt: 1, try: null, reason: 'sigint', message: null },
  ...{ exitCode: null, signal: null, durationMs: 0 },
};

describe('flow why (CLI.md §3)', () => {
  test('pending: what it waits for, and then a free place', () => {
    expect(said(why(2, []))).toBe('b waits for a, which has not ended');
    const ready: RunEvent = { type: 'step.ready', at: 1_100, step: 2 };
    const done = [stepStarted(1, 1), stepFinished(1, 1, 'succeeded')];
    expect(said(why(2, [...done, ready]))).toBe('b is ready and waits for a free place');
    expect(said(why(2, []), 'interrupted')).toBe('b has not started: the run was interrupted');
  });

  test('why it ran: the causes of all tries', () => {
    const events = [
      ...failedA,
      finished('failed'),
      resumed(2, [1]),
      stepStarted(1, 2, { attempt: 2 }),
      stepFinished(1, 2, 'succeeded'),
      finished('succeeded', 2),
      resumed(3, [1, 2], { from: 'a', anew: [1, 2] }),
      stepStarted(1, 3, { attempt: 3 }),
    ];
    const answer = why(1, events);
    expect(answer.tries.map(({ cause }) => cause.kind)).toEqual(['first', 'failed', 'from']);
    expect(said(answer)).toBe('a is running: it was started again in attempt 3 because --from named it');
    expect(said(answer, 'interrupted')).toContain('was running when its flow process ended');
    const below = why(2, [...events, stepFinished(1, 3, 'succeeded'), stepStarted(2, 1, { attempt: 3 })]);
    expect(below.tries[0]?.cause).toEqual({ kind: 'downstream', of: 'a' });
  });

  test('changed, new, downstream of these, and dropped', () => {
    const updated = {
      ...{ definition: 'e'.repeat(64), numbers: [1, 3], dropped: [2], params: [] },
      steps: [{ number: 3, kind: 'step' as const, id: 'c', name: 'c', label: 'c' }],
      changed: [{ step: 1, fields: ['run', 'env'] }],
    };
    const events = [
      ...failedA,
      finished('failed'),
      resumed(2, [1, 3], { anew: [1, 3], updated }),
      stepStarted(1, 2, { attempt: 2 }),
      stepFinished(1, 2, 'succeeded'),
      stepStarted(3, 1, { attempt: 2 }),
    ];
    expect(said(why(1, events))).toBe(
      'a ran again in attempt 2 because it was changed in the file: run, env, and succeeded',
    );
    expect(said(why(2, events))).toBe('b was dropped in attempt 2: it is no longer in the file');
    expect(why(3, events).tries[0]?.cause).toEqual({ kind: 'new' });
  });

  test('kept, and by whom it was aborted', () => {
    const events = [
      stepStarted(1, 1),
      stepFinished(1, 1, 'succeeded'),
      aborted,
      finished('failed'),
      resumed(2, [2]),
    ];
    expect(said(why(1, events))).toBe('a was kept in attempt 2: it had succeeded in attempt 1');
    expect(said(why(2, events.slice(0, 3)))).toBe('b was aborted in attempt 1: stopped with Ctrl-C');
    const again = why(2, [...events, stepStarted(2, 1, { attempt: 2 }), stepFinished(2, 1, 'failed')]);
    expect(said(again)).toBe(
      'b ran in attempt 2 because it had been aborted in attempt 1 (stopped with Ctrl-C), and failed (exit code 3)',
    );
  });

  test('what was taken out of its queue was in no attempt, and is so when it is resumed', () => {
    const dequeued: RunEvent = { ...aborted, attempt: 0, reason: 'dequeued' };
    expect(said(why(2, [dequeued]))).toBe('b was aborted before the first attempt: dequeued');
    const again = [dequeued, resumed(1, [2]), stepStarted(2, 1), stepFinished(2, 1, 'succeeded')];
    expect(said(why(2, again))).toBe(
      'b ran in attempt 1 because it had been aborted before the first attempt (dequeued), and succeeded',
    );
  });

  test('lost and adopted tries', () => {
    const base = { at: 1_500, step: 1, attempt: 2, try: 1 };
    const lost = why(1, [
      stepStarted(1, 1),
      { ...base, type: 'step.lost', verdict: 'unknown' },
      resumed(2, [1, 2]),
      stepStarted(1, 2, { attempt: 2 }),
    ]);
    expect(lost.tries.map(({ record, cause }) => [record.state, cause.kind])).toEqual([
      ['lost', 'first'],
      ['intent', 'lost'],
    ]);
    const adopted = why(1, [
      stepStarted(1, 1),
      { ...base, type: 'step.adopted', pid: 7 },
      resumed(2, [2], { attached: [1] }),
      stepFinished(1, 1, 'succeeded'),
    ]);
    expect(said(adopted)).toBe(
      'a ran for the first time in attempt 1, was taken over from a flow process that had ended, and succeeded',
    );
  });

  test('skipped: by which step above', () => {
    const skip = (step: number, reason: string): RunEvent => ({
      type: 'step.skipped',
      at: 1_200,
      step,
      try: null,
      reason,
    });
    const events = [skip(1, 'precondition_not_met'), skip(2, 'upstream_skipped')];
    expect(said(why(1, events))).toBe('a was skipped in attempt 1: its precondition was not met');
    expect(said(why(2, events))).toBe('b was skipped in attempt 1: a, on which it depends, was skipped');
  });

  test('waits: for a person, for a child run, for its next try', () => {
    const waiting: EventOf<'step.waiting'> & { at: number } = {
      ...{ type: 'step.waiting', at: 1_300, step: 1, attempt: 1, try: null, outputs: {} },
      task: { n: 1, kind: 'human', prompt: 'ship it?' },
    };
    expect(said(why(1, [waiting]))).toBe('a waits for a person: ship it?');
    expect(said(why(1, [{ ...waiting, task: null }], ['child-1']))).toBe('a waits for its child run child-1');
    const {
      type: _type,
      state: _state,
      tolerated: _t,
      partial: _p,
      outputs: _o,
      ...end
    } = stepFinished(1, 1, 'failed');
    const retrying: RunEvent = { ...end, at: 1_400, type: 'step.retrying', dueAt: 63_000 };
    expect(said(why(1, [stepStarted(1, 1), retrying]))).toMatch(
      /^a waits until .* \(1m00s\) for its next try: exit code 3$/,
    );
  });

  test('a result that was taken over, and a step that failed before it could start', () => {
    const reused = [
      created(['a'], { reusedFrom: 'run-0' }),
      started(),
      stepFinished(1, null, 'succeeded', { message: 'reused from run-0', exitCode: null }),
    ];
    const snapshot = replay(reused);
    const [first] = snapshot.steps;
    if (first === undefined) throw new Error('no step');
    const events = reused.map((event, i) => ({ seq: i, run: 'run-1', event }));
    const answer = explainStep({ snapshot, step: first, events, dag: DAG, children: [] });
    expect(said(answer)).toBe('a was not run: its result was taken over from run run-0');
    const none = { reason: 'R401', message: 'cannot resolve', exitCode: null };
    expect(said(why(1, [stepFinished(1, null, 'failed', none)]))).toBe(
      'a failed (cannot resolve) in attempt 1, before its first try',
    );
  });
});
