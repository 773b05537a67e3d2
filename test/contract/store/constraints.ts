import { describe, expect, test } from 'vitest';
import { RUN_TRANSITIONS, STEP_TRANSITIONS, TRY_TRANSITIONS } from '../../../src/core/states.ts';
import { EXIT } from '../../../src/errors/exit-codes.ts';
import { type Connection } from '../../../src/store/sqlite/driver.ts';
import { creation, ready, runRecord, tryRecord } from '../../store/sample.ts';

import type { Bench } from './bench.ts';

export function constraintsContract({ store, close, outsider, refusal }: Bench): void {
  describe('constraints', () => {
    /** Puts one row into each state and tries every change, with the database's own statements. */
    function changes(table: string, where: string, states: readonly string[], db: Connection): Set<string> {
      const done = new Set<string>();
      for (const from of states) {
        for (const to of states) {
          db.exec('begin');
          db.exec(
            `create temp table keep as select sql from sqlite_master where name = '${table}_transition'`,
          );
          const { sql } = db.prepare('select sql from temp.keep').get()!;
          db.exec(`drop trigger ${table}_transition`);
          db.prepare(`update ${table} set state = ? where ${where}`).run(from);
          db.exec(String(sql));
          try {
            db.prepare(`update ${table} set state = ? where ${where}`).run(to);
            done.add(`${from} ${to}`);
          } catch (error) {
            expect(String(error)).toContain(`illegal change of ${table}.state`);
          }
          if (db.inTransaction) db.exec('rollback');
        }
      }
      return done;
    }

    test.each([
      ['run', "id = 'r1'", RUN_TRANSITIONS],
      ['attempt', "run = 'r1'", RUN_TRANSITIONS],
      ['step', "run = 'r1'", STEP_TRANSITIONS],
      ['step_try', "run = 'r1'", TRY_TRANSITIONS],
    ] as const)(
      'the changes of %s.state are exactly those of the table (§3.2–§3.4)',
      async (table, where, allowed) => {
        const made = await store();
        const base = creation(runRecord('r1'));
        await made.append({
          ...base,
          changes: { ...base.changes, tries: [{ step: 1, record: tryRecord(1) }] },
        });
        await close(made);
        const states = Object.keys(allowed);
        const expected = Object.entries(allowed).flatMap(([from, to]: [string, readonly string[]]) => [
          `${from} ${from}`,
          ...to.map((state) => `${from} ${state}`),
        ]);
        const db = outsider();
        try {
          expect([...changes(table, where, states, db)].sort()).toEqual([...new Set(expected)].sort());
          expect(() => db.exec(`update ${table} set state = 'interrupted'`)).toThrow();
        } finally {
          db.close();
        }
      },
    );

    test('an illegal change through append is refused whole, with exit 70', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1', { state: 'succeeded' })));
      const error = await refusal(
        made.append({
          ...ready('r1', 1),
          changes: {
            run: runRecord('r1', { state: 'failed' }),
            attempts: [],
            steps: [],
            tries: [],
            tasks: [],
          },
        }),
      );
      expect(error.exitCode).toBe(EXIT.fault);
      expect((await made.load('r1'))!.run.state).toBe('succeeded');
      expect(await made.events({ after: 0, limit: 0 })).toHaveLength(1);
    });

    test('events cannot be changed', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      const db = outsider();
      try {
        expect(() => db.exec("update event set type = 'x'")).toThrow('events are never changed');
      } finally {
        db.close();
      }
    });
  });
}
