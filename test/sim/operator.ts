import { recordAnswer } from '../../src/engine/answering.ts';
import { Left } from '../../src/engine/execution.ts';
import { resumeRun } from '../../src/engine/resume.ts';
import { ownRun } from '../../src/engine/run-folders.ts';
import { startRun } from '../../src/engine/start.ts';
import type { EngineDeps, Execution } from '../../src/engine/types.ts';
import { openQuestions } from '../../src/core/questions.ts';
import type { RunRecord, Snapshot } from '../../src/core/records.ts';
import { runOwned } from '../../src/core/states.ts';
import { FlowError } from '../../src/errors/diagnostic.ts';
import { Fenced, RunExists } from '../../src/store/store.ts';
import { Crash } from './flow-process.ts';
import type { Fault, FlowProcess } from './flow-process.ts';
import { CALM } from './generate.ts';
import type { Sitting } from './generate.ts';
import { FILE } from './sub-dags.ts';
import type { Simulation } from './simulation.ts';

/** How often a run that did not end well is taken up again when nothing goes wrong any more. */
const CALM_RESUMES = 4;

const EXPECTED = [Crash, Fenced, Left, RunExists];

/** The people around a run: they start it, resume it after every death, stop it, and answer its questions. */
export class Operator {
  readonly #sim: Simulation;
  readonly #person: FlowProcess;
  isDone = false;

  constructor(sim: Simulation) {
    this.#sim = sim;
    // Somebody who answers questions, and is never killed.
    this.#person = sim.flow([], 0);
  }

  async work(): Promise<void> {
    const { sittings, isCalm } = this.#sim.plan;
    this.#sim.machine.isCalm = isCalm;
    for (const [place, sitting] of sittings.entries()) {
      await this.#sit(sitting, place === 0);
      if (this.#state() === 'succeeded') break;
    }
    this.#sim.machine.isCalm = true;
    for (let i = 0; i < CALM_RESUMES && !this.#isOver(i); i++) await this.#sit(CALM, false);
    this.#wakePaused();
    // What a late owner still does must have no effect.
    await this.#sim.time.sleep(20_000);
    this.isDone = true;
  }

  #state(): RunRecord['state'] | 'none' {
    return this.#snapshot()?.run.state ?? 'none';
  }

  #snapshot(): Snapshot | null {
    return this.#sim.monitor.snapshotOf(this.#sim.run);
  }

  /** After `calm` quiet sittings the run has ended, or waits. */
  #isOver(calm: number): boolean {
    const state = this.#state();
    if (state === 'succeeded' || state === 'partially_succeeded') return true;
    if (calm > 0 && (state === 'none' || runOwned(state)))
      this.#sim.monitor.fail(`the run is ${state} after its process ended`);
    return false;
  }

  /** One flow process, from its start to its end, its death or a pause, and its rival. */
  async #sit(sitting: Sitting, isFirst: boolean): Promise<void> {
    const { time } = this.#sim;
    time.wallOffset += sitting.wallStep;
    if (this.#state() === 'waiting') await this.#answerOne();
    const drives = [this.#drive(sitting.faults, sitting, isFirst)];
    if (sitting.rival !== null && !isFirst)
      drives.push(this.#drive(sitting.rival, { ...sitting, stops: [] }, false));
    await Promise.all(drives);
    await time.sleep(time.random.pick([0, 1, 100, 2_000]));
  }

  async #drive(faults: readonly Fault[], { slowMs, stops }: Sitting, isFirst: boolean): Promise<void> {
    const sim = this.#sim;
    const flow = sim.flow(faults, slowMs);
    const begun = (one: Execution): void => {
      for (const ms of stops) flow.after(ms, () => one.stop('sigterm'));
    };
    const ended = this.#begin(sim.deps(flow), isFirst, begun).then(
      (one) => one?.ended,
      (error: unknown) => this.#explain(error),
    );
    const over = ended.then(
      () => 'ended' as const,
      (error: unknown) => this.#explain(error),
    );
    const answering = this.#answerSometimes(() => flow.isRunning);
    const how = await Promise.race([over, flow.left]);
    if (how === 'died') sim.crashes += 1;
    if (how !== 'paused') flow.end();
    else void over.then(() => flow.end());
    answering();
  }

  async #begin(
    deps: EngineDeps,
    isFirst: boolean,
    begun: (one: Execution) => void,
  ): Promise<Execution | null> {
    const sim = this.#sim;
    const before = await deps.store.load(sim.run);
    if (before === null) {
      const request = {
        ...{ id: sim.run, dag: sim.dag, definition: sim.file.definition, file: FILE, params: [], labels: {} },
        ...({ trigger: 'manual', unresolved: 'strict', selected: null, reuse: null } as const),
        ...ownRun(sim.dag, FILE),
      };
      return startRun(deps, request, sim.options(), begun);
    }
    if (isFirst || before.run.state === 'succeeded' || before.run.state === 'partially_succeeded')
      return null;
    const how = { ...sim.options(), from: null, edited: null, warnings: [] };
    const watch = { planned: () => undefined, begun };
    return resumeRun(deps, before, await deps.subDags.stored(before), how, watch);
  }

  /** What a flow process may end with; anything else is a bug. */
  #explain(error: unknown): 'ended' {
    const isBusy = error instanceof FlowError && error.exitCode === 5;
    if (isBusy || EXPECTED.some((kind) => error instanceof kind)) return 'ended';
    this.#sim.monitor.fail(
      `a flow process failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return 'ended';
  }

  /** From time to time, as long as the process lives. */
  #answerSometimes(isLiving: () => boolean): () => void {
    const { plan, time } = this.#sim;
    let cancel = (): void => undefined;
    const look = (): void => {
      if (plan.answerMs === null || !isLiving()) return;
      cancel = time.after(plan.answerMs, () => {
        this.#answerOne().then(look, (error: unknown) => this.#explain(error));
      });
    };
    look();
    return () => cancel();
  }

  /** One open question of any run is answered, if there is one. */
  async #answerOne(): Promise<void> {
    const { monitor, time, machine } = this.#sim;
    const open = monitor.runs.flatMap((snapshot) =>
      openQuestions(snapshot).flatMap((task) => (task.answer === null ? [{ snapshot, task }] : [])),
    );
    if (open.length === 0) return;
    const { snapshot, task } = time.random.pick(open);
    const rejects = !machine.isCalm && time.random.oneIn(6);
    const said = task.kind === 'human' ? 'completed' : 'approved';
    const given = { answer: rejects ? 'rejected' : said, inputs: {}, reason: null } as const;
    try {
      await recordAnswer(this.#sim.deps(this.#person), snapshot.run.id, { step: task.step, ...given });
    } catch (error) {
      if (!(error instanceof FlowError) || error.exitCode !== 1) throw error;
    }
  }

  #wakePaused(): void {
    for (const flow of this.#sim.flows) flow.continue();
  }
}
