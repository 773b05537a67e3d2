import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import type { JournalEvent, RunEvent } from '../../src/core/events.ts';
import { eventJson } from '../../src/report/event-json.ts';
import { eventSchema } from '../../src/report/event-schema.ts';
import { place } from '../support/flow.ts';

const schema = eventSchema();
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
/** Readers ignore keys they do not know; the tests do not: what flow prints must be described. */
const closed = (one: object): object => ({ ...one, additionalProperties: false });
const byType = new Map(
  (schema['oneOf'] as { title: string }[]).map((one) => [one.title, ajv.compile(closed(one))]),
);
const accepts = ajv.compile(schema);

/** What is wrong with the events, and which types they had. */
function judged(lines: readonly string[]): { wrong: unknown[]; types: Set<string> } {
  const types = new Set<string>();
  const wrong = lines.flatMap((line) => {
    const event = JSON.parse(line) as { type: string };
    types.add(event.type);
    const check = byType.get(event.type);
    if (check?.(event) === true && accepts(event)) return [];
    return [{ event, errors: check?.errors ?? 'no such type' }];
  });
  return { wrong, types };
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('{"v":'));
}

const DAG = `
max_active_steps: 4
params: [{name: who, default: you}]
labels: {team: data, nightly: ''}
handler_on:
  init: {run: echo init}
  failure: {run: echo failure}
  exit: {run: echo exit}
steps:
  - id: flaky
    run: 'test "$FLOW_TRY" -ge 2'
    retry_policy: {limit: 1, interval_sec: 0.01}
  - {id: bytes, run: "printf '\\\\377'", output: BYTES}
  - {id: allowed, run: exit 3, continue_on: failed}
  - id: made
    run: echo 'n={"a":1}' >> "$FLOW_OUTPUT_FILE"
    outputs: [{name: n, type: json}]
  - {id: late, action: exec, with: {command: sleep, args: [5]}, timeout_sec: 0.1, continue_on: failed}
  - {id: broken, run: test -e fixed, depends: [flaky, made]}
  - {id: last, run: echo last, depends: broken}
`;

const OTHERS = `
steps:
  - {id: all, foreach: {items: [a, b], steps: [{id: one, run: 'true'}]}}
  - {id: ask, depends: all, action: human.task, with: {prompt: well?, form: {properties: {why: {type: string}}}}}
`;

const owner = { host: 'h', boot: 'b', pid: 7, start: '1', lock: 'l' };
const TICK = {
  ...({ at: 0, dag: 'etl', kind: 'start', scheduledAt: 5, reason: null, message: null } as const),
  ...{ count: 1, firstAt: 0 },
};
/** Events that the run below does not have. */
const RARE: readonly RunEvent[] = [
  { at: 0, type: 'run.stop_requested', force: true },
  { at: 0, type: 'run.aborting', attempt: 1, reason: 'sigint', owner, token: 1 },
  { at: 0, type: 'step.adopted', step: 1, attempt: 2, try: 1, pid: null },
  { at: 0, type: 'step.lost', step: 1, attempt: 2, try: 1, verdict: 'unknown' },
  { at: 0, type: 'run.params_evaluated', attempt: 1, params: [] },
  { at: 0, type: 'run.preconditions_met', attempt: 1 },
  { at: 0, type: 'run.dotenv_read', attempt: 1, hash: 'h' },
  { at: 0, type: 'run.left', attempt: 1 },
  {
    ...{ at: 0, type: 'step.repeating', step: 1, attempt: 1, try: 1, state: 'succeeded', repetitions: 1 },
    ...{ dueAt: 5, reason: null, message: null, exitCode: 0, signal: null, durationMs: 1 },
  },
  { at: 0, type: 'run.queued', attempt: 1, dueAt: 5, retries: 1 },
  { ...TICK, type: 'tick.started' },
  { ...TICK, type: 'tick.skipped', reason: 'overlap' },
  { ...TICK, type: 'tick.missed', reason: 'invalid_file', message: 'E201', count: 3 },
  { at: 0, type: 'log.warning', code: 'W405', message: 'text', step: null },
];

describe('the schema of events (CLI.md §4, flow schema events)', () => {
  test('it is draft-07, and every key has a description', () => {
    expect(ajv.validateSchema(schema)).toBe(true);
    for (const one of schema['oneOf'] as { properties: Record<string, { description?: string }> }[]) {
      for (const property of Object.values(one.properties)) expect(property.description).toBeTruthy();
    }
  });

  test('it refuses what is no event', () => {
    expect(accepts({ v: 1, type: 'step.ready' })).toBe(false);
    expect(accepts({ v: 2, seq: 1, at: 'x', run: 'r', type: 'step.ready', step: 'a' })).toBe(false);
  });

  test('live and recorded events of retries, handlers, items, questions, --only and a resume fit it', async () => {
    const at = place();
    at.write('dag.yaml', DAG);
    const first = await at.flow(['run', 'dag.yaml', '--json', '--events', 'events.jsonl', '--run-id', 'r-1']);
    expect(first.code).toBe(1);
    at.write('fixed', '');
    const second = await at.flow(['resume', '--json']);
    expect(second.code).toBe(0);
    const some = await at.flow(['run', 'dag.yaml', '--json', '--only', 'made']);
    const rerun = await at.flow(['rerun', 'r-1', '--from', 'last', '--json']);
    const journal = await at.flow(['events', 'r-1', '--json']);
    at.write('others.yaml', OTHERS);
    const waiting = await at.flow(['run', 'others.yaml', '--json', '--run-id', 'r-2']);
    expect(waiting.code).toBe(3);
    const answered = await at.flow(['complete', 'r-2', 'ask', '--input', 'why=x', '--resume', '--json']);
    expect(answered.code).toBe(0);
    const all = [
      ...[waiting.stdout, answered.stdout],
      first.stdout,
      at.read('events.jsonl'),
      second.stdout,
      some.stdout,
      rerun.stdout,
      journal.stdout,
    ];
    const { wrong, types } = judged(all.flatMap(lines));
    expect(wrong).toEqual([]);
    const rare = RARE.map((event): string => event.type);
    expect([...types, ...rare].sort()).toEqual([...byType.keys()].sort());
  });

  test('so do the events that an interrupted or stopped run has', () => {
    const entries = RARE.map((event, i): JournalEvent => ({ seq: i + 1, run: 'r', event }));
    const found = entries.map((entry) =>
      JSON.stringify(eventJson(entry, (step) => ({ step: `s${step}`, item: null }))),
    );
    expect(judged(found).wrong).toEqual([]);
  });

  test('events in the golden sessions fit it', () => {
    const sessions = readdirSync('test/golden').map((name) =>
      readFileSync(join('test/golden', name, 'session.txt'), 'utf8'),
    );
    const real = sessions
      .flatMap(lines)
      .map((line) => line.replaceAll('<t>', '1').replace('<host>', '"h"').replace('<pid>', '1'));
    expect(real.length).toBeGreaterThan(5);
    expect(judged(real).wrong).toEqual([]);
  });
});
