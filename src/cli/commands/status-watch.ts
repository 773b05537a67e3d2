import { sleep } from '../../base/clock.ts';
import type { Snapshot } from '../../core/records.ts';
import { runEnded } from '../../core/states.ts';
import { shownState } from '../../engine/ownership.ts';
import { frameLines } from '../../report/live/frame.ts';
import type { LiveRun } from '../../report/live/rows.ts';
import { Screen } from '../../term/screen.ts';
import type { Context } from '../context.ts';
import { lastLine } from '../../report/log-end.ts';
import { settledRun } from '../settled-run.ts';
import type { Reading } from '../wiring.ts';

const FRAME_MS = 150;
/** A run is read again so often; one with many steps less. */
const LOOK_MS = 300;
const MANY_STEPS = 1_000;
const SLOW_LOOK_MS = 1_500;

/**
 * Draws a run of any process in place until it has ended, waits or is interrupted, or until a signal. Where nothing can
 * be drawn it only waits. @returns the run as it was last
 */
export async function watchRun(context: Context, reading: Reading, first: Snapshot): Promise<Snapshot> {
  const { clock, out, paintOut: paint } = context;
  const screen = new Screen(out);
  const stop = { isAsked: false };
  const stopListening = context.onSignal(() => (stop.isAsked = true));
  let look = await lookAt(reading, first);
  let lookedAt = clock.mono();
  try {
    for (let turn = 0; ; turn++) {
      const { run, isOver } = look;
      const facts = { now: clock.wall(), turn, usual: null, size: out.size, paint };
      if (out.isTerminal) screen.draw(frameLines(run, facts));
      if (isOver || stop.isAsked || out.closed) return run.snapshot;
      await sleep(clock, FRAME_MS);
      const pause = run.snapshot.steps.length > MANY_STEPS ? SLOW_LOOK_MS : LOOK_MS;
      if (clock.mono() - lookedAt < pause) continue;
      lookedAt = clock.mono();
      look = await lookAt(reading, (await reading.store.load(first.run.id)) ?? run.snapshot);
    }
  } finally {
    stopListening();
    // Its place is taken by what `flow status` prints.
    if (out.isTerminal) screen.draw([]);
    screen.close();
  }
}

/** `isOver`: nothing more happens by itself. */
async function lookAt(reading: Reading, snapshot: Snapshot): Promise<{ run: LiveRun; isOver: boolean }> {
  const settled = await settledRun(reading, snapshot);
  const state = shownState(settled.run, reading.isOwnerAlive);
  const isOver = state === 'interrupted' || state === 'waiting' || runEnded(settled.run.state);
  return { run: await liveRun(reading.store, settled), isOver };
}

/** With those of its child runs that have not ended well. */
async function liveRun(store: Reading['store'], snapshot: Snapshot): Promise<LiveRun> {
  const children = new Map<number, LiveRun[]>();
  const records = await store.runs({ parent: snapshot.run.id, limit: 0 });
  for (const { id, parent, state } of records.reverse()) {
    const child = parent === null || state === 'succeeded' ? null : await store.load(id);
    if (child === null || parent === null) continue;
    children.set(parent.step, [...(children.get(parent.step) ?? []), await liveRun(store, child)]);
  }
  return { snapshot, dag: null, label: null, children, lastLine };
}
