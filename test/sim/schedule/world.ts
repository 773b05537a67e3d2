import { createHash } from 'node:crypto';
import type { Dag } from '../../../src/core/dag.ts';
import type { DefinitionRecord, Owner } from '../../../src/core/records.ts';
import { Places } from '../../../src/engine/places.ts';
import type { SubDags } from '../../../src/engine/types.ts';
import { loadDag } from '../../../src/language/load.ts';
import { Daemon } from '../../../src/scheduler/daemon.ts';
import type { DagEntry, DagFolder, DaemonLog } from '../../../src/scheduler/types.ts';
import type { Connection } from '../../../src/store/sqlite/driver.ts';
import { depsOf, type World } from '../deps.ts';
import { Disk } from '../disk.ts';
import { FlowProcess, type Fault } from '../flow-process.ts';
import { Machine } from '../machine.ts';
import { Monitor } from '../monitor.ts';
import { Network } from '../network.ts';
import { VirtualTime } from '../time.ts';
import type { SchedulePlan } from './plan.ts';
import { TickWatch } from './watch.ts';

interface File {
  readonly dag: Dag;
  readonly definition: DefinitionRecord;
  readonly path: string;
}

const SILENT: DaemonLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A folder of DAGs, a database and a machine; daemons come and go. */
export class ScheduleWorld implements World {
  readonly plan: SchedulePlan;
  readonly db: Connection;
  readonly seed: number;
  readonly time: VirtualTime;
  readonly disk = new Disk();
  readonly machine: Machine;
  readonly monitor: Monitor;
  readonly network: Network;
  readonly watch: TickWatch;
  readonly subDags: SubDags;
  readonly #files: readonly File[];
  readonly flows: FlowProcess[] = [];

  constructor(db: Connection, plan: SchedulePlan) {
    this.db = db;
    this.plan = plan;
    this.seed = plan.seed;
    this.time = new VirtualTime(plan.seed);
    this.time.wallOffset = plan.wall;
    this.#files = plan.dags.map(({ name, text }) => read(`/sim/${name}.yaml`, text));
    const dagOf = (name: string): Dag => this.#files.find(({ dag }) => dag.name === name)!.dag;
    this.monitor = new Monitor(db, (created) => dagOf(created.dag));
    this.machine = new Machine(this.time, this.disk, plan.seed, this.monitor);
    this.network = new Network(this.machine, plan.seed, this.monitor);
    this.monitor.machine = this.machine;
    this.monitor.network = this.network;
    const dags = this.#files.map(({ dag }) => dag);
    // Without recovery the runs of several daemons pile up, and are taken up together.
    const isAlone =
      plan.resumeInterrupted &&
      plan.shifts.every(({ rival, faults }) => rival === null && !faults.some(({ how }) => how === 'pause'));
    this.watch = new TickWatch(db, dags, isAlone, (what) => this.monitor.fail(what));
    this.monitor.alsoAfterCommit = () => this.watch.committed();
    this.subDags = {
      find: () => Promise.resolve({ code: 'R710', message: 'there is none' }),
      stored: ({ run }) => Promise.resolve(dagOf(run.dag)),
    };
  }

  isAlive({ pid }: Owner): boolean {
    return this.flows[pid - 1]?.isRunning ?? false;
  }

  /** A daemon on the folder; `schedules` off: it only does what is left to do. */
  daemon(faults: readonly Fault[], slowMs: number, schedules = true): { flow: FlowProcess; daemon: Daemon } {
    const flow = new FlowProcess(this.time, this.flows.length + 1, faults, slowMs, { daemon: true });
    this.flows.push(flow);
    const deps = depsOf(this, flow);
    const daemon = new Daemon({
      deps,
      folder: this.#folder(schedules),
      log: SILENT,
      options: { places: new Places(0), onFailure: 'continue' },
      queues: new Map(),
      maxRuns: this.plan.maxRuns,
      zone: 'UTC',
      unresolved: 'strict',
      resumeInterrupted: this.plan.resumeInterrupted || !schedules,
      drainTimeoutMs: 5_000,
      report: () => undefined,
      ready: () => undefined,
    });
    return { flow, daemon };
  }

  #folder(schedules: boolean): DagFolder {
    const files = schedules ? this.#files : [];
    const dags = new Map(
      files.map(({ dag, definition, path }): [string, DagEntry] => {
        const load = (): ReturnType<DagEntry['load']> => Promise.resolve({ dag, definition });
        return [dag.name, { name: dag.name, file: path, scheduling: dag, load }];
      }),
    );
    return { dags, problems: [], unread: new Set(), scan: () => Promise.resolve(true) };
  }
}

function read(path: string, text: string): File {
  const { dag, diagnostics } = loadDag({ file: path, bytes: new TextEncoder().encode(text) });
  if (dag === null) throw new Error(`${diagnostics.map(({ message }) => message).join('; ')}\n${text}`);
  const hash = createHash('sha256').update(text).digest('hex');
  return { dag, path, definition: { hash, text, files: {}, base: null, flowVersion: 'sim' } };
}
