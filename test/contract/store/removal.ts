import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../../src/core/records.ts';
import { EXIT } from '../../../src/errors/exit-codes.ts';
import { Fenced } from '../../../src/store/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { creation, DEFINITION, ready, runRecord, stepRecord, tryRecord } from '../../store/sample.ts';

import type { Bench } from './bench.ts';

const none = (): void => undefined;

/** A run that ended `at`, with a try, a question and a definition of its own. */
async function put(store: Store, id: string, at: number, more: Partial<RunRecord> = {}): Promise<void> {
  const ended = { state: 'succeeded', createdAt: at, finishedAt: at + 1, definition: `d-${id}` } as const;
  const run = runRecord(id, { ...ended, ...more });
  const base = creation(run, [stepRecord(1)]);
  const task = { step: 1, n: 1, kind: 'human', prompt: '?', askedAt: 1, inputs: {} } as const;
  await store.append({
    ...base,
    definition: { ...DEFINITION, hash: run.definition },
    compiled: { key: 'k', data: Uint8Array.of(1) },
    changes: {
      ...base.changes,
      tries: [{ step: 1, record: tryRecord(1) }],
      tasks: [{ ...task, answer: 'completed', reason: null, answeredAt: 2 }],
    },
  });
}

const TABLES = ['run', 'attempt', 'step', 'step_try', 'event', 'task', 'definition', 'compiled'];

async function counts(store: Store): Promise<unknown[]> {
  const sql = TABLES.map((table) => `(select count(*) from ${table})`).join(', ');
  return (await store.query(`select ${sql}`)).rows[0] ?? [];
}

export function removalContract({ store, outsider, refusal }: Bench): void {
  describe('runs that may go', () => {
    const expired = async (
      made: Store,
      query: Partial<Parameters<Store['expired']>[0]>,
    ): Promise<string[]> => {
      const all = { dag: 'etl', endedBefore: null, keep: 0, limit: 0 };
      return (await made.expired({ ...all, ...query })).map((run) => run.id);
    };

    test('are ended runs of the DAG, oldest first', async () => {
      const made = await store();
      for (const [i, id] of ['a', 'b', 'c', 'd'].entries()) await put(made, id, 1_000 + 10 * i);
      await put(made, 'other', 1_000, { dag: 'other' });
      await put(made, 'child', 1_000, { parent: { run: 'd', step: 1 } });
      for (const state of ['queued', 'running', 'aborting', 'waiting'] as const)
        await put(made, state, 500, { state });
      expect(await expired(made, {})).toEqual(['a', 'b', 'c', 'd']);
      expect(await expired(made, { endedBefore: 1_021 })).toEqual(['a', 'b']);
      expect(await expired(made, { endedBefore: 1_022 })).toEqual(['a', 'b', 'c']);
      expect(await expired(made, { keep: 1 })).toEqual(['a', 'b', 'c']);
      expect(await expired(made, { keep: 3, endedBefore: 9_999 })).toEqual(['a']);
      expect(await expired(made, { keep: 4 })).toEqual([]);
      expect(await expired(made, { keep: 9 })).toEqual([]);
      expect(await expired(made, { olderThan: { createdAt: 1_020, id: 'c' } })).toEqual(['a', 'b']);
      expect(await expired(made, { after: { createdAt: 1_010, id: 'b' }, limit: 1 })).toEqual(['c']);
      expect(await made.dags()).toEqual(['etl', 'other']);
    });
  });

  describe('removing runs', () => {
    test('takes all their rows, their child runs and the definitions that nobody uses', async () => {
      const made = await store();
      await put(made, 'a', 1_000);
      await put(made, 'b', 2_000, { definition: 'd-a' });
      const before = await counts(made);
      await put(made, 'p', 3_000);
      await put(made, 'c', 3_001, { parent: { run: 'p', step: 1 } });
      await put(made, 'g', 3_002, { parent: { run: 'c', step: 1 } });
      const cleared: string[] = [];
      const removal = await made.remove(['p', 'nobody'], (run) => void cleared.push(run.id));
      expect(removal).toEqual({ removed: ['p'], kept: [] });
      expect(cleared).toEqual(['g', 'c', 'p']);
      expect(await counts(made)).toEqual(before);
      expect((await made.remove(['a'], none)).removed).toEqual(['a']);
      expect(await made.definition('d-a')).not.toBeNull();
      await made.remove(['b'], none);
      expect(await counts(made)).toEqual(TABLES.map(() => 0));
      expect(await made.check()).toEqual([]);
    });

    test('leaves a run that has not ended, and one with such a child run', async () => {
      const made = await store();
      for (const state of ['queued', 'running', 'aborting', 'waiting'] as const)
        await put(made, state, 1_000, { state });
      await put(made, 'p', 1_000);
      await put(made, 'c', 1_000, { parent: { run: 'p', step: 1 }, state: 'running' });
      const before = await counts(made);
      const cleared: string[] = [];
      const ids = ['queued', 'running', 'aborting', 'waiting', 'p'];
      const removal = await made.remove(ids, (run) => void cleared.push(run.id));
      expect([removal, cleared]).toEqual([{ removed: [], kept: [] }, []]);
      expect(await counts(made)).toEqual(before);
    });

    test('leaves what cannot be cleared, and goes on', async () => {
      const made = await store();
      for (const id of ['a', 'b']) await put(made, id, 1_000);
      const stuck = new Error('busy');
      const removal = await made.remove(['a', 'b'], (run) => {
        if (run.id === 'a') throw stuck;
      });
      expect(removal).toEqual({ removed: ['b'], kept: [{ run: 'a', reason: stuck }] });
      expect((await made.load('a'))!.tasks).toHaveLength(1);
    });

    test('nobody can take a run up meanwhile, and later finds it gone', async () => {
      const made = await store();
      await put(made, 'a', 1_000);
      const other = outsider();
      other.exec('pragma busy_timeout = 0');
      let busy: unknown = null;
      await made.remove(['a'], () => {
        try {
          other.exec('begin immediate');
        } catch (error) {
          busy = error;
        }
      });
      other.close();
      expect(String(busy)).toMatch(/locked/);
      await expect(made.append(ready('a', 1))).rejects.toBeInstanceOf(Fenced);
    });

    test('a failure of the storage leaves all rows; a reader refuses', async () => {
      const made = await store();
      await put(made, 'a', 1_000);
      const before = await counts(made);
      const db = outsider();
      db.exec("create trigger no before delete on task begin select raise(abort, 'no'); end");
      await expect(made.remove(['a'], none)).rejects.toThrow();
      db.exec('drop trigger no');
      db.close();
      expect(await counts(made)).toEqual(before);
      const reader = await store({ readOnly: true });
      expect((await refusal(reader.remove(['a'], none))).exitCode).toBe(EXIT.fault);
      expect((await made.remove(['a'], none)).removed).toEqual(['a']);
    });
  });
}
