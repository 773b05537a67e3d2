import type { TickRecord } from '../../src/core/records.ts';
import { describe, expect, test } from 'vitest';
import { historyLines } from '../../src/report/history-text.ts';
import { dryRunLines, resumePlanLines } from '../../src/report/plan-text.ts';
import { statusLines } from '../../src/report/status-text.ts';
import { ago, localTime } from '../../src/report/times.ts';
import { plainPaint } from '../../src/term/color.ts';
import { dag, step } from '../support/dag.ts';
import { created, replay, started, stepFinished, stepStarted } from '../support/events.ts';

describe('plans', () => {
  test('a resume: keep, attach, run, and why (§22.1)', () => {
    const decisions = [
      { step: 1, label: 'extract', verdict: 'keep', why: 'succeeded' },
      { step: 2, label: 'lookup', verdict: 'attach', why: 'still running' },
      { step: 3, label: 'load', verdict: 'run', why: 'failed' },
    ] as const;
    expect(resumePlanLines(decisions, plainPaint)).toEqual([
      '  keep    extract  succeeded',
      '  attach  lookup   still running',
      '  run     load     failed',
    ]);
  });

  test('a dry run: commands with what is known before the run', () => {
    const steps = [
      step(1, {
        label: 'a',
        action: { kind: 'run', form: 'command', text: 'get ${params.day}', shell: null },
      }),
      step(2, {
        label: 'b',
        depends: [1],
        action: { kind: 'run', form: 'script', text: '# hi\n\nuse ${steps.a.outputs.x}\nend\n', shell: null },
      }),
      step(3, {
        label: 'c',
        action: { kind: 'run', form: 'commands', texts: ['x', 'y ${consts.k}'], shell: null },
      }),
      step(4, { label: 'd', action: { kind: 'exec', command: 'tar', args: ['-x', '${params.day}'] } }),
    ];
    const consts = new Map([['k', 'v']]);
    const params = [{ name: 'day', value: 'mon', type: 'string' }] as const;
    expect(dryRunLines({ dag: dag(steps, { consts }), params, selected: [1, 2, 3] }, plainPaint)).toEqual([
      'test',
      '  1  a  get mon',
      '  1  c  x ; y v',
      '  1  d  skipped: not selected',
      '  2  b  use ${steps.a.outputs.x} …',
    ]);
  });
});

describe('flow status', () => {
  test('a run that failed: states, tries, times, why, and how to go on', () => {
    const at = 1_700_000_000_000;
    const snapshot = replay([
      created(['extract', 'load'], {
        dag: 'etl',
        at,
        params: [{ name: 'day', value: "it's mon", type: 'string' }],
      }),
      { ...started(), at },
      { ...stepStarted(1, 1), at },
      { ...stepFinished(1, 1, 'failed', { exitCode: 3, tolerated: true }), at: at + 1_500 },
      { at: at + 1_500, type: 'step.skipped', try: null, step: 2, reason: 'upstream_skipped' },
      {
        at: at + 2_000,
        type: 'run.finished',
        dueAt: null,
        attempt: 1,
        state: 'failed',
        reason: null,
        durationMs: 2_000,
        outputs: {},
      },
    ]);
    expect(
      statusLines({
        snapshot,
        state: 'failed',
        children: [],
        asking: [],
        now: at + 65_000,
        paint: plainPaint,
      }),
    ).toEqual([
      'etl  ✗ failed',
      '',
      '  run      run-1',
      `  started  ${localTime(at)}  1m ago`,
      '  took     2.0s',
      `  params   day="it's mon"`,
      '',
      '  ✗  extract  failed   1.5s  exit code 3, allowed by continue_on',
      '  –  load     skipped        upstream skipped',
      '',
      'go on with  flow resume run-1',
    ]);
  });

  test('an interrupted run says so', () => {
    const snapshot = replay([created(['a']), started()]);
    const lines = statusLines({
      snapshot,
      state: 'interrupted',
      children: [],
      asking: [],
      now: 5_000,
      paint: plainPaint,
    });
    expect(lines[0]).toBe('test  ! interrupted');
    expect(lines.at(-1)).toBe('its flow process is gone; go on with  flow resume run-1');
  });
});

describe('flow history', () => {
  test('one aligned line per run', () => {
    const { run } = replay([created(['a'], { at: 0 }), { ...started(), at: 1_000 }]);
    const done = { ...run, id: 'x'.repeat(8), dag: 'nightly', finishedAt: 5_000 };
    const shown = [
      { run, state: 'interrupted' },
      { run: done, state: 'partially_succeeded' },
    ] as const;
    expect(historyLines(shown, [], 3_601_000, plainPaint)).toEqual([
      'RUN       DAG      STATE                  STARTED                      TOOK  TRIGGER',
      `run-1     test     ! interrupted          ${localTime(1_000)}  1h ago        manual`,
      `xxxxxxxx  nightly  ! partially succeeded  ${localTime(1_000)}  1h ago  4.0s  manual`,
    ]);
  });

  test('ticks that became no run stand among the runs, those that follow each other in one line', () => {
    const { run } = replay([created(['a'], { at: 0 }), { ...started(), at: 1_000 }]);
    const tick = (dag: string, scheduledAt: number, reason: string): TickRecord => ({
      ...{ dag, kind: 'start', scheduledAt, outcome: reason === 'overlap' ? 'skipped' : 'missed', reason },
      ...{ message: null, run: null, decidedAt: scheduledAt, count: 1, firstAt: scheduledAt },
    });
    const ticks = [
      tick('etl', 4_000, 'overlap'),
      { ...tick('new', 3_000, 'invalid_file'), message: 'E201: steps is required' },
      tick('etl', 3_000, 'overlap'),
      { ...tick('etl', 500, 'no_daemon'), count: 9 },
    ];
    expect(historyLines([{ run, state: 'running' }], ticks, 5_000, plainPaint).slice(1)).toEqual([
      `–      etl   – skipped  ${localTime(4_000)}  1s ago        2 ticks: another run was not done`,
      `–      new   ! missed   ${localTime(3_000)}  2s ago        tick: E201: steps is required`,
      `run-1  test  ▸ running  ${localTime(1_000)}  4s ago  4.0s  manual`,
      `–      etl   ! missed   ${localTime(500)}  4s ago        9 ticks: no daemon ran`,
    ]);
  });

  test('relative times', () => {
    const words = [0, 999, 1_000, 59_999, 60_000, 7_200_000, 200_000_000].map((past) => ago(0, past));
    expect(words).toEqual(['just now', 'just now', '1s ago', '59s ago', '1m ago', '2h ago', '2d ago']);
    expect(ago(10, 0)).toBe('just now');
  });
});
