import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { APPLICATION_ID, SCHEMA_VERSION } from '../../../src/store/sqlite/migrations.ts';
import { SCHEMA_1 } from '../../../src/store/sqlite/schema.ts';
import { OWNER } from '../../store/sample.ts';
import type { Bench } from './bench.ts';

/** A run that failed, as flow wrote it with schema 1. */
const OLD_RUN = `
insert into definition values ('d1', 'steps: [{run: x}]', '{}', '0.1.0');
insert into run values ('r1', 'etl', 'd1', '/dags/etl.yaml', '[]', '{}', 'manual', 'strict', null, null,
  'failed', null, 1, null, 1, 0, null, '{}', 1000, 1001, 1005);
insert into attempt values ('r1', 1, '${JSON.stringify(OWNER)}', 1, 'failed', null, 1001, 1005);
insert into step values ('r1', 1, 'step', 's1', 's1', 's1', 'failed', null, null, 0, null, 0, 0, '{}', 1002, 1004);
insert into step_try values ('r1', 1, 1, 1, 1, 0, 'failed', null, 'c', '/tmp', '[]', 'k', '/l/1.out', '/l/1.err', 3,
  null, 1002, 1004);
insert into event (run, at, type, data) values ('r1', 1000, 'run.created', '{}');
`;

export function migrationContract({ place, store, outsider }: Bench): void {
  test('a database of schema 1 is brought forward with all that is in it (E17)', async () => {
    mkdirSync(place.home.root, { recursive: true });
    writeFileSync(place.home.database, '');
    const db = outsider();
    db.exec(`create table migration (version integer primary key, flow_version text not null, at integer not null) strict;
      pragma application_id = ${APPLICATION_ID};
      ${SCHEMA_1}
      insert into migration values (1, '0.1.0', 1);
      pragma user_version = 1;
      ${OLD_RUN}`);
    db.close();
    const made = await store();
    expect(made.info().schemaVersion).toBe(SCHEMA_VERSION);
    const loaded = await made.load('r1');
    expect(loaded).toMatchObject({
      run: { id: 'r1', state: 'failed', document: 0, parent: null, queue: null, numbers: null },
      steps: [{ label: 's1', state: 'failed', item: null, generation: 0, dropped: false, tries: [{ n: 1 }] }],
      tasks: [],
    });
    expect(await made.definition('d1')).toMatchObject({ base: null });
    expect(await made.runs({ limit: 0 })).toHaveLength(1);
    // It may go on: the transitions are those of this schema.
    const record = { ...loaded!.steps[0]!, state: 'pending' } as const;
    const events = [{ at: 5, type: 'step.ready', step: 1 }] as const;
    const changes = { run: null, attempts: [], steps: [record], tries: [], tasks: [] };
    await made.append({ run: 'r1', token: 1, events, changes });
    expect(await made.check()).toEqual([]);
    expect((await made.query('select step, item from failures')).rows).toEqual([]);
  });
}
