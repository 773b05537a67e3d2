import { runOwned } from '../../../src/core/states.ts';
import { MOST_RECOVERIES } from '../../../src/scheduler/recovery.ts';
import { runs } from '../../../src/store/sqlite/queries.ts';
import { Crash, type Fault } from '../flow-process.ts';
import { emptyDatabase, stray } from '../simulate.ts';
import { Hang } from '../time.ts';
import { CALM_SHIFT, type SchedulePlan, type Shift } from './plan.ts';
import { ScheduleWorld } from './world.ts';

export interface ScheduleResult {
  readonly violations: readonly string[];
  readonly world: ScheduleWorld;
  readonly crashes: number;
}

/** Ten virtual days: clocks may be set by three. */
const LIMITS = { ms: 10 * 86_400_000, events: 400_000 };

/** Plays a plan to its end: daemons that die, then one that does not. */
export async function playSchedule(plan: SchedulePlan): Promise<ScheduleResult> {
  const world = new ScheduleWorld(emptyDatabase(), plan);
  const { monitor, time } = world;
  const player = new Player(world);
  let failed = false;
  player.work().catch((error: unknown) => {
    failed = true;
    monitor.fail(`the player failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  });
  try {
    await time.runUntil(() => player.isDone || failed || monitor.violations.length > 0, LIMITS);
  } catch (error) {
    if (!(error instanceof Hang)) throw error;
    monitor.fail(`it never ends: ${error.message}`);
  }
  for (const error of stray.splice(0))
    monitor.fail(`unhandled: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  for (const flow of world.flows) flow.end();
  return { violations: monitor.violations, world, crashes: player.crashes };
}

class Player {
  readonly #world: ScheduleWorld;
  crashes = 0;
  isDone = false;

  constructor(world: ScheduleWorld) {
    this.#world = world;
  }

  async work(): Promise<void> {
    const { plan, time, machine, watch, flows } = this.#world;
    for (const shift of plan.shifts) {
      await this.#shift(shift);
      await time.sleep(shift.down);
    }
    machine.isCalm = true;
    await this.#shift(CALM_SHIFT);
    watch.complete(this.#world.monitor.journal);
    // Late daemons wake up, do what they can, and leave.
    for (const flow of flows) flow.continue();
    await time.sleep(60_000);
    for (const flow of flows) flow.end();
    // An instant that is due may lie in a time that a clock has been set back from.
    time.wallOffset += Math.max(0, watch.latest - time.wall());
    // What is left of queues and interrupted runs comes to its end.
    await this.#shift({ ...CALM_SHIFT, length: 900_000 }, false);
    this.#checkEnds();
    this.isDone = true;
  }

  async #shift(shift: Shift, schedules = true): Promise<void> {
    const { time } = this.#world;
    const { step } = shift;
    const cancel =
      step === null ? () => undefined : time.after(step.after, () => (time.wallOffset += step.by));
    const daemons = [this.#drive(shift, shift.faults, schedules)];
    if (shift.rival !== null) daemons.push(this.#drive(shift, shift.rival, schedules));
    await Promise.all(daemons);
    cancel();
  }

  /** One daemon until it has ended, died or been paused. */
  async #drive(
    { slowMs, length, signals }: Shift,
    faults: readonly Fault[],
    schedules: boolean,
  ): Promise<void> {
    const { monitor } = this.#world;
    const { flow, daemon } = this.#world.daemon(faults, slowMs, schedules);
    for (const after of signals) flow.after(length + after, () => daemon.signal('sigterm'));
    const over = daemon.run().then(
      () => 'ended' as const,
      (error: unknown) => {
        if (!(error instanceof Crash))
          monitor.fail(`a daemon failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
        return 'ended' as const;
      },
    );
    const how = await Promise.race([over, flow.left]);
    if (how === 'died') this.crashes += 1;
    // One that has drained is gone, with what it left.
    if (how !== 'paused') flow.end();
    else void over.then(() => flow.end());
  }

  #checkEnds(): void {
    const { db, monitor } = this.#world;
    for (const run of runs(db, { limit: 0 })) {
      const isGivenUp = runOwned(run.state) && run.recoveries >= MOST_RECOVERIES;
      if ((runOwned(run.state) || run.state === 'queued') && !isGivenUp)
        monitor.fail(`run ${run.id} of ${run.dag} is ${run.state} at the end`);
    }
  }
}
