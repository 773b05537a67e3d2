import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/core/events.ts';
import { PlainReporter } from '../../src/report/plain.ts';
import { plainPaint } from '../../src/term/color.ts';
import { dag, step } from '../support/dag.ts';
import { created, OWNER, replay, started, stepFinished, stepStarted } from '../support/events.ts';
import { collectors } from './collect.ts';

const DAG = dag(
  [
    step(1, { id: 'build', label: 'build', timeoutSec: 300 }),
    step(2, {
      id: 'deploy-all',
      label: 'deploy-all',
      depends: [1],
      retry: {
        limit: 2,
        intervalSec: 2,
        backoff: 1,
        maxIntervalSec: null,
        exitCodes: null,
        jitter: false,
        onTimeout: false,
      },
    }),
  ],
  { name: 'etl' },
);
const CREATED = created(['build', 'deploy-all'], { dag: 'etl', id: '01a2072c-3089-75e2-9448-5d83f8c0e8ab' });

function watch(options: { quiet?: boolean; verbose?: boolean; isTerminal?: boolean } = {}) {
  const { quiet = false, verbose = false, isTerminal = false } = options;
  const sinks = collectors(isTerminal);
  const paints = { paintOut: plainPaint, paintErr: plainPaint };
  const reporter = new PlainReporter({ ...sinks, ...paints, dag: DAG, quiet, verbose });
  const seen: RunEvent[] = [CREATED];
  return {
    ...sinks,
    event(event: RunEvent): void {
      seen.push(event);
      reporter.event({ seq: seen.length, run: CREATED.id, event }, replay(seen));
    },
    output(number: number, text: string | Uint8Array, stream: 'stdout' | 'stderr' = 'stdout'): void {
      const label = DAG.steps[number - 1]!.label;
      const bytes = Buffer.from(text as string);
      reporter.output({
        run: CREATED.id,
        step: number,
        label,
        item: null,
        attempt: 1,
        try: 1,
        stream,
        bytes,
      });
    },
    finish: () => reporter.finish(replay(seen)),
  };
}

const finished = (state: 'succeeded' | 'failed' | 'partially_succeeded'): RunEvent => ({
  at: 2_000,
  type: 'run.finished',
  dueAt: null,
  attempt: 1,
  state,
  reason: null,
  durationMs: 3_250,
  outputs: {},
});

describe('plain output of a run (CLI.md §5)', () => {
  test('one prefixed line per event and per line of output, in order', () => {
    const w = watch();
    w.event(started());
    w.event(stepStarted(1, 1));
    w.output(1, 'compiling\nli');
    w.output(1, 'nking\n');
    w.event(stepFinished(1, 1, 'succeeded', { durationMs: 1_250 }));
    w.event(stepStarted(2, 1));
    w.event(stepFinished(2, 1, 'succeeded', { durationMs: 9 }));
    w.event(finished('succeeded'));
    w.finish();
    expect(w.all()).toBe(
      [
        'etl        ▸ run f8c0e8ab',
        'build      ▸ started',
        'build      │ compiling',
        'build      │ linking',
        'build      ✓ succeeded  1.2s',
        'deploy-all ▸ started',
        'deploy-all ✓ succeeded  9ms',
        'etl        ✓ succeeded  3.2s  2 succeeded',
        '',
      ].join('\n'),
    );
  });

  test('a line that is not finished waits; streams and steps do not mix', () => {
    const w = watch();
    w.output(1, 'out ');
    w.output(1, 'err ', 'stderr');
    w.output(2, 'two\n');
    w.output(1, 'done\n');
    expect(w.stdout()).toBe('deploy-all │ two\nbuild      │ out done\n');
    w.event(stepStarted(1, 1));
    w.event(stepFinished(1, 1, 'succeeded'));
    expect(w.stdout()).toBe('deploy-all │ two\nbuild      │ out done\nbuild      │ err \n');
  });

  test('a failure ends with its exit code, tries, last lines, and the command to go on', () => {
    const w = watch();
    w.event(started());
    w.event(stepStarted(2, 1));
    w.output(2, 'first try\n');
    const failed = { step: 2, attempt: 1, exitCode: 3, signal: null, reason: null, message: null };
    w.event({ at: 1_010, type: 'step.retrying', ...failed, try: 1, durationMs: 5, dueAt: 3_010 });
    w.event(stepStarted(2, 2));
    w.output(2, Array.from({ length: 25 }, (_, i) => `line ${i + 1}\n`).join(''));
    w.event(stepFinished(2, 2, 'failed', { durationMs: 400 }));
    w.event({
      at: 1_020,
      type: 'step.aborted',
      ...failed,
      step: 1,
      exitCode: null,
      try: null,
      durationMs: 0,
      reason: 'on_failure',
    });
    w.event(finished('failed'));
    w.finish();
    const summary = w.all().split('\n').slice(-28);
    expect(summary).toEqual([
      'deploy-all ✗ failed: exit code 3, try 2 of 3  400ms',
      'build      ■ aborted: another step failed (--on-failure)',
      'etl        ✗ failed  3.2s  1 failed, 1 aborted',
      '',
      'deploy-all failed: exit code 3, try 2 of 3',
      ...Array.from({ length: 20 }, (_, i) => `  │ line ${i + 6}`),
      '',
      'go on with  flow resume f8c0e8ab',
      '',
    ]);
    expect(w.all()).toContain('deploy-all ↻ retrying: exit code 3, again in 2.0s\n');
  });

  test.each([
    [{ exitCode: 137, signal: 'SIGKILL' }, 'killed by SIGKILL (out of memory?)'],
    [{ exitCode: 124, reason: 'timed_out', message: 'timed out after 300s' }, 'timed out after 5m00s'],
    [
      { reason: 'R306', message: 'working directory does not exist: /x' },
      'working directory does not exist: /x',
    ],
    [{ tolerated: true }, 'exit code 3, allowed by continue_on'],
  ])('%j is told as %j (B1, §13.6)', (more, words) => {
    const w = watch();
    w.event(stepStarted(1, 1));
    w.event(stepFinished(1, 1, 'failed', more));
    expect(w.all()).toContain(`build      ✗ failed: ${words}  1ms\n`);
  });

  test('warnings are shown, also when quiet; events are not', () => {
    const w = watch({ quiet: true });
    w.event(started());
    w.event({ at: 1, type: 'log.warning', code: 'W402', message: 'env.A: no value', step: null });
    w.output(1, 'data\n');
    expect(w.all()).toBe('etl        warning[W402] env.A: no value\nbuild      │ data\n');
  });

  test('verbose tells whole run ids and ready steps', () => {
    const w = watch({ verbose: true });
    w.event(started());
    w.event({ at: 1, type: 'step.ready', step: 1 });
    expect(w.all()).toBe(`etl        ▸ run ${CREATED.id}\nbuild      · ready\n`);
  });

  test('a resumed run names what it does; a dead owner is told of (§22.2)', () => {
    const w = watch();
    w.event(started());
    w.event(stepStarted(1, 1));
    w.event({ at: 5, type: 'step.adopted', step: 1, attempt: 2, try: 1, pid: 4711 });
    const owner = { owner: OWNER, token: 2, attempt: 2 };
    w.event({
      at: 5,
      type: 'run.resumed',
      ...owner,
      run: [2],
      attached: [1],
      from: null,
      anew: [],
      updated: null,
    });
    expect(w.all().split('\n').slice(2)).toEqual([
      'build      ▸ still running (pid 4711): flow waits for it',
      'etl        ▸ run f8c0e8ab resumed: 1 step to run, 1 to take over',
      '',
    ]);
  });

  test('bytes pass as they are, except on a terminal (F6, F7)', () => {
    const w = watch();
    w.output(1, Buffer.from([0xff, 0x1b, 0x5b, 0x32, 0x4a, 0x0a]));
    const terminal = watch({ isTerminal: true });
    terminal.output(1, '\x1b[2Jcleared\r\n');
    expect(w.stdout()).toBe('build      │ \ufffd\x1b[2J\n');
    expect(terminal.stdout()).toBe('build      │ cleared\n');
  });
});
