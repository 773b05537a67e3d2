import { parseDuration } from '../../base/duration.ts';
import type { RunRecord } from '../../core/records.ts';
import { beyond, DEFAULT_RETENTION } from '../../core/retention.ts';
import type { Retention } from '../../core/schedule.ts';
import { RUN_STATES, runEnded } from '../../core/states.ts';
import { prune, type Expired } from '../../engine/prune.ts';
import { FlowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { nodeRunFiles } from '../../process/files.ts';
import { historyLines } from '../../report/history-text.ts';
import type { Removal, Store } from '../../store/store.ts';
import type { Context } from '../context.ts';
import { tellKept } from '../prune.ts';
import { storedDag } from '../../machine/read-dag.ts';
import { usageError, wholeNumber } from '../usage.ts';
import { openReadOnly, openToWrite } from '../wiring.ts';

export interface PruneFlags {
  readonly olderThan?: string;
  readonly keepRuns?: string;
  readonly dryRun?: boolean;
}

/** Which runs of a DAG go. */
type Choice = (dag: string) => Promise<Expired>;

/** `flow db prune`: deletes ended runs with all their files; without limits each DAG's own count (§21.4). */
export async function dbPrune(context: Context, flags: PruneFlags): Promise<ExitCode> {
  const limits = givenLimits(context, flags);
  const dryRun = flags.dryRun === true;
  const store = await (dryRun ? openReadOnly(context) : openToWrite(context));
  try {
    const choice: Choice = async (dag) => ({ dag, ...(limits ?? (await ownLimits(context, store, dag))) });
    if (dryRun) await list(context, store, choice);
    else {
      const { removed, kept } = await removeAll(context, store, choice);
      tellKept(context, kept);
      tell(context, removed.length === 0 ? 'nothing to delete' : `deleted ${counted(removed.length)}`);
      if (kept.length > 0) return EXIT.failed;
    }
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

/** Those of the flags: a run goes when all of them let it go; null without flags. */
function givenLimits({ clock }: Context, flags: PruneFlags): Omit<Expired, 'dag'> | null {
  if (flags.olderThan === undefined && flags.keepRuns === undefined) return null;
  const age = flags.olderThan === undefined ? null : parseDuration(flags.olderThan);
  if (flags.olderThan !== undefined && age === null) {
    throw usageError(`--older-than must be a duration such as 30d or 12h, got "${flags.olderThan}"`);
  }
  const keep = flags.keepRuns === undefined ? 0 : wholeNumber('--keep-runs', flags.keepRuns, 0);
  return { endedBefore: age === null ? null : clock.wall() - age, keep };
}

/** By the definition of the newest ended run. */
async function ownLimits({ clock }: Context, store: Store, dag: string): Promise<Omit<Expired, 'dag'>> {
  const [newest] = await store.runs({ dag, states: RUN_STATES.filter(runEnded), limit: 1 });
  return beyond(newest === undefined ? DEFAULT_RETENTION : await ownRetention(store, newest), clock.wall());
}

async function ownRetention(store: Store, run: RunRecord): Promise<Retention> {
  try {
    return (await storedDag(store, { run })).dag.retention;
  } catch (error) {
    // What an older version has stored may be no valid DAG any more.
    if (error instanceof FlowError) return DEFAULT_RETENTION;
    throw error;
  }
}

async function removeAll(context: Context, store: Store, choice: Choice): Promise<Removal> {
  const deps = { store, files: nodeRunFiles(context.home) };
  const all: { removed: string[]; kept: Removal['kept'][number][] } = { removed: [], kept: [] };
  for (const dag of await store.dags()) {
    const { removed, kept } = await prune(deps, await choice(dag));
    all.removed.push(...removed);
    all.kept.push(...kept);
  }
  return all;
}

async function list(context: Context, store: Store, choice: Choice): Promise<void> {
  const runs: RunRecord[] = [];
  for (const dag of await store.dags())
    runs.push(...(await store.expired({ ...(await choice(dag)), limit: 0 })));
  if (runs.length > 0) {
    const shown = runs.map((run) => ({ run, state: run.state }));
    const lines = historyLines(shown, [], context.clock.wall(), context.paintOut);
    for (const line of lines) context.out.write(`${line}\n`);
  }
  tell(context, runs.length === 0 ? 'nothing to delete' : `would delete ${counted(runs.length)}`);
}

function counted(runs: number): string {
  return `${runs} run${runs === 1 ? '' : 's'}`;
}

function tell({ err, quiet }: Context, text: string): void {
  if (!quiet) err.write(`${text}\n`);
}
