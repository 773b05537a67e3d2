import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../../src/core/outcome.ts';
import type { Verdicts } from '../../src/core/outcome.ts';
import type { StepRecord } from '../../src/core/records.ts';
import { record, step } from '../support/dag.ts';

const s = (state: StepRecord['state'], tolerated = false): StepRecord =>
  record(step(1), state, { tolerated });

/** LANGUAGE.md §15.3: the first rule that applies. */
const rows: [string, StepRecord[], Partial<Verdicts>, string, string | null][] = [
  ['1 a run error', [s('succeeded')], { runError: 'R605' }, 'failed', 'R605'],
  ['1 before a stop', [s('aborted')], { runError: 'R401', stopped: 'sigint' }, 'failed', 'R401'],
  ['time limit of the run', [s('aborted')], { stopped: 'run_timed_out' }, 'failed', 'run_timed_out'],
  ['2 stopped', [s('succeeded'), s('aborted')], { stopped: 'sigint' }, 'aborted', 'sigint'],
  [
    '2 stopped, and a step had failed',
    [s('failed'), s('aborted')],
    { stopped: 'sigterm' },
    'aborted',
    'sigterm',
  ],
  [
    '2 stopped when all had succeeded',
    [s('succeeded'), s('skipped')],
    { stopped: 'sigint' },
    'succeeded',
    null,
  ],
  ['4 a failure', [s('succeeded'), s('failed'), s('aborted')], {}, 'failed', null],
  ['4 aborted without a failure', [s('succeeded'), s('aborted')], {}, 'aborted', null],
  ['5 an allowed failure', [s('succeeded'), s('failed', true)], {}, 'partially_succeeded', null],
  ['5 nothing but allowed failures', [s('failed', true), s('skipped')], {}, 'failed', null],
  ['6 mark_success', [s('succeeded', true)], {}, 'succeeded', null],
  ['6 skipped', [s('skipped'), s('succeeded')], {}, 'succeeded', null],
];

describe('outcome: LANGUAGE.md §15.3', () => {
  test.each(rows)('%s', (_name, steps, verdicts, state, reason) => {
    expect(outcomeOf(steps, { runError: null, stopped: null, ...verdicts })).toEqual({ state, reason });
  });
});
