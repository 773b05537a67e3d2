import type { Dag } from '../../core/dag.ts';
import type { RunRecord } from '../../core/records.ts';
import { scheduleTicks } from '../../core/schedule.ts';
import { shownState } from '../../engine/ownership.ts';
import { FlowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { listJson, listLines, type ListedDag } from '../../report/list-text.ts';
import { defaultZone } from '../../machine/around.ts';
import type { Context } from '../context.ts';
import { dagFiles, stem } from '../../machine/dag-argument.ts';
import { requireFolder } from '../daemon/folder.ts';
import { livingDaemon } from '../daemon/lock.ts';
import { parseLabel } from '../labels.ts';
import { shownPath } from '../../machine/shown-path.ts';
import { readDagFile } from '../../machine/read-dag.ts';
import { withReading, type Reading } from '../wiring.ts';

export interface ListFlags {
  readonly label?: string;
  readonly json?: boolean;
}

/** `flow list`: the DAGs of the DAG folder with their schedule, last and next run. A broken file is a line too. */
export async function list(context: Context, flags: ListFlags): Promise<ExitCode> {
  requireFolder(context);
  const label = flags.label === undefined ? null : parseLabel(flags.label);
  const bare = flags.label !== undefined && !flags.label.includes('=');
  const all = await withReading(context, (reading) => readAll(context, reading));
  const wanted = all.filter(({ labels }) => {
    if (label === null) return true;
    const value = labels?.get(label[0]);
    return value !== undefined && (bare || value === label[1]);
  });
  if (flags.json === true) {
    context.out.write(`${JSON.stringify(listJson(wanted), null, 2)}\n`);
    return EXIT.ok;
  }
  if (wanted.length === 0) {
    const where = shownPath(context.dags, context.cwd);
    context.err.write(all.length === 0 ? `no *.yaml or *.yml file in ${where}\n` : 'no DAG has this label\n');
    return EXIT.ok;
  }
  for (const line of listLines(wanted, context.clock.wall(), context.paintOut))
    context.out.write(`${line}\n`);
  const waits = wanted.some(({ next }) => next !== null);
  if (waits && livingDaemon(context.home) === null && !context.quiet)
    context.err.write(`${context.paintErr('dim', 'no daemon is running: start one with')}  flow scheduler\n`);
  return EXIT.ok;
}

async function readAll(context: Context, reading: Reading): Promise<ListedDag[]> {
  const suspended = new Set(await reading.store.suspended());
  const found: ListedDag[] = [];
  for (const path of dagFiles(context.dags)) {
    const file = { path, shown: shownPath(path, context.cwd) };
    try {
      const { dag } = await readDagFile(context, file, {});
      found.push(await listed(context, reading, dag, file.shown, suspended.has(dag.name)));
    } catch (error) {
      if (!(error instanceof FlowError)) throw error;
      const [first] = error.diagnostics;
      const problem = first === undefined ? error.message : `${first.code}: ${first.message}`;
      found.push({ ...EMPTY, name: stem(path), file: file.shown, problem });
    }
  }
  return found;
}

const EMPTY = {
  schedule: [],
  labels: null,
  last: null,
  next: null,
  suspended: false,
  problem: null,
} as const;

async function listed(
  context: Context,
  { store, isOwnerAlive }: Reading,
  dag: Dag,
  file: string,
  suspended: boolean,
): Promise<ListedDag> {
  const [run] = await store.runs({ dag: dag.name, limit: 1 });
  const next = suspended ? null : nextTick(dag, defaultZone(context), context.clock.wall());
  const entries = dag.schedule ?? [];
  return {
    name: dag.name,
    file,
    labels: dag.labels,
    schedule: entries.map((one) => {
      const what = 'cron' in one ? one.cron.text : `at ${new Date(one.at).toISOString()}`;
      return one.kind === 'start' ? what : `${one.kind} ${what}`;
    }),
    last: run === undefined ? null : { run, state: shownState(run satisfies RunRecord, isOwnerAlive) },
    next,
    suspended,
    problem: null,
  };
}

function nextTick({ schedule }: Dag, zone: string, now: number): number | null {
  for (const tick of scheduleTicks(schedule ?? [], zone, now)) return tick.at;
  return null;
}
