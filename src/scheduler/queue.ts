import { shortId } from '../base/ids.ts';
import type { Dag } from '../core/dag.ts';
import { nextOfQueues } from '../core/queue.ts';
import type { QueuedRun, RunRecord } from '../core/records.ts';
import { RUN_STATES, runEnded } from '../core/states.ts';
import { resumeRun } from '../engine/resume.ts';
import type { EngineDeps, RunOptions } from '../engine/types.ts';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { Fleet } from './fleet.ts';
import { reasonOf } from './reason.ts';
import type { DaemonLog, Queues } from './types.ts';

export interface QueueInput {
  readonly deps: EngineDeps;
  readonly fleet: Fleet;
  readonly log: DaemonLog;
  readonly options: RunOptions;
  readonly queues: Queues;
  /** Runs at once; 0 is no limit. */
  readonly maxRuns: number;
}

/** What a definition says to its queue. */
type QueuePolicy = Pick<Dag, 'maxActiveRuns' | 'overlapPolicy' | 'restartWaitSec'>;

/** Starts what waits in the queues, within their limits (LANGUAGE.md §21.1). */
export class QueueRunner {
  readonly #in: QueueInput;
  /** By DAG and hash of the definition. */
  readonly #policies = new Map<string, QueuePolicy>();
  /** Runs that this flow cannot start; said once each. */
  readonly #refused = new Set<string>();

  constructor(input: QueueInput) {
    this.#in = input;
  }

  /** Begins all that may begin now. */
  async startNext(): Promise<void> {
    const { deps, fleet, maxRuns } = this.#in;
    const all = await deps.store.queued();
    this.#forget(all);
    const queued = all.filter(({ id }) => !this.#refused.has(id) && !fleet.has(id));
    const policies = new Map<string, QueuePolicy>();
    const held = new Set<string>();
    for (const run of queued) {
      const policy = await this.#policyOf(run);
      if (policy === null) continue;
      policies.set(run.id, policy);
      if (await this.#waitsForOthers(run, policy)) held.add(run.id);
    }
    const next = nextOfQueues(
      queued.filter(({ id }) => policies.has(id)),
      {
        now: deps.clock.wall(),
        places: (run) => this.#places(run, policies.get(run.id)),
        room: maxRuns === 0 ? Number.POSITIVE_INFINITY : maxRuns - fleet.size,
        isHeld: ({ id }) => held.has(id),
      },
    );
    for (const run of next) this.#start(run, queueKey(this.#in.queues, run));
  }

  #places(run: QueuedRun, policy: QueuePolicy | undefined): { key: string; taken: number; most: number } {
    const { queues, fleet } = this.#in;
    const key = queueKey(queues, run);
    const named = run.queue === null ? undefined : queues.get(run.queue);
    return { key, taken: fleet.taken(key), most: named ?? policy?.maxActiveRuns ?? 1 };
  }

  /** The run of `restart` and `cancel_running` starts when those that it stops have ended (§20.1, §20.7). */
  async #waitsForOthers(run: QueuedRun, policy: QueuePolicy): Promise<boolean> {
    const isRestart = run.tick === 'restart';
    if (!isRestart && (run.tick !== 'start' || policy.overlapPolicy !== 'cancel_running')) return false;
    const { deps } = this.#in;
    const { store, clock } = deps;
    const others = await store.runs({ dag: run.dag, states: ['running', 'aborting'], limit: 0 });
    if (others.some(({ owner }) => owner !== null && deps.isOwnerAlive(owner))) return true;
    if (!isRestart || policy.restartWaitSec === 0) return false;
    const [last] = await store.runs({ dag: run.dag, states: RUN_STATES.filter(runEnded), limit: 1 });
    const since = clock.wall() - (last?.finishedAt ?? 0);
    // After its end by the clock: one that was set back must not make it wait for hours.
    return since >= 0 && since < policy.restartWaitSec * 1_000;
  }

  /** What concerns no queued run any more: a daemon runs for months, and files are edited. */
  #forget(queued: readonly QueuedRun[]): void {
    const keys = new Set(queued.map(policyKey));
    for (const key of this.#policies.keys()) if (!keys.has(key)) this.#policies.delete(key);
    const ids = new Set(queued.map(({ id }) => id));
    for (const id of this.#refused) if (!ids.has(id)) this.#refused.delete(id);
  }

  async #policyOf(run: QueuedRun): Promise<QueuePolicy | null> {
    const { id } = run;
    const key = policyKey(run);
    const known = this.#policies.get(key);
    if (known !== undefined) return known;
    const { deps, log } = this.#in;
    const snapshot = await deps.store.load(id);
    if (snapshot === null) return null;
    try {
      const { maxActiveRuns, overlapPolicy, restartWaitSec } = await deps.subDags.stored(snapshot);
      const policy = { maxActiveRuns, overlapPolicy, restartWaitSec };
      this.#policies.set(key, policy);
      return policy;
    } catch (error) {
      this.#refused.add(id);
      log.error(
        `run ${shortId(id)} of ${snapshot.run.dag} cannot start: ${reasonOf(error)}`,
        runFields(snapshot.run),
      );
      return null;
    }
  }

  #start({ id }: QueuedRun, queue: string): void {
    const { deps, fleet, options } = this.#in;
    fleet.drive(id, queue, async (begun) => {
      const snapshot = await deps.store.load(id);
      if (snapshot === null) throw flowError(EXIT.usage, 'E003', `run ${shortId(id)} is gone`);
      const dag = await deps.subDags.stored(snapshot);
      const how = { ...options, from: null, edited: null, warnings: [], automatic: 'queue' } as const;
      return resumeRun(deps, snapshot, dag, how, { planned: () => undefined, begun });
    });
  }
}

/** The queue of a run: one of the configuration, else the private one of its DAG (LANGUAGE.md §21.1). */
export function queueKey(queues: Queues, { dag, queue }: Pick<RunRecord, 'dag' | 'queue'>): string {
  return queue !== null && queues.has(queue) ? `queue:${queue}` : `dag:${dag}`;
}

function policyKey({ dag, definition }: QueuedRun): string {
  return `${dag} ${definition}`;
}

function runFields({ id, dag }: Pick<RunRecord, 'id' | 'dag'>): { run: string; dag: string } {
  return { run: id, dag };
}
