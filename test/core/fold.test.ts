import { describe, expect, test } from 'vitest';
import { fold } from '../../src/core/fold.ts';
import { Touched } from '../../src/core/touched.ts';
import { created, OWNER, replay, started, stepFinished, stepStarted } from '../support/events.ts';

describe('fold: RELIABILITY.md §3', () => {
  test('a run is queued until its first attempt begins', () => {
    expect(replay([created(['a'])]).run).toMatchObject({
      state: 'queued',
      attempt: 0,
      token: 0,
      owner: null,
    });
    expect(replay([created(['a']), started()]).run).toMatchObject({
      state: 'running',
      attempt: 1,
      token: 1,
      owner: OWNER,
      startedAt: 1_001,
    });
  });

  test('a try is intent, then what it ended as; the step keeps message and outputs', () => {
    const outputs = { v: { type: 'string', text: '1.10' } } as const;
    const snapshot = replay([
      created(['a']),
      started(),
      stepStarted(1, 1),
      stepFinished(1, 1, 'succeeded', { outputs }),
    ]);
    expect(snapshot.steps[0]).toMatchObject({
      state: 'succeeded',
      outputs,
      startedAt: 1_002,
      finishedAt: 1_003,
    });
    expect(snapshot.steps[0]?.tries).toMatchObject([{ n: 1, state: 'succeeded', exitCode: 0 }]);
  });

  test('mark_success: the step succeeded, its try failed', () => {
    const end = stepFinished(1, 1, 'succeeded', { tolerated: true, exitCode: 3 });
    const [step] = replay([created(['a']), started(), stepStarted(1, 1), end]).steps;
    expect([step?.state, step?.tries[0]?.state]).toEqual(['succeeded', 'failed']);
  });

  test('resume: steps to run are pending again, tries stay, the number of the next one goes on (R1)', () => {
    const before = [created(['a', 'b']), started(), stepStarted(1, 1), stepFinished(1, 1, 'failed')] as const;
    const resumed = {
      ...started(2),
      type: 'run.resumed',
      run: [1, 2],
      attached: [],
      from: null,
      anew: [],
      updated: null,
    } as const;
    const failed = {
      type: 'run.finished',
      dueAt: null,
      at: 1_004,
      attempt: 1,
      state: 'failed',
      reason: null,
      durationMs: 3,
      outputs: {},
    } as const;
    const snapshot = replay([...before, failed, resumed, stepStarted(1, 2, { attempt: 2, inAttempt: 1 })]);
    expect(snapshot.run).toMatchObject({ state: 'running', attempt: 2, token: 2, finishedAt: null });
    expect(snapshot.attempts.map((a) => a.state)).toEqual(['failed', 'running']);
    expect(snapshot.steps[0]).toMatchObject({ state: 'running', reason: null });
    expect(snapshot.steps[0]?.tries.map((t) => [t.n, t.attempt, t.state])).toEqual([
      [1, 1, 'failed'],
      [2, 2, 'intent'],
    ]);
  });

  test.each([
    [
      'a step that succeeded does not fail',
      [stepStarted(1, 1), stepFinished(1, 1, 'succeeded'), stepFinished(1, null, 'failed')],
    ],
    [
      'a try ends once',
      [
        stepStarted(1, 1),
        { ...stepFinished(1, 1, 'failed'), type: 'step.retrying', dueAt: 5 } as const,
        stepFinished(1, 1, 'failed'),
      ],
    ],
    ['tries come in order', [stepStarted(1, 2)]],
    ['an unknown step', [stepStarted(9, 1)]],
  ])('illegal events are refused: %s', (_name, events) => {
    expect(() => replay([created(['a']), started(), ...events])).toThrow();
  });

  test('only what an event changed is written', () => {
    const snapshot = replay([created(['a', 'b']), started()]);
    const touched = new Touched();
    fold(snapshot, stepStarted(2, 1), touched);
    expect([touched.run, [...touched.steps].map((s) => s.label), touched.tries.size]).toEqual([
      null,
      ['b'],
      1,
    ]);
  });
});
