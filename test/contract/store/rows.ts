import { describe, expect, test } from 'vitest';
import {
  attemptRecord,
  creation,
  DEFINITION,
  ready,
  runRecord,
  stepRecord,
  trapKeys,
  tryRecord,
} from '../../store/sample.ts';
import type { RunRecord } from '../../../src/core/records.ts';
import type { Bench } from './bench.ts';

export function rowsContract({ store, close }: Bench): void {
  describe('append and read', () => {
    test('everything that can be set comes back as it was', async () => {
      const made = await store();
      const run = runRecord('r1', {
        labels: trapKeys('x'),
        trigger: 'scheduler',
        scheduledAt: 7,
        retries: 2,
        recoveries: 3,
        unresolved: 'keep',
        selected: [1, 3],
        reusedFrom: 'r0',
        document: 2,
        parent: { run: 'p', step: 3 },
        root: { id: 'o', dag: 'outer', depth: 2 },
        queue: 'nightly',
        logDir: '/var/log',
        artifactsDir: false,
        numbers: [2, 1],
        outputs: trapKeys({ type: 'json', text: '{"a": 1.0}' }),
        reason: 'because',
        finishedAt: 9,
      });
      const steps = [
        stepRecord(1, {
          state: 'retrying',
          reason: 'R306',
          message: 'näh 😀',
          tolerated: true,
          dueAt: 77,
          outputs: trapKeys({ type: 'string', text: 'line\nline' }),
          startedAt: 5,
          finishedAt: 6,
          item: { parent: 2, body: 1, index: 0, key: 'k', hash: 'h', generation: 3 },
          generation: 4,
          dropped: true,
          partial: true,
        }),
        stepRecord(2, { kind: 'exit', id: null, name: 'onExit', label: 'onExit' }),
      ];
      const tries = [
        tryRecord(1, {
          state: 'failed',
          reason: 'timed_out',
          exitCode: 124,
          signal: 'SIGTERM',
          finishedAt: 8,
        }),
        tryRecord(2, { inFlow: true, state: 'running' }),
      ];
      const base = creation(run, steps);
      await made.append({
        ...base,
        changes: { ...base.changes, tries: tries.map((record) => ({ step: 1, record })) },
      });
      await close(made);

      const again = await store();
      const loaded = await again.load('r1');
      expect(loaded).toEqual({
        run,
        attempts: [attemptRecord()],
        steps: [{ ...steps[0], tries }, steps[1]],
        tasks: [],
      });
      expect(Object.keys(loaded!.run.labels)).toContain('__proto__');
      expect(Object.getPrototypeOf(loaded!.run.labels)).toBeNull();
      expect(await again.definition('d1')).toEqual(DEFINITION);
      expect(await again.definition('no')).toBeNull();
      expect(await again.load('no')).toBeNull();
      const [entry] = await again.events({ run: 'r1', after: 0, limit: 0 });
      expect(entry!.event).toEqual(base.events[0]);
    });

    test('what is kept beside a definition goes by its key, and the newest takes the place of the older', async () => {
      const made = await store();
      const [definition, one, two] = [DEFINITION, Uint8Array.of(0, 255), Uint8Array.of(2)];
      const put = async (id: string, key: string, data: Uint8Array): Promise<void> => {
        await made.append({ ...creation(runRecord(id)), definition, compiled: { key, data } });
      };
      await put('r1', 'k1', one);
      await put('r2', 'k1', two);
      expect(Uint8Array.from((await made.compiled('d1', 'k1'))!)).toEqual(one);
      await put('r3', 'k2', two);
      expect(await made.compiled('d1', 'k1')).toBeNull();
      expect(Uint8Array.from((await made.compiled('d1', 'k2'))!)).toEqual(two);
      expect(await made.compiled('d2', 'k2')).toBeNull();
    });

    test('events keep null apart from absent, and their order', async () => {
      const made = await store();
      const run = runRecord('r1');
      const written = await made.append({
        ...creation(run),
        events: [
          { at: 1, type: 'log.warning', code: 'W1', message: 'm', step: null },
          { at: 2, type: 'step.adopted', step: 1, attempt: 1, try: 2, pid: null },
          {
            at: 3,
            type: 'step.finished',
            step: 1,
            attempt: 1,
            try: null,
            reason: null,
            message: null,
            exitCode: null,
            signal: null,
            durationMs: 1.5,
            state: 'failed',
            tolerated: false,
            partial: false,
            outputs: trapKeys({ type: 'string' as const, text: 't' }),
          },
        ],
      });
      const read = await made.events({ after: 0, limit: 0 });
      expect(read).toEqual(written);
      expect(read.map((entry) => entry.seq)).toEqual([1, 2, 3]);
      expect(await made.events({ after: 1, limit: 1 })).toEqual([written[1]]);
    });

    test('a later append replaces whole rows and keeps the others', async () => {
      const made = await store();
      await made.append(creation(runRecord('r1'), [stepRecord(1), stepRecord(2)]));
      await made.append({
        ...ready('r1', 1),
        changes: {
          run: null,
          attempts: [],
          steps: [stepRecord(2, { state: 'running' })],
          tries: [{ step: 2, record: tryRecord(1) }],
          tasks: [],
        },
      });
      const loaded = await made.load('r1');
      expect(loaded!.steps.map((step) => [step.state, step.tries.length])).toEqual([
        ['pending', 0],
        ['running', 1],
      ]);
    });

    test('runs are filtered and newest first', async () => {
      const made = await store();
      await made.append(
        creation(runRecord('aa-1', { createdAt: 1, file: '/dags/x/a.yaml', labels: { team: 'red' } })),
      );
      await made.append(
        creation(runRecord('bb-2', { createdAt: 3, file: '/dags/xy/b.yaml', labels: trapKeys('v') })),
      );
      await made.append(
        creation(runRecord('cc-1', { createdAt: 2, dag: 'ci', state: 'queued', attempt: 0, owner: null })),
      );
      const ids = async (query: object): Promise<string[]> =>
        (await made.runs({ limit: 0, ...query })).map((run) => run.id);
      expect(await ids({})).toEqual(['bb-2', 'cc-1', 'aa-1']);
      expect(await ids({ limit: 2 })).toEqual(['bb-2', 'cc-1']);
      expect(await ids({ dag: 'ci' })).toEqual(['cc-1']);
      expect(await ids({ states: ['queued', 'failed'] })).toEqual(['cc-1']);
      expect(await ids({ states: [] })).toEqual([]);
      expect(await ids({ since: 2 })).toEqual(['bb-2', 'cc-1']);
      expect(await ids({ below: '/dags/x' })).toEqual(['aa-1']);
      expect(await ids({ below: '/' })).toEqual(['bb-2', 'cc-1', 'aa-1']);
      expect(await ids({ label: { key: 'team', value: null } })).toEqual(['aa-1']);
      expect(await ids({ label: { key: 'team', value: 'blue' } })).toEqual([]);
      expect(await ids({ label: { key: 'team', value: 'red' } })).toEqual(['aa-1']);
      expect(await ids({ label: { key: 'team', value: 'red' }, since: 2 })).toEqual([]);
      expect(await ids({ label: { key: 'team', value: 'red' }, states: ['queued'] })).toEqual([]);
      expect(await ids({ label: { key: '__proto__', value: 'v' } })).toEqual(['bb-2']);
      expect(await ids({ label: { key: 'a "b" $.c', value: 'v' }, dag: 'etl' })).toEqual(['bb-2']);
      expect(await made.idsLike('-1', 9)).toEqual(['cc-1', 'aa-1']);
      expect(await made.idsLike('bb', 9)).toEqual(['bb-2']);
      expect(await made.idsLike('-1', 1)).toEqual(['cc-1']);
      expect(await made.idsLike('%', 9)).toEqual([]);
    });

    test('runs of a label are newest first, and found once however often they are written', async () => {
      const made = await store();
      const record = (id: string, createdAt: number): RunRecord =>
        runRecord(id, { createdAt, state: 'failed', labels: { team: 'red', site: 'a' } });
      for (const [id, at] of Object.entries({ r1: 2, r2: 3, r3: 1, r4: 3 }))
        await made.append(creation(record(id, at)));
      const changes = { run: record('r1', 2), attempts: [], steps: [], tries: [], tasks: [] };
      await made.append({ ...ready('r1', 1), changes });
      const label = { key: 'team', value: 'red' };
      const ids = async (query: object): Promise<string[]> =>
        (await made.runs({ limit: 0, label, ...query })).map((run) => run.id);
      expect(await ids({})).toEqual(['r4', 'r2', 'r1', 'r3']);
      expect(await ids({ limit: 3 })).toEqual(['r4', 'r2', 'r1']);
      expect(await ids({ since: 2 })).toEqual(['r4', 'r2', 'r1']);
      expect((await made.remove(['r2'], () => undefined)).removed).toEqual(['r2']);
      expect(await ids({})).toEqual(['r4', 'r1', 'r3']);
      const { rows } = await made.query("select run from run_label where key = 'site' order by run");
      expect(rows).toEqual([['r1'], ['r3'], ['r4']]);
    });
  });
}
