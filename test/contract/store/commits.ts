import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { creation, ready, runRecord, stepRecord, tryRecord } from '../../store/sample.ts';

import type { Bench } from './bench.ts';

export function commitsContract({ place, store, close, outsider }: Bench): void {
  describe('grouped commits (ARCHITECTURE.md §3, rule 1)', () => {
    /** Commit frames in the write-ahead log, read by another process: decision 6. */
    function commits(): number {
      const script = `
        const b = require('fs').readFileSync(process.argv[1]); const size = b.readUInt32BE(8); let n = 0;
        for (let at = 32; at + 24 + size <= b.length; at += 24 + size)
          if (b.compare(b, 16, 24, at + 8, at + 16) === 0 && b.readUInt32BE(at + 4) !== 0) n++;
        console.log(n);`;
      const child = spawnSync(process.execPath, ['-e', script, `${place.home.database}-wal`], {
        encoding: 'utf8',
      });
      return Number(child.stdout);
    }

    test('what is ready in one turn is one commit, and what is not is another', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      const before = commits();
      await Promise.all(Array.from({ length: 20 }, () => made.append(ready('r1', 1))));
      expect(commits()).toBe(before + 1);
      await made.append(ready('r1', 1));
      await made.append(ready('r1', 1));
      expect(commits()).toBe(before + 3);
    });

    test('an acknowledged append is seen by others', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      const db = outsider();
      expect(db.prepare('select count(*) as n from event').get()).toMatchObject({ n: 1 });
      db.close();
    });

    test('close waits for what was appended', async () => {
      const made = await store();
      const pending = made.append(creation(runRecord('r1')));
      await close(made);
      await expect(pending).resolves.toHaveLength(1);
    });

    test('bytes per append do not grow with the run', async () => {
      const made = await store();
      const steps = Array.from({ length: 2_000 }, (_, i) => stepRecord(i + 1));
      await made.append(creation(runRecord('r1'), steps));
      const db = outsider();
      const cost = async (step: number): Promise<number> => {
        db.prepare('pragma wal_checkpoint(truncate)').get();
        const changed = stepRecord(step, { state: 'running' });
        await made.append({
          ...ready('r1', 1, step),
          changes: {
            run: runRecord('r1'),
            attempts: [],
            steps: [changed],
            tries: [{ step, record: tryRecord(1) }],
            tasks: [],
          },
        });
        return made.info().walSize;
      };
      const first = await cost(1);
      const group = Array.from({ length: 500 }, (_, i) => made.append(ready('r1', 1, i + 2)));
      await Promise.all(group);
      expect(await cost(1_999)).toBeLessThanOrEqual(first * 1.5);
      db.close();
    });
  });
}
