// Fills a home with copies of its only run, all rows of them, by one transaction of SQL: what many months would leave.
import { join } from 'node:path';
import { openDatabase } from './sqlite.mjs';

/** Copies until there are so many, one a minute, of 20 DAGs, every tenth failed. */
export async function multiplyRuns(home, count) {
  const db = await openDatabase(join(home, 'flow.db'));
  const columns = (table) =>
    db
      .prepare(`select name from pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => name);
  const id =
    "printf('%08x-%04x-7000-8000-%012x', copy / 65536, copy % 65536, copy * 2654435761 % 281474976710656)";
  const changed = {
    run: {
      id,
      dag: "'dag-' || (copy % 20)",
      state: "iif(copy % 10 = 3, 'failed', 'succeeded')",
      created_at: 'created_at - copy * 60000',
      started_at: 'started_at - copy * 60000',
      finished_at: 'finished_at - copy * 60000',
    },
    event: { seq: 'null' },
  };
  db.exec('pragma synchronous = off; pragma cache_size = -200000; begin');
  for (const table of ['run', 'attempt', 'step', 'step_try', 'event']) {
    const names = columns(table);
    const values = names.map((name) => changed[table]?.[name] ?? (name === 'run' ? id : name));
    db.exec(`create temp table one as select * from ${table};
      with recursive number (copy) as (select 1 union all select copy + 1 from number where copy < ${count})
      insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from number, one;
      drop table one;`);
  }
  db.exec('commit; pragma wal_checkpoint(truncate)');
  db.close();
}
