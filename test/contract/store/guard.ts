import { describe, expect, test } from 'vitest';
import { Fenced, RunExists } from '../../../src/store/store.ts';
import { creation, ready, runRecord, stepRecord, tryRecord } from '../../store/sample.ts';

import type { Bench } from './bench.ts';

export function guardContract({ store }: Bench): void {
  describe('the guard (§3.5)', () => {
    test('an old token is fenced, the new owner writes on', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      await made.append({
        ...ready('r1', 1),
        changes: { run: runRecord('r1', { token: 2 }), attempts: [], steps: [], tries: [], tasks: [] },
      });
      await expect(made.append(ready('r1', 1))).rejects.toThrow(Fenced);
      await expect(made.append(ready('none', 1))).rejects.toThrow(Fenced);
      await made.append(ready('r1', 2));
      expect(await made.events({ run: 'r1', after: 0, limit: 0 })).toHaveLength(3);
    });

    test('of two that take a run over with the same token, one is fenced (C3)', async () => {
      const first = await store();
      const second = await store();
      await first.append(creation(runRecord('r1')));
      const takeOver = { run: runRecord('r1', { token: 2 }), attempts: [], steps: [], tries: [], tasks: [] };
      const results = await Promise.allSettled(
        [first, second].map((each) => each.append({ ...ready('r1', 1), changes: takeOver })),
      );
      expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    test('an id is used once (C2)', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      await expect(made.append(creation(runRecord('r1')))).rejects.toThrow(RunExists);
    });

    test('what is refused in a group harms nobody', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1')));
      const results = await Promise.allSettled([
        made.append(ready('r1', 1)),
        made.append(ready('r1', 7)),
        made.append(creation(runRecord('r1'))),
        made.append({
          ...ready('r1', 1),
          changes: {
            run: null,
            attempts: [],
            steps: [stepRecord(1, { state: 'running' })],
            tries: [{ step: 99, record: tryRecord(1) }],
            tasks: [],
          },
        }),
        made.append(creation(runRecord('r2'))),
      ]);
      expect(results.map((result) => result.status)).toEqual([
        'fulfilled',
        'rejected',
        'rejected',
        'rejected',
        'fulfilled',
      ]);
      expect((await made.load('r1'))!.steps[0]!.state).toBe('pending');
      expect((await made.events({ after: 0, limit: 0 })).map((entry) => entry.run)).toEqual([
        'r1',
        'r1',
        'r2',
      ]);
    });
  });
}
