import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/core/dag.ts';
import { Plan } from '../../src/core/plan.ts';
import type { Settled } from '../../src/core/plan.ts';
import type { StepRecord } from '../../src/core/records.ts';
import { diamonds, record, step } from '../support/dag.ts';

/** Records what the plan settles, as the engine does, and lists it. */
function settle(plan: Plan, records: StepRecord[], settled: Settled[]): string[] {
  const queue = [...settled];
  for (const { step: number, state, reason } of queue) {
    Object.assign(records[number - 1]!, { state, reason });
    queue.push(...plan.ended(number));
  }
  return queue.map(({ step: number, state, reason }) => `${number} ${state} ${reason}`);
}

function end(plan: Plan, records: StepRecord[], number: number, changes: Partial<StepRecord>): string[] {
  Object.assign(records[number - 1]!, changes);
  return settle(plan, records, plan.ended(number));
}

function start(steps: Step[], selected: Set<number> | null = null) {
  const records = steps.map((s) => record(s));
  const plan = new Plan(steps, records);
  const settled = settle(plan, records, plan.begin(selected));
  return { plan, records, settled };
}

const chain = [step(1), step(2, { depends: [1] }), step(3, { depends: [2] })];

describe('plan: LANGUAGE.md §13.1', () => {
  test('a step is ready when all it depends on succeeded; ready steps come in file order', () => {
    const { plan, records } = start([step(1), step(2), step(3, { depends: [1, 2] })]);
    expect([plan.take(), plan.take(), plan.take()]).toEqual([1, 2, null]);
    end(plan, records, 2, { state: 'succeeded' });
    expect(plan.take()).toBeNull();
    end(plan, records, 1, { state: 'succeeded' });
    expect(plan.take()).toBe(3);
  });

  test('what is ready and was not taken waits for a place, and is announced once (step.ready)', () => {
    const { plan, records } = start([step(1), step(2), step(3), step(4, { depends: [1] })]);
    expect(plan.take()).toBe(1);
    expect([plan.newlyWaiting(), plan.newlyWaiting()]).toEqual([[2, 3], []]);
    end(plan, records, 1, { state: 'succeeded' });
    expect(plan.newlyWaiting()).toEqual([4]);
  });

  test('a failure aborts what depends on it, directly or not, and nothing else', () => {
    const { plan, records } = start([...chain, step(4)]);
    expect(end(plan, records, 1, { state: 'failed' })).toEqual([
      '2 aborted upstream_failed',
      '3 aborted upstream_aborted',
    ]);
    expect([plan.take(), plan.take()]).toEqual([4, null]);
  });

  test('an allowed failure holds up nobody', () => {
    const { plan, records } = start(chain);
    expect(plan.take()).toBe(1);
    expect(end(plan, records, 1, { state: 'failed', tolerated: true })).toEqual([]);
    expect(plan.take()).toBe(2);
  });

  test('failed counts before aborted, aborted before skipped, and only when all have ended', () => {
    const steps = [step(1), step(2), step(3), step(4, { depends: [1, 2, 3] })];
    const { plan, records } = start(steps);
    expect(end(plan, records, 1, { state: 'skipped' })).toEqual([]);
    expect(end(plan, records, 2, { state: 'aborted' })).toEqual([]);
    expect(end(plan, records, 3, { state: 'failed' })).toEqual(['4 aborted upstream_failed']);
  });

  test('skipped passes on, unless continue_on.skipped stands on the skipped step', () => {
    const { plan, records } = start(chain);
    expect(end(plan, records, 1, { state: 'skipped' })).toEqual([
      '2 skipped upstream_skipped',
      '3 skipped upstream_skipped',
    ]);
    const lenient = { failure: false, skipped: true, exitCodes: [], output: [], markSuccess: false };
    const other = start([step(1, { continueOn: lenient }), step(2, { depends: [1] })]);
    end(other.plan, other.records, 1, { state: 'skipped' });
    expect(other.plan.take()).toBe(2);
  });

  test('steps that are not selected are skipped and hold up nobody (CLI.md §3)', () => {
    const { plan, settled } = start(chain, new Set([3]));
    expect(settled).toEqual(['1 skipped not_selected', '2 skipped not_selected']);
    expect(plan.take()).toBe(3);
  });

  test('kept results count from the beginning (resume)', () => {
    const records = [record(chain[0]!, 'succeeded'), record(chain[1]!), record(chain[2]!)];
    const plan = new Plan(chain, records);
    expect(plan.begin(null)).toEqual([]);
    expect([plan.take(), plan.take()]).toEqual([2, null]);
  });

  test('G10: 60 diamonds and a fan-in of 10,000 end', () => {
    for (const steps of [
      diamonds(60),
      [
        ...Array.from({ length: 10_000 }, (_, i) => step(i + 1)),
        step(10_001, { depends: Array.from({ length: 10_000 }, (_, i) => i + 1) }),
      ],
    ]) {
      const { plan, records } = start(steps);
      let ran = 0;
      for (let next = plan.take(); next !== null; next = plan.take(), ran++) {
        end(plan, records, next, { state: 'succeeded' });
      }
      expect(ran).toBe(steps.length);
    }
  });

  test('random graphs and ends: nothing starts before its dependencies have ended, and every step ends', () => {
    const input = fc.array(
      fc.record({ depends: fc.array(fc.nat(), { maxLength: 3 }), fails: fc.boolean(), pick: fc.nat() }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(input, (rows) => {
        const steps = rows.map((row, i) =>
          step(i + 1, { depends: i === 0 ? [] : [...new Set(row.depends.map((n) => (n % i) + 1))] }),
        );
        const { plan, records } = start(steps);
        const running: number[] = [];
        for (;;) {
          for (let next = plan.take(); next !== null; next = plan.take()) {
            for (const d of steps[next - 1]!.depends) expect(records[d - 1]!.state).toBe('succeeded');
            running.push(next);
          }
          if (running.length === 0) break;
          const [ended] = running.splice(rows[running[0]! - 1]!.pick % running.length, 1);
          end(plan, records, ended!, { state: rows[ended! - 1]!.fails ? 'failed' : 'succeeded' });
        }
        expect(records.every((r) => r.state !== 'pending')).toBe(true);
      }),
    );
  });
});
