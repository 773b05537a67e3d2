import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { shortId } from '../base/ids.ts';
import { flowHome } from '../base/paths.ts';
import type { RunRecord } from '../core/records.ts';
import { RUN_STATES, runOwned } from '../core/states.ts';
import { shownState } from '../engine/ownership.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { markedBelow } from '../process/marker.ts';
import { openLocks } from '../store/sqlite/lock.ts';
import type { Context } from './context.ts';
import type { Finding } from './finding.ts';
import { withReading, type Reading } from './wiring.ts';

/** What a flow that died has left: runs, processes, lock files, folders (CLI.md §3, `doctor`). */
export async function leftovers(context: Context): Promise<Finding[]> {
  if (!existsSync(context.home.root)) return [];
  try {
    return await withReading(context, async (reading) => [
      ...(await interruptedRuns(reading)),
      ...(await processes(context, reading)),
      ...lockFiles(context),
      ...(await folders(context, reading)),
    ]);
  } catch (error) {
    // The database itself is the problem, and is named above.
    if (error instanceof FlowError) return [];
    throw error;
  }
}

/** Runs whose flow process is gone. */
async function interruptedRuns({ store, isOwnerAlive }: Reading): Promise<Finding[]> {
  const owned = await store.runs({ states: RUN_STATES.filter(runOwned), limit: 0 });
  const lost = owned.filter((run) => shownState(run, isOwnerAlive) === 'interrupted');
  return lost.map((run) => ({
    name: 'run',
    value: named(run),
    problem: 'it was interrupted',
    fix: `flow resume ${shortId(run.id)}`,
  }));
}

/** What lives of runs that nobody drives: to be adopted where the run was interrupted, to be ended elsewhere. */
async function processes({ home }: Context, { store, isOwnerAlive }: Reading): Promise<Finding[]> {
  const pids = new Map<string, number[]>();
  for (const { pid, rest } of markedBelow(join(realpathSync(home.root), 'work/'))) {
    const [run = ''] = rest.split('/');
    pids.set(run, [...(pids.get(run) ?? []), pid]);
  }
  const found: Finding[] = [];
  for (const [id, living] of pids) {
    const run = (await store.load(id))?.run ?? null;
    const state = run === null ? 'unknown' : shownState(run, isOwnerAlive);
    if (run !== null && runOwned(run.state) && state !== 'interrupted') continue;
    const list = living.join(' ');
    const problem = `its run ${state === 'interrupted' ? 'was interrupted' : `is not going on (${state})`}`;
    const fix = state === 'interrupted' ? `flow resume ${shortId(id)}` : `kill ${list}`;
    found.push({ name: 'process', value: `pid ${list} of ${run === null ? id : named(run)}`, problem, fix });
  }
  return found;
}

/** A process removes its lock file when it ends; nobody holds one that is left. */
function lockFiles({ home }: Context): Finding[] {
  const locks = openLocks({ home: flowHome(home.root) });
  const dead = namesIn(home.locks).filter((name) => name.endsWith('.lock') && locks.isFree(name));
  if (dead.length === 0) return [];
  const fix = `rm ${dead.map((name) => `'${join(home.locks, name)}'`).join(' ')}`;
  const value = `${dead.length} without a holder`;
  return [{ name: 'lock files', value, problem: 'a flow that died left them behind', fix }];
}

/** Folders of runs that the database does not know: it was put back from a backup, or deleted. */
async function folders({ home }: Context, { store }: Reading): Promise<Finding[]> {
  const found: string[] = [];
  for (const area of ['work', 'logs', 'artifacts']) {
    for (const name of namesIn(join(home.root, area))) {
      if (!name.startsWith('.') && (await store.load(name)) === null) found.push(join(home.root, area, name));
    }
  }
  if (found.length === 0) return [];
  const fix = `rm -r ${found.map((path) => `'${path}'`).join(' ')}`;
  const problem = 'the database has no run for them';
  return [{ name: 'folders', value: `${found.length} without a run`, problem, fix }];
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function named(run: RunRecord): string {
  return `${shortId(run.id)} of ${run.dag}`;
}
