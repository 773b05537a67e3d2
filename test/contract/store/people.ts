import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flowHome } from '../../../src/base/paths.ts';
import { EXIT } from '../../../src/errors/exit-codes.ts';
import { creation, OWNER, ready, runRecord, stepRecord, tryRecord } from '../../store/sample.ts';

import type { Bench } from './bench.ts';

export function peopleContract({ place, store, outsider, refusal }: Bench): void {
  describe('for people', () => {
    test('a query reads through the views and cannot write', async () => {
      const made = await store();
      const base = creation(runRecord('r1', { createdAt: 1_500 }), [
        stepRecord(1, { state: 'failed', startedAt: 1_000, finishedAt: 2_250, message: 'boom' }),
      ]);
      await made.append({
        ...base,
        changes: {
          ...base.changes,
          tries: [{ step: 1, record: tryRecord(1, { state: 'failed', exitCode: 3 }) }],
        },
      });
      expect(await made.query('select id, created, state from runs')).toEqual({
        columns: ['id', 'created', 'state'],
        rows: [['r1', '1970-01-01T00:00:01.500Z', 'running']],
      });
      expect((await made.query('select step, seconds, tries from steps')).rows).toEqual([['s1', 1.25, 1]]);
      expect((await made.query('select step, try, exit_code from tries;  -- all')).rows).toEqual([
        ['s1', 1, 3],
      ]);
      expect((await made.query('select step, message, exit_code from failures')).rows).toEqual([
        ['s1', 'boom', 3],
      ]);
      expect((await made.query('select 9007199254740993 as a, 2 as b, null as c')).rows).toEqual([
        ['9007199254740993', 2, null],
      ]);
      expect((await made.query('select 1 as one where 0')).rows).toEqual([]);
      for (const sql of [
        "insert into definition values ('x', 'y', 'z')",
        'delete from run returning id',
        'drop table event',
        'create temp table mine (a)',
        'select 1; delete from run',
        'selekt 1',
        "attach '/nowhere/x.db' as x",
      ]) {
        expect([sql, (await refusal(made.query(sql))).exitCode]).toEqual([
          sql,
          expect.toSatisfy((code) => code === EXIT.usage || code === EXIT.fault),
        ]);
      }
      expect(await made.load('r1')).not.toBeNull();
    });

    test('check finds what is wrong', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      expect(await made.check()).toEqual([]);
      const db = outsider();
      db.exec("pragma foreign_keys = off; delete from event; update run set definition = 'gone'");
      db.close();
      expect(await made.check()).toEqual([
        expect.stringMatching(/^table run, row 1: no such definition$/),
        'run r1 has no events',
      ]);
    });

    test('a backup of a database in use restores, is private, and never overwrites', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      const copy = flowHome(join(place.root, 'copy'));
      mkdirSync(copy.root);
      const pending = made.append(ready('r1', 1));
      await made.backup(copy.database);
      await pending;
      await expect(made.backup(copy.database)).rejects.toMatchObject({ exitCode: EXIT.failed });
      expect((statSync(copy.database).mode & 0o777).toString(8)).toBe('600');
      const reader = await store({ readOnly: true });
      await reader.backup(join(place.root, 'second.db'));
      await expect(made.backup(join(place.root, 'nowhere', 'x.db'))).rejects.toMatchObject({
        exitCode: EXIT.failed,
      });
      const restored = await store({ home: copy });
      expect((await restored.load('r1'))!.run.owner).toEqual(OWNER);
      await restored.append(ready('r1', 1));
      expect(await restored.check()).toEqual([]);
    });
  });
}
