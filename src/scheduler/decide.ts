import { uuidv7 } from '../base/ids.ts';
import { jitterMs } from '../core/jitter.ts';
import type { CursorRecord, RunRecord, TickRecord } from '../core/records.ts';
import type { ScheduleTick } from '../core/schedule.ts';
import { decideTicks, type DueTicks, type TickFacts, type TickVerdict } from '../core/ticks.ts';
import { creation } from '../engine/create-run.ts';
import { ownRun } from '../engine/run-folders.ts';
import { queuedAbort, scheduledStop } from '../engine/stop-request.ts';
import type { EngineDeps, RunRequest } from '../engine/types.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { bindParams } from '../language/params.ts';
import { StateChanged, type Append, type TickBatch } from '../store/store.ts';
import type { DagEntry, LoadedDag } from './types.ts';

interface DecideInput {
  readonly deps: EngineDeps;
  readonly unresolved: 'strict' | 'keep';
  /** This daemon drives the run, or is about to take it up. */
  readonly isDriven: (run: string) => boolean;
}

type Startable = LoadedDag & Pick<RunRequest, 'params'>;

/**
 * Everything that the due ticks of a DAG mean, as one transaction: their rows, the runs they start, take out of the
 * queue and stop (LANGUAGE.md §20.6, §20.7).
 */
export async function decide(
  input: DecideInput,
  entry: DagEntry,
  due: DueTicks,
  previousAt: number,
  cursors: readonly CursorRecord[],
): Promise<TickBatch> {
  const { deps } = input;
  const { name, scheduling } = entry;
  const now = deps.clock.wall();
  const ticks = await undecided(deps, name, due.ticks);
  const runs = await deps.store.runs({ dag: name, states: ['queued', 'running', 'aborting'], limit: 0 });
  const present = runs.filter(
    ({ id, state, owner }) =>
      state === 'queued' || input.isDriven(id) || (owner !== null && deps.isOwnerAlive(owner)),
  );
  const wantsRun = ticks.some(({ kind }) => kind !== 'stop');
  const startable = wantsRun ? await load(input, entry) : null;
  const facts: TickFacts = {
    ...{ now, policy: scheduling.overlapPolicy, catchupWindowMs: scheduling.catchupWindowMs },
    skipIfSuccessful: scheduling.skipIfSuccessful,
    busy: present.length > 0,
    queued: present
      .filter(({ state, scheduledAt }) => state === 'queued' && scheduledAt !== null)
      .map(({ id }) => id),
    succeededAt: scheduling.skipIfSuccessful ? await lastSuccess(deps, name) : null,
    previousAt,
    broken: startable !== null && 'reason' in startable ? startable : null,
  };
  const verdicts = decideTicks(ticks, facts);
  const appends: Append[] = [];
  const rows = verdicts.ticks.map((verdict) => {
    if (!verdict.starts || startable === null || 'reason' in startable)
      return rowOf(name, verdict, null, now);
    const request = requestOf(input, entry, startable, verdict);
    appends.push(creation(request, now));
    return rowOf(name, verdict, request.id, now);
  });
  const ended = await endings(deps, present, verdicts, now);
  if (due.older !== null) rows.unshift(olderRow(name, due.older, now));
  return {
    ticks: rows,
    changed: verdicts.replaced.map((run) => ({ run, outcome: 'skipped', reason: 'overlap' })),
    appends: [...ended, ...appends],
    cursors,
    forgotten: [],
  };
}

/** Those that have no row yet: a cursor may be older than its rows after a backup was put back. */
async function undecided(
  { store }: EngineDeps,
  dag: string,
  ticks: readonly ScheduleTick[],
): Promise<ScheduleTick[]> {
  const since = ticks[0]?.at;
  if (since === undefined) return [];
  const rows = await store.ticks({ dag, since, limit: 0 });
  const taken = new Set(rows.map(({ kind, scheduledAt }) => `${kind} ${scheduledAt}`));
  return ticks.filter(({ kind, at }) => !taken.has(`${kind} ${at}`));
}

/** The DAG with its params, or why no run of it can be started (§20.6). */
async function load(
  { deps }: DecideInput,
  entry: DagEntry,
): Promise<Startable | NonNullable<TickFacts['broken']>> {
  try {
    const loaded = await entry.load();
    const { dag } = loaded;
    const given = { words: [], texts: [], file: [] };
    const { params, problems } = bindParams(dag.params, given, dag.paramsSchema);
    if (problems.length > 0) return { reason: 'missing_params', message: problems[0]?.message ?? '' };
    deps.files.openRun({ id: uuidv7(deps.clock.wall(), deps.random), ...ownRun(dag, entry.file) });
    return { ...loaded, params };
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    return { reason: 'invalid_file', message: error.diagnostics[0]?.message ?? error.message };
  }
}

function requestOf(
  { deps, unresolved }: DecideInput,
  { name, file, scheduling }: DagEntry,
  { dag, definition, params }: Startable,
  { tick, trigger }: TickVerdict,
): RunRequest {
  const start = tick.at + (tick.kind === 'start' ? jitterMs(name, scheduling.jitterSec) : 0);
  return {
    id: uuidv7(deps.clock.wall(), deps.random),
    ...{ dag, definition, file, params, trigger, unresolved },
    labels: Object.fromEntries(dag.labels),
    ...ownRun(dag, file),
    queue: dag.queue,
    scheduledAt: tick.at,
    dueAt: start > deps.clock.wall() ? start : null,
    ...{ selected: null, reuse: null },
  };
}

/** What ends runs of before: those in the queue are aborted, the others are asked to stop. */
async function endings(
  { store }: EngineDeps,
  present: readonly RunRecord[],
  { replaced, stops, empties }: ReturnType<typeof decideTicks>,
  now: number,
): Promise<Append[]> {
  const appends: Append[] = [];
  for (const { id, state } of present) {
    const isReplaced = replaced.includes(id);
    const isConcerned = state === 'queued' ? isReplaced || empties : stops && state === 'running';
    const snapshot = isConcerned ? await store.load(id) : null;
    if (snapshot === null) continue;
    // It has begun or ended since it was looked at: the ticks are decided again.
    if (snapshot.run.state !== state) throw new StateChanged(id);
    if (state === 'queued') appends.push(queuedAbort(snapshot, now, isReplaced ? 'replaced' : 'schedule'));
    else appends.push(scheduledStop(snapshot, now));
  }
  return appends;
}

/**
 * When a run last did by itself what the next tick is for. A run of an earlier tick did the work of that tick: it does
 * not count, else a job in good health would run at every second tick only.
 */
async function lastSuccess({ store }: EngineDeps, dag: string): Promise<number | null> {
  const states = ['succeeded', 'partially_succeeded'] as const;
  const runs = await store.runs({ dag, states, ofNoTick: true, limit: 20 });
  return runs.reduce<number | null>((last, { finishedAt }) => Math.max(last ?? 0, finishedAt ?? 0), null);
}

function rowOf(dag: string, verdict: TickVerdict, run: string | null, decidedAt: number): TickRecord {
  const { tick, outcome, reason, message } = verdict;
  const { kind, at } = tick;
  return { dag, kind, scheduledAt: at, outcome, reason, message, run, decidedAt, count: 1, firstAt: at };
}

function olderRow(
  dag: string,
  { first, last, count }: NonNullable<DueTicks['older']>,
  decidedAt: number,
): TickRecord {
  const why = { outcome: 'missed', reason: 'no_daemon', message: null, run: null } as const;
  return { dag, kind: last.kind, scheduledAt: last.at, ...why, decidedAt, count, firstAt: first.at };
}
