import { flowHome } from '../../src/base/paths.ts';
import type { Owner } from '../../src/core/records.ts';
import type { Observer } from '../../src/core/observer.ts';
import { runVerbs } from '../../src/engine/runs.ts';
import type { EngineDeps, SubDags } from '../../src/engine/types.ts';
import type { Connection } from '../../src/store/sqlite/driver.ts';
import { random } from '../support/random.ts';
import { storeOf } from './database.ts';
import { runFiles, type Disk } from './disk.ts';
import type { FlowProcess } from './flow-process.ts';
import type { Machine } from './machine.ts';
import type { Network } from './network.ts';
import { HOME, type Monitor } from './monitor.ts';
import { commands, processes } from './processes.ts';
import type { VirtualTime } from './time.ts';

/** What stays when flow processes die. */
export interface World {
  readonly db: Connection;
  readonly seed: number;
  readonly time: VirtualTime;
  readonly disk: Disk;
  readonly machine: Machine;
  readonly network: Network;
  readonly monitor: Monitor;
  readonly subDags: SubDags;
  isAlive(owner: Owner): boolean;
}

const SILENT: Observer = {
  busy: false,
  event: () => undefined,
  output: () => undefined,
  nested: () => SILENT,
};

/** What a flow process is given; the real engine does the rest. */
export function depsOf(world: World, flow: FlowProcess): EngineDeps {
  const { db, time, disk, machine, monitor, network, subDags } = world;
  const chance = random(world.seed + flow.pid);
  return {
    store: storeOf(db, flow, time, () => monitor.committed()),
    processes: processes(machine, flow),
    commands: commands(machine, flow),
    perform: network.actions(flow),
    clock: { wall: () => time.wall(), mono: () => time.now, after: flow.after.bind(flow) },
    random: (count) => Uint8Array.from({ length: count }, () => chance.below(256)),
    home: flowHome(HOME),
    files: runFiles(disk, flow),
    owner: flow.owner,
    isOwnerAlive: (owner) => world.isAlive(owner),
    environment: {},
    defaultShell: 'sh',
    maxLogSize: 1024 * 1024,
    denyPrivate: false,
    timeZone: 'UTC',
    observer: SILENT,
    subDags,
    runs: runVerbs,
  };
}
