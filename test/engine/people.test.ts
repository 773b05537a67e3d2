import { perform } from '../../src/actions/perform.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { flowHome } from '../../src/base/paths.ts';
import type { Dag } from '../../src/core/dag.ts';
import type { JournalEvent } from '../../src/core/events.ts';
import type { Snapshot } from '../../src/core/records.ts';
import { recordAnswer } from '../../src/engine/answering.ts';
import { ownRun } from '../../src/engine/run-folders.ts';
import { Places } from '../../src/engine/places.ts';
import { runVerbs } from '../../src/engine/runs.ts';
import { startRun } from '../../src/engine/start.ts';
import type { EngineDeps } from '../../src/engine/types.ts';
import { nodeRunFiles } from '../../src/process/files.ts';
import { systemProcesses } from '../../src/process/system.ts';
import { openStore } from '../../src/store/sqlite/open.ts';
import type { Store } from '../../src/store/store.ts';
import { OWNER } from '../support/events.ts';
import { dagOf } from '../support/diagnose.ts';
import { DEFINITION } from '../store/sample.ts';

interface Ran {
  readonly snapshot: Snapshot;
  readonly stored: Snapshot;
  readonly seen: readonly JournalEvent[];
}

/** Runs a DAG of actions inside flow on a real store; `beforeWaiting` is called before each commit of run.waiting. */
async function ran(dag: Dag, beforeWaiting: (store: Store) => Promise<void>): Promise<Ran> {
  const root = mkdtempSync(join(tmpdir(), 'flow-people-'));
  const home = flowHome(join(root, 'home'));
  const real = await openStore({ home, clock: systemClock, flowVersion: '0' });
  onTestFinished(async () => {
    await real.close();
    rmSync(root, { recursive: true, force: true });
  });
  const store: Store = {
    ...real,
    async append(batch) {
      if (batch.events.at(-1)?.type === 'run.waiting') await beforeWaiting(real);
      return real.append(batch);
    },
  };
  const seen: JournalEvent[] = [];
  const unused = (): never => {
    throw new Error('not needed here');
  };
  const deps: EngineDeps = {
    ...{
      store,
      home,
      clock: systemClock,
      owner: OWNER,
      environment: {},
      defaultShell: 'sh',
      timeZone: 'UTC',
      maxLogSize: 100,
      denyPrivate: false,
      runs: runVerbs,
    },
    processes: systemProcesses(systemClock, 0o022, []),
    commands: { run: unused },
    perform,
    random: (n) => new Uint8Array(n),
    files: nodeRunFiles(home, 0o022),
    isOwnerAlive: () => true,
    observer: { busy: false, event: (entry) => seen.push(entry), output: () => undefined, nested: unused },
    subDags: { find: unused, stored: unused },
  };
  const request = {
    ...{ id: 'r-1', dag, definition: DEFINITION, file: join(root, 'dag.yaml'), params: [], labels: {} },
    ...({
      trigger: 'manual',
      unresolved: 'strict',
      selected: null,
      reuse: null,
      ...ownRun(dag, root),
    } as const),
  };
  const options = { places: new Places(), onFailure: 'continue' } as const;
  const execution = await startRun(deps, request, options, () => undefined);
  const snapshot = await execution.ended;
  const stored = await real.load('r-1');
  if (stored === null) throw new Error('the run is not stored');
  return { snapshot, stored, seen };
}

const DAG = dagOf(`handler_on: {wait: {action: log.write, with: {message: waits}}}
type: chain
steps:
  - {id: first, action: human.task, with: {prompt: one?}}
  - {id: second, action: human.task, with: {prompt: two?}}
  - {id: then, action: noop}
`);

test('an answer between the last look and the commit keeps the run from waiting (§18.1, RELIABILITY.md T6, T7)', async () => {
  const { snapshot, stored, seen } = await ran(DAG, async (store) => {
    const step = (await store.tasks('r-1')).length;
    const given = { step, answer: 'completed', inputs: {}, reason: null } as const;
    await recordAnswer({ store, clock: systemClock }, 'r-1', given);
  });
  expect(snapshot.run.state).toBe('succeeded');
  expect(stored).toEqual(snapshot);
  expect(snapshot.attempts.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'succeeded']);
  // Each question was told of by the wait handler.
  expect(snapshot.steps.find(({ kind }) => kind === 'wait')?.tries).toHaveLength(2);
  const last = seen.map(({ event }) => event.type).slice(-6);
  expect(last).toEqual([
    ...['run.waiting', 'run.resumed', 'step.finished', 'step.started', 'step.finished', 'run.finished'],
  ]);
});

test('a rejection at that moment ends the run rejected', async () => {
  const { snapshot, stored } = await ran(DAG, async (store) => {
    const given = { step: 1, answer: 'rejected', inputs: {}, reason: 'no' } as const;
    await recordAnswer({ store, clock: systemClock }, 'r-1', given);
  });
  expect(snapshot.run.state).toBe('rejected');
  expect(snapshot.steps.slice(0, 3).map(({ state, reason }) => [state, reason])).toEqual([
    ['aborted', 'rejected'],
    ['aborted', 'upstream_aborted'],
    ['aborted', 'upstream_aborted'],
  ]);
  expect(stored).toEqual(snapshot);
});

test('without one it waits', async () => {
  const { snapshot, stored } = await ran(DAG, () => Promise.resolve());
  expect(snapshot.run).toMatchObject({ state: 'waiting', owner: null, attempt: 1 });
  expect(stored).toEqual(snapshot);
});
