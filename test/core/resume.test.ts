import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { downstream } from '../../src/core/graph.ts';
import type { Snapshot, StepRecord } from '../../src/core/records.ts';
import { planResume } from '../../src/core/resume.ts';
import type { Found } from '../../src/core/resume.ts';
import { dag, diamonds, record, step } from '../support/dag.ts';
import { created, replay } from '../support/events.ts';

function snapshotOf(records: StepRecord[]): Snapshot {
  return { ...replay([created([])]), steps: records };
}

function plan(
  records: StepRecord[],
  steps = records.map((r) => step(r.number)),
  more: Partial<Parameters<typeof planResume>[0]> = {},
) {
  return planResume({
    dag: dag(steps.filter((s) => s.kind === 'step')),
    snapshot: snapshotOf(records),
    interrupted: false,
    from: null,
    update: null,
    found: new Map(),
    ...more,
  });
}

describe('resume: LANGUAGE.md §22.2', () => {
  test('a wait.duration goes on to its original end, also with on_interrupt: fail (R5)', () => {
    const wait = step(1, {
      action: { kind: 'wait.duration', duration: '1h', since: null },
      onInterrupt: 'fail',
    });
    const { decisions, run, unknown } = plan([record(wait, 'running')], [wait], {
      interrupted: true,
      found: new Map([[1, 'lost' as const]]),
    });
    expect(decisions).toEqual([
      { step: 1, label: 's1', verdict: 'run', why: 'waits until its original end' },
    ]);
    expect([run, unknown]).toEqual([[1], []]);
  });

  test.each([
    ['succeeded', {}, 'keep', 'succeeded'],
    ['skipped', {}, 'keep', 'skipped'],
    ['failed', { tolerated: true }, 'keep', 'failed, but continue_on allows it'],
    ['failed', {}, 'run', 'failed'],
    ['aborted', { message: 'upstream failed: a' }, 'run', 'upstream failed: a'],
    ['retrying', {}, 'run', 'was waiting for its next try'],
    ['pending', {}, 'run', 'not started'],
  ] as const)('%s %o: %s', (state, more, verdict, why) => {
    expect(plan([record(step(1), state, more)]).decisions).toEqual([{ step: 1, label: 's1', verdict, why }]);
  });

  test.each([
    ['alive', 'rerun', 'attach'],
    ['exited', 'fail', 'attach'],
    ['never_started', 'fail', 'run'],
    ['lost', 'rerun', 'run'],
    ['lost', 'fail', 'keep'],
  ] as const)('R5: running, %s, on_interrupt: %s → %s', (found, onInterrupt, verdict) => {
    const one = step(1, { onInterrupt });
    const result = plan([record(one, 'running')], [one], { found: new Map<number, Found>([[1, found]]) });
    expect(result.decisions[0]?.verdict).toBe(verdict);
    expect(result.unknown).toEqual(verdict === 'keep' ? [1] : []);
  });

  test('--from runs the step and everything downstream, whatever its state (§22.4)', () => {
    const steps = [step(1), step(2, { depends: [1] }), step(3, { depends: [2] }), step(4)];
    const records = steps.map((s) => record(s, 'succeeded'));
    expect(plan(records, steps, { from: 2 }).run).toEqual([2, 3]);
  });

  test('§14: init is kept only when the attempt was interrupted after it had succeeded; other handlers run again', () => {
    const init = record(step(1, { kind: 'init', label: 'onInit' }), 'succeeded');
    const exit = record(step(2, { kind: 'exit', label: 'onExit' }), 'succeeded');
    expect(plan([init, exit], [], { interrupted: true }).run).toEqual([2]);
    expect(plan([init, exit], [], { interrupted: false }).run).toEqual([1, 2]);
  });

  test('R3: in a plain resume nothing that is kept lies downstream of what runs; resuming is idempotent', () => {
    const kinds = ['succeeded', 'failed', 'aborted', 'pending'] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds), { minLength: 13, maxLength: 13 }), (states) => {
        const steps = diamonds(4);
        // A consistent run: what lies downstream of a step that did not succeed did not run.
        const bad = downstream(
          steps,
          steps.filter((_s, i) => states[i] !== 'succeeded').map((s) => s.number),
        );
        const records = steps.map((s, i) =>
          record(s, states[i] !== 'succeeded' ? states[i] : bad.has(s.number) ? 'aborted' : 'succeeded'),
        );
        const first = plan(records, steps);
        const runs = new Set(first.run);
        expect(downstream(steps, runs)).toEqual(runs);
        const again = records.map((r) => (runs.has(r.number) ? { ...r, state: 'pending' as const } : r));
        expect(plan(again, steps).run).toEqual(first.run);
      }),
    );
  });

  test('G10: --from at the top of 60 diamonds is linear', () => {
    const steps = diamonds(60);
    const records = steps.map((s) => record(s, 'succeeded'));
    expect(plan(records, steps, { from: 1 }).run).toHaveLength(181);
  });
});
