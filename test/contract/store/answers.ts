import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import type { StepRecord, TaskAnswer, TaskRecord } from '../../../src/core/records.ts';
import { Answered, Fenced, StateChanged, type Append, type Store } from '../../../src/store/store.ts';
import { creation, runRecord, stepRecord, trapKeys } from '../../store/sample.ts';

import type { Bench } from './bench.ts';

const ASKED: TaskRecord = {
  ...{ step: 1, n: 1, kind: 'approval', prompt: 'go on?', askedAt: 7 },
  ...{ answer: null, inputs: {}, reason: null, answeredAt: null },
};
const NONE = { run: null, attempts: [], steps: [], tries: [], tasks: [] };

/** A run with one step in a state and its questions. */
async function asked(
  store: Store,
  state: StepRecord['state'] = 'waiting',
  tasks: readonly TaskRecord[] = [ASKED],
): Promise<void> {
  const base = creation(runRecord('r1'), [stepRecord(1, { state })]);
  await store.append({ ...base, changes: { ...base.changes, tasks } });
}

function answer(more: Partial<TaskRecord> & { answer?: TaskAnswer } = {}, token = 1): Append {
  const task = { ...ASKED, answer: 'approved' as const, inputs: { by: 'me' }, answeredAt: 9, ...more };
  const { step, n, inputs, reason } = task;
  const event: RunEvent = { at: 9, type: 'task.completed', step, n, answer: task.answer, inputs, reason };
  return { run: 'r1', token, events: [event], changes: { ...NONE, tasks: [task] }, answering: { step, n } };
}

/** The end of an attempt that waits. */
function waiting(): Append {
  const event: RunEvent = { at: 10, type: 'run.waiting', attempt: 1, durationMs: 1, outputs: {} };
  const run = runRecord('r1', { state: 'waiting', owner: null });
  return { run: 'r1', token: 1, events: [event], changes: { ...NONE, run } };
}

export function answersContract({ store }: Bench): void {
  describe('answers of people (RELIABILITY.md §3.1, T7)', () => {
    test('an answer is kept whole, whoever owns the run, and can be asked for alone', async () => {
      const made = await store();
      await asked(made);
      const inputs = trapKeys('x');
      await made.append(answer({ inputs }));
      const kept = { ...ASKED, answer: 'approved', inputs, answeredAt: 9 };
      expect(await made.tasks('r1')).toEqual([kept]);
      expect((await made.load('r1'))!.tasks).toEqual([kept]);
      expect((await made.load('r1'))!.steps[0]!.state).toBe('waiting');
    });

    test('of two answers, by two processes, one is recorded and the other told', async () => {
      const first = await store();
      const second = await store();
      await asked(first);
      const said = [answer(), answer({ answer: 'rejected', inputs: {}, reason: 'no' })];
      const results = await Promise.allSettled([first, second].map((each, i) => each.append(said[i]!)));
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const refused = results.find((result) => result.status === 'rejected');
      expect(refused?.reason).toBeInstanceOf(Answered);
      const events = await first.events({ run: 'r1', after: 0, limit: 0 });
      expect(events.filter(({ event }) => event.type === 'task.completed')).toHaveLength(1);
    });

    test('a question that is no longer asked takes no answer: the step ended, or asks anew', async () => {
      const made = await store();
      await asked(made, 'aborted');
      await expect(made.append(answer())).rejects.toThrow(Answered);
      const again = { ...ASKED, n: 2 };
      const steps = [stepRecord(1, { state: 'pending' })];
      await made.append({ run: 'r1', token: 1, events: [], changes: { ...NONE, steps } });
      const asks = { ...NONE, steps: [stepRecord(1, { state: 'waiting' })], tasks: [again] };
      await made.append({ run: 'r1', token: 1, events: [], changes: asks });
      await expect(made.append(answer())).rejects.toThrow(Answered);
      await made.append(answer({ n: 2 }));
      expect((await made.tasks('r1')).map((task) => task.answer)).toEqual([null, 'approved']);
    });

    test('a request is refused when the run is in another state than it expects, and leaves nothing behind', async () => {
      const made = await store();
      await asked(made);
      const event: RunEvent = { at: 9, type: 'run.stop_requested', force: false };
      const request = { run: 'r1', token: 1, events: [event], changes: NONE };
      await expect(made.append({ ...request, expects: ['queued'] })).rejects.toThrow(StateChanged);
      expect(await made.events({ run: 'r1', types: ['run.stop_requested'], after: 0, limit: 0 })).toEqual([]);
      const before = await made.load('r1');
      await made.append({ ...request, expects: ['running', 'aborting'] });
      const found = await made.events({ run: 'r1', types: ['run.stop_requested'], after: 0, limit: 0 });
      expect(found.map((entry) => entry.event)).toEqual([event]);
      expect(await made.load('r1')).toEqual(before);
    });

    test('an answer with an old token is fenced', async () => {
      const made = await store();
      await asked(made);
      await expect(made.append(answer({}, 7))).rejects.toThrow(Fenced);
    });

    test('a run does not wait while an answer is unheard, and the refusal leaves nothing behind', async () => {
      const made = await store();
      await asked(made);
      await made.append(answer());
      await expect(made.append(waiting())).rejects.toThrow(Answered);
      expect((await made.load('r1'))!.run.state).toBe('running');
      const events = await made.events({ run: 'r1', after: 0, limit: 0 });
      expect(events.map(({ event }) => event.type)).toEqual(['run.created', 'task.completed']);
      const steps = [stepRecord(1, { state: 'succeeded' })];
      const heard = waiting();
      await made.append({ ...heard, changes: { ...heard.changes, steps } });
      expect((await made.load('r1'))!.run.state).toBe('waiting');
    });
  });
}
