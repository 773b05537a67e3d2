import { describe, expect, test } from 'vitest';
import type { TickRecord } from '../../../src/core/records.ts';
import { StateChanged, TickTaken, type TickBatch } from '../../../src/store/store.ts';
import { creation, runRecord } from '../../store/sample.ts';
import type { Bench } from './bench.ts';

function tick(scheduledAt: number, more: Partial<TickRecord> = {}): TickRecord {
  return {
    ...{ dag: 'etl', kind: 'start', scheduledAt, outcome: 'missed', reason: 'no_daemon', message: null },
    ...{ run: null, decidedAt: scheduledAt + 5, count: 1, firstAt: scheduledAt },
    ...more,
  };
}

function batch(more: Partial<TickBatch>): TickBatch {
  return { ticks: [], changed: [], appends: [], cursors: [], forgotten: [], ...more };
}

const started = { outcome: 'started', reason: null } as const;
const queued = (id: string): ReturnType<typeof creation> =>
  creation(
    runRecord(id, { state: 'queued', attempt: 0, owner: null, token: 0, startedAt: null, scheduledAt: 1 }),
  );

export function ticksContract({ store }: Bench): void {
  describe('ticks (P6, T0)', () => {
    test('a tick, its run and the cursor are one commit, and come back as they were', async () => {
      const made = await store();
      const rows = [
        tick(1_000, { ...started, run: 'r1' }),
        tick(2_000, { message: 'näh', count: 3, firstAt: 9 }),
      ];
      const cursors = [{ dag: 'etl', entry: 'start * * * * * UTC', file: '/dags/etl.yaml', at: 2_000 }];
      const events = await made.decide(batch({ ticks: rows, cursors, appends: [queued('r1')] }));
      expect(events.map(({ run, event }) => [run, event.type])).toEqual([
        ['r1', 'run.created'],
        ['r1', 'tick.started'],
        [null, 'tick.missed'],
      ]);
      expect(await made.ticks({ limit: 0 })).toEqual([...rows].reverse());
      expect(await made.ticks({ limit: 0, withoutRun: true })).toEqual([rows[1]]);
      expect(await made.ticks({ limit: 0, dag: 'other' })).toEqual([]);
      expect(await made.ticks({ limit: 0, since: 1_001 })).toEqual([rows[1]]);
      expect(await made.cursors()).toEqual(cursors);
      expect(await made.events({ after: 0, limit: 0 })).toEqual(events);
      expect(
        (await made.query('select dag, scheduled, outcome, late_seconds from ticks limit 1')).rows,
      ).toEqual([['etl', '1970-01-01T00:00:01.000Z', 'started', 0.005]]);
      expect(await made.check()).toEqual([]);
    });

    test('a tick that is decided already refuses all that comes with it, by another process too (L1)', async () => {
      const [one, other] = [await store(), await store()];
      await one.decide(batch({ ticks: [tick(1_000)] }));
      const again = batch({ ticks: [tick(1_000, { ...started, run: 'r1' })], appends: [queued('r1')] });
      await expect(other.decide(again)).rejects.toBeInstanceOf(TickTaken);
      expect(await one.runs({ limit: 0 })).toEqual([]);
      // Another kind of the same instant is another tick.
      await other.decide(batch({ ticks: [tick(1_000, { kind: 'stop', ...started })] }));
      expect(await one.ticks({ limit: 0 })).toHaveLength(2);
    });

    test('a run that is no longer what it was refuses the decision whole', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      const request = { at: 5, type: 'run.stop_requested', force: false, reason: 'schedule' } as const;
      const changes = { run: null, attempts: [], steps: [], tries: [], tasks: [] };
      const append = { run: 'r1', token: 1, events: [request], changes, expects: ['queued'] } as const;
      const work = made.decide(batch({ ticks: [tick(1_000)], appends: [append] }));
      await expect(work).rejects.toBeInstanceOf(StateChanged);
      expect(await made.ticks({ limit: 0 })).toEqual([]);
    });

    test('a replaced run changes what became of its tick', async () => {
      const made = await store();
      await made.decide(batch({ ticks: [tick(1_000, { ...started, run: 'r1' })], appends: [queued('r1')] }));
      await made.decide(batch({ changed: [{ run: 'r1', outcome: 'skipped', reason: 'overlap' }] }));
      expect(await made.ticks({ limit: 0 })).toMatchObject([
        { outcome: 'skipped', reason: 'overlap', run: 'r1' },
      ]);
    });

    test('a cursor never moves back; what is gone is forgotten', async () => {
      const made = await store();
      const at = (n: number): TickBatch =>
        batch({ cursors: [{ dag: 'etl', entry: 'start @daily UTC', file: `/${n}`, at: n }] });
      await made.decide(at(5));
      await made.decide(at(3));
      expect(await made.cursors()).toMatchObject([{ at: 5, file: '/3' }]);
      await made.decide(batch({ forgotten: ['etl'] }));
      expect(await made.cursors()).toEqual([]);
    });

    test('a schedule that was off goes on from when it was turned on (L7)', async () => {
      const made = await store();
      const entry = 'start @daily UTC';
      await made.decide(batch({ cursors: [{ dag: 'etl', entry, file: '/f', at: 5 }] }));
      expect(await made.suspend('etl', true, 10)).toBe(true);
      expect(await made.suspend('etl', true, 11)).toBe(false);
      expect(await made.suspended()).toEqual(['etl']);
      expect(await made.cursors()).toMatchObject([{ at: 5 }]);
      expect(await made.suspend('etl', false, 20)).toBe(true);
      expect(await made.suspend('etl', false, 30)).toBe(false);
      expect(await made.suspended()).toEqual([]);
      expect(await made.cursors()).toMatchObject([{ at: 20 }]);
    });

    test('the queue is in order of arrival, whatever the clock said, with the kind of the tick', async () => {
      const made = await store();
      const at = (id: string, createdAt: number): ReturnType<typeof creation> =>
        creation(runRecord(id, { state: 'queued', attempt: 0, owner: null, token: 0, createdAt, dueAt: 7 }));
      await made.append(at('late', 9_000));
      await made.append(at('early', 1_000));
      await made.decide(
        batch({ ticks: [tick(1, { kind: 'restart', ...started, run: 'r1' })], appends: [queued('r1')] }),
      );
      expect((await made.queued()).map(({ id, tick: kind, dueAt }) => [id, kind, dueAt])).toEqual([
        ['late', null, 7],
        ['early', null, 7],
        ['r1', 'restart', null],
      ]);
    });

    test('rows go with their run; those without one are forgotten by age, with their events', async () => {
      const made = await store();
      const ended = creation(runRecord('r1', { state: 'succeeded', finishedAt: 9 }));
      await made.decide(
        batch({
          ticks: [tick(1_000, { ...started, run: 'r1' }), tick(2_000), tick(9_000)],
          appends: [ended],
        }),
      );
      await made.remove(['r1'], () => undefined);
      expect((await made.ticks({ limit: 0 })).map(({ scheduledAt }) => scheduledAt)).toEqual([9_000, 2_000]);
      expect(await made.forgetTicks('etl', 3_000, 10)).toBe(1);
      expect(await made.forgetTicks('etl', 3_000, 10)).toBe(0);
      expect(await made.events({ after: 0, limit: 0 })).toMatchObject([
        { run: null, event: { scheduledAt: 9_000 } },
      ]);
    });
  });
}
