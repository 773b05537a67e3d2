import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/core/events.ts';
import { eventJson } from '../../src/report/event-json.ts';
import { JsonReporter } from '../../src/report/json.ts';
import { historyJson, statusJson } from '../../src/report/run-json.ts';
import { manualClock } from '../support/manual-clock.ts';
import { created, replay, started, stepFinished, stepStarted } from '../support/events.ts';
import { collectors } from './collect.ts';

const EVENTS: RunEvent[] = [
  created(['a', 'b'], {
    params: [{ name: 'n', value: '3', type: 'integer' }],
    labels: { team: 'x', bare: '' },
  }),
  started(),
  stepStarted(1, 1),
  stepFinished(1, 1, 'succeeded', {
    outputs: { text: { type: 'string', text: '1' }, data: { type: 'json', text: '{"k":[1]}' } },
  }),
];
const label = (step: number) => ({ step: 'ab'[step - 1] ?? '', item: null });

describe('events as JSON (CLI.md §4)', () => {
  test('a finished step, whole', () => {
    expect(eventJson({ seq: 12, run: 'run-1', event: EVENTS[3]! }, label)).toEqual({
      v: 1,
      seq: 12,
      at: '1970-01-01T00:00:01.003Z',
      run: 'run-1',
      type: 'step.finished',
      step: 'a',
      attempt: 1,
      try: 1,
      state: 'succeeded',
      reason: null,
      message: null,
      exit_code: 0,
      signal: null,
      duration_ms: 1,
      allowed: false,
      outputs: { text: '1', data: { k: [1] } },
    });
  });

  test('a created run has typed params; labels that are bare are empty', () => {
    const json = eventJson({ seq: 1, run: 'run-1', event: EVENTS[0]! }, label);
    expect(json['params']).toEqual({ n: 3 });
    expect(json['labels']).toEqual({ team: 'x', bare: '' });
  });

  test('a user key is only a key', () => {
    const event = stepFinished(1, 1, 'succeeded', {
      outputs: JSON.parse('{"__proto__":{"type":"string","text":"x"}}') as Record<string, never>,
    });
    const line = JSON.stringify(eventJson({ seq: 1, run: 'run-1', event }, label));
    expect(line).toContain('"outputs":{"__proto__":"x"}');
  });
});

describe('the live stream', () => {
  test('output stands among the events, has no seq, and cuts no character; other bytes are base64 (F6)', () => {
    const { out, stdout } = collectors();
    const reporter = new JsonReporter(out, manualClock(0));
    const chunk = (bytes: number[]) =>
      reporter.output({
        run: 'run-1',
        step: 1,
        label: 'a',
        item: null,
        attempt: 1,
        try: 1,
        stream: 'stdout',
        bytes: Buffer.from(bytes),
      });
    chunk([0x68, 0xc3]);
    chunk([0xa9]);
    chunk([0xff]);
    chunk([0xe6, 0x97]);
    reporter.event({ seq: 4, run: 'run-1', event: EVENTS[3]! }, replay(EVENTS));
    const lines = stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ text, base64, type }) => text ?? base64 ?? type)).toEqual([
      'h',
      'é',
      '/w==',
      '5pc=',
      'step.finished',
    ]);
    expect(lines[0]).toEqual({
      v: 1,
      at: '1970-01-01T00:00:00.000Z',
      run: 'run-1',
      type: 'step.output',
      step: 'a',
      attempt: 1,
      try: 1,
      stream: 'stdout',
      text: 'h',
    });
  });
});

describe('JSON of reading commands (CLI.md §8)', () => {
  test('status, whole; the state is the one that is shown', () => {
    expect(statusJson(replay(EVENTS), 'interrupted', [])).toEqual({
      run: {
        id: 'run-1',
        dag: 'test',
        state: 'interrupted',
        trigger: 'manual',
        created_at: '1970-01-01T00:00:01.000Z',
        started_at: '1970-01-01T00:00:01.001Z',
        finished_at: null,
        duration_ms: null,
        labels: { team: 'x', bare: '' },
        reason: null,
        due_at: null,
        params: { n: 3 },
        outputs: {},
        attempts: [
          {
            n: 1,
            state: 'interrupted',
            started_at: '1970-01-01T00:00:01.001Z',
            finished_at: null,
            reason: null,
          },
        ],
      },
      steps: [
        {
          id: 'a',
          name: 'a',
          item: null,
          state: 'succeeded',
          reason: null,
          due_at: null,
          tries: [
            {
              n: 1,
              attempt: 1,
              state: 'succeeded',
              started_at: '1970-01-01T00:00:01.002Z',
              finished_at: '1970-01-01T00:00:01.003Z',
              exit_code: 0,
              signal: null,
            },
          ],
          outputs: { text: '1', data: { k: [1] } },
          children: [],
          started_at: '1970-01-01T00:00:01.002Z',
          finished_at: '1970-01-01T00:00:01.003Z',
        },
        {
          id: 'b',
          name: 'b',
          item: null,
          state: 'pending',
          reason: null,
          due_at: null,
          tries: [],
          outputs: {},
          children: [],
          started_at: null,
          finished_at: null,
        },
      ],
      tasks: [],
    });
  });

  test('history holds runs and ticks', () => {
    expect(historyJson([], [])).toEqual({ runs: [], ticks: [] });
    const tick = {
      ...({ dag: 'etl', kind: 'start', outcome: 'missed', reason: 'no_daemon', message: null } as const),
      ...{ scheduledAt: 60_000, run: null, decidedAt: 90_000, count: 1, firstAt: 60_000 },
    };
    const shown = {
      ...{ dag: 'etl', kind: 'start', outcome: 'missed', reason: 'no_daemon', message: null },
      scheduled_at: '1970-01-01T00:01:00.000Z',
    };
    const many = { ...tick, count: 7, firstAt: 0 };
    expect(historyJson([], [tick, many])).toEqual({
      runs: [],
      ticks: [shown, { ...shown, count: 7, first_at: '1970-01-01T00:00:00.000Z' }],
    });
  });
});
