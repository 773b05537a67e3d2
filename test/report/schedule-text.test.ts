import { describe, expect, test } from 'vitest';
import { scheduleTicks } from '../../src/core/schedule.ts';
import { scheduleJson, scheduleLines, type DagTick } from '../../src/report/schedule-text.ts';
import { plainPaint } from '../../src/term/color.ts';
import { dagOf } from '../support/diagnose.ts';

function ticksOf(text: string, from: string, count: number): DagTick[] {
  const dag = dagOf(`name: nightly\n${text}\nsteps: [{run: echo hi}]`);
  const found: DagTick[] = [];
  for (const tick of scheduleTicks(dag.schedule ?? [], 'Asia/Kolkata', Date.parse(from))) {
    if (found.push({ dag, tick }) === count) break;
  }
  return found;
}

const lines = (text: string, from: string, count: number): string[] =>
  scheduleLines(ticksOf(text, from, count), plainPaint);

describe('the table of flow schedule (CLI.md §3)', () => {
  test('local time with its day, zone, UTC, kind, expression and policy', () => {
    const text =
      'schedule: {start: "0 6 * * *", restart: "0 12 * * *", stop: "0 18 * * *"}\n' +
      'overlap_policy: all\ncatchup_window: 90m\njitter_sec: 30\nskip_if_successful: true\nrestart_wait_sec: 2.5';
    expect(lines(text, '2026-05-01T00:00:00Z', 3)).toEqual([
      'LOCAL TIME            ZONE          UTC                DAG      KIND     SCHEDULE    POLICY',
      'Fri 2026-05-01 06:00  Asia/Kolkata  2026-05-01 00:30Z  nightly  start    0 6 * * *   all, skip if successful, catch up 1h30m, jitter 30s',
      'Fri 2026-05-01 12:00  Asia/Kolkata  2026-05-01 06:30Z  nightly  restart  0 12 * * *  wait 2.5s, jitter 30s',
      'Fri 2026-05-01 18:00  Asia/Kolkata  2026-05-01 12:30Z  nightly  stop     0 18 * * *',
    ]);
  });

  test('seconds where there are some', () => {
    expect(lines('schedule: "30 0 0 1 1 *"', '2026-05-01T00:00:00Z', 1)[1]).toMatch(
      /^Fri 2027-01-01 00:00:30 {2}Asia\/Kolkata {2}2026-12-31 18:30:30Z/,
    );
  });

  test('what clock changes do is marked (§20.4)', () => {
    const spring = lines('schedule: "TZ=America/New_York 30 2 * * *"', '2026-03-08T00:00:00Z', 2);
    expect(spring[1]).toMatch(/^Sun 2026-03-08 03:00 .* moved by the clock change$/);
    expect(spring[2]).toMatch(/^Mon 2026-03-09 02:30 .* skip$/);
    const autumn = lines('schedule: "TZ=America/New_York 30 1 * * *"', '2026-11-01T00:00:00Z', 2);
    expect(autumn[1]).toMatch(/^Sun 2026-11-01 01:30 .* first of two occurrences$/);
    expect(autumn[2]).toMatch(/^Mon 2026-11-02 01:30 .* skip$/);
    const wild = lines('schedule: "TZ=America/New_York 0 * * * *"', '2026-11-01T05:00:00Z', 2);
    expect(wild[1]).toMatch(/^Sun 2026-11-01 01:00 .* second occurrence$/);
    expect(wild[2]).toMatch(/^Sun 2026-11-01 02:00 .* skip$/);
    // The end of the gap is one of its own times: nothing was moved.
    const both = lines('schedule: "TZ=America/New_York 0 2,3 * * *"', '2026-03-08T00:00:00Z', 1);
    expect(both[1]).toMatch(/^Sun 2026-03-08 03:00 .* skip$/);
  });

  test('as JSON (CLI.md §8)', () => {
    const [first, second] = ticksOf(
      'schedule: {start: {at: "2026-05-01T00:30:00Z"}, stop: "TZ=America/St_Johns 0 18 * * *"}\njitter_sec: 5',
      '2026-05-01T00:00:00Z',
      2,
    );
    expect(scheduleJson([first!, second!])).toEqual({
      ticks: [
        {
          ...{ dag: 'nightly', kind: 'start', scheduled_at: '2026-05-01T00:30:00.000Z' },
          ...{ local: '2026-05-01T06:00:00+05:30', zone: 'Asia/Kolkata', expression: null, policy: 'skip' },
          ...{ skip_if_successful: false, catchup_window_ms: null, jitter_sec: 5, clock_change: null },
        },
        {
          ...{ dag: 'nightly', kind: 'stop', scheduled_at: '2026-05-01T20:30:00.000Z' },
          ...{ local: '2026-05-01T18:00:00-02:30', zone: 'America/St_Johns', expression: '0 18 * * *' },
          ...{ policy: null, skip_if_successful: false, catchup_window_ms: null, jitter_sec: 0 },
          clock_change: null,
        },
      ],
    });
  });
});
