import type { Dag } from '../../src/core/dag.ts';
import type { JournalEvent } from '../../src/core/events.ts';
import type { Owner } from '../../src/core/records.ts';
import { Places } from '../../src/engine/places.ts';
import type { EngineDeps, RunOptions } from '../../src/engine/types.ts';
import type { Connection } from '../../src/store/sqlite/driver.ts';
import { depsOf } from './deps.ts';
import { Disk } from './disk.ts';
import { FlowProcess } from './flow-process.ts';
import type { Fault } from './flow-process.ts';
import type { Plan } from './generate.ts';
import { Machine } from './machine.ts';
import { Monitor } from './monitor.ts';
import { Network } from './network.ts';
import { readText, subDags } from './sub-dags.ts';
import type { DagFile } from './sub-dags.ts';
import { VirtualTime } from './time.ts';

/** A world with one run in it: what stays when flow processes die, and the flow processes. */
export class Simulation {
  readonly plan: Plan;
  readonly run: string;
  readonly file: DagFile;
  readonly time: VirtualTime;
  readonly machine: Machine;
  readonly monitor: Monitor;
  readonly network: Network;
  readonly #db: Connection;
  readonly #disk = new Disk();
  readonly flows: FlowProcess[] = [];
  crashes = 0;

  constructor(db: Connection, plan: Plan, run: string) {
    this.#db = db;
    this.plan = plan;
    this.run = run;
    this.file = readText(plan.text);
    this.time = new VirtualTime(plan.seed);
    this.monitor = new Monitor(db, (created) => this.file.documents[created.document]!);
    this.machine = new Machine(this.time, this.#disk, plan.seed, this.monitor);
    this.network = new Network(this.machine, plan.seed, this.monitor);
    this.monitor.machine = this.machine;
    this.monitor.network = this.network;
    const all = plan.sittings.flatMap(({ faults, rival }) => [...faults, ...(rival ?? [])]);
    this.monitor.ownersSleep = all.some(({ how }) => how === 'pause');
  }

  get dag(): Dag {
    return this.file.documents[0]!;
  }

  get journal(): readonly JournalEvent[] {
    return this.monitor.journal;
  }

  flow(faults: readonly Fault[], slowMs: number): FlowProcess {
    const flow = new FlowProcess(this.time, this.flows.length + 1, faults, slowMs);
    this.flows.push(flow);
    return flow;
  }

  deps(flow: FlowProcess): EngineDeps {
    const { time, machine, monitor, network } = this;
    const world = { db: this.#db, seed: this.plan.seed, time, disk: this.#disk, machine, monitor, network };
    return depsOf({ ...world, subDags: subDags(this.file), isAlive: (owner) => this.isAlive(owner) }, flow);
  }

  /** One that is paused is taken for dead here: the token must make such a mistake harmless (RELIABILITY.md P5). */
  isAlive({ pid }: Owner): boolean {
    return this.flows[pid - 1]?.isRunning ?? false;
  }

  options(): RunOptions {
    return { places: new Places(this.plan.jobs), onFailure: this.plan.onFailure };
  }
}
