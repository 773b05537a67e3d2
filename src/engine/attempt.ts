import type { Dag, HandlerEvent, OutputValue, Step } from '../core/dag.ts';
import { stepAt } from '../core/fold.ts';
import type { Outcome } from '../core/outcome.ts';
import { outcomeOf } from '../core/outcome.ts';
import { Plan } from '../core/plan.ts';
import type { Settled } from '../core/plan.ts';
import type { Snapshot } from '../core/records.ts';
import { stepEnded } from '../core/states.ts';
import { rootEnvironment } from './environment.ts';
import type { RootEnvironment } from './environment.ts';
import type { Journal } from './journal.ts';
import { Mailbox } from './mailbox.ts';
import { OutputPump } from './output-pump.ts';
import type { AttemptFacts } from './scope.ts';
import { attemptFacts } from './scope.ts';
import type { RunningTry } from './launch.ts';
import { Tries } from './tries.ts';
import type { EngineDeps, RunOptions } from './types.ts';

/**
 * Drives one attempt of a run from its first step to its end (LANGUAGE.md §15.1, from 6 on). One loop: start what
 * is ready, commit, wait for what happens, record what it means; the same for steps and handlers.
 */
export class Attempt {
  readonly #deps: EngineDeps;
  readonly #journal: Journal;
  readonly #dag: Dag;
  readonly #options: RunOptions;
  readonly #facts: AttemptFacts;
  readonly #mailbox = new Mailbox();
  readonly #pump: OutputPump;
  readonly #plan: Plan;
  readonly #startedAt: number;
  #tries: Tries | null = null;
  /** Why the run is being stopped; null while it is not. */
  #stopped: string | null = null;
  #killed = false;
  #runError: string | null = null;
  /** Attached handlers that have ended in this attempt: they do not run a second time. */
  readonly #handled = new Set<number>();
  readonly #attached = new Map<number, RunningTry>();
  readonly #entriesDone = new Map<number, number>();

  constructor(deps: EngineDeps, journal: Journal, dag: Dag, options: RunOptions) {
    this.#deps = deps;
    this.#journal = journal;
    this.#dag = dag;
    this.#options = options;
    this.#facts = attemptFacts(dag, journal.snapshot, deps.home);
    this.#pump = new OutputPump(deps.clock, deps.files, deps.observer);
    this.#plan = new Plan(dag.steps, journal.snapshot.steps);
    this.#startedAt = deps.clock.mono();
  }

  /** Takes over a try of a dead owner; before `run`. */
  attach(step: number, running: RunningTry): void {
    this.#attached.set(step, running);
  }

  /** The entries of a `run` list that an interrupted try had done are not run again (LANGUAGE.md §22.2). */
  skipEntries(step: number, done: number): void {
    this.#entriesDone.set(step, done);
  }

  stop(reason: string, kill: boolean): void {
    this.#mailbox.post({ kind: 'stop', reason, kill });
  }

  /** Commits what was emitted before, then drives the attempt to its end. */
  async run(): Promise<Snapshot> {
    const cancelTimeout = this.#armTimeout();
    try {
      const root = this.#resolveRoot();
      if (root === null) await this.#finish({ state: 'failed', reason: this.#runError });
      else await this.#runAll(root);
      return this.#journal.snapshot;
    } finally {
      cancelTimeout();
      this.#tries?.close();
      this.#pump.close();
    }
  }

  async #runAll(root: RootEnvironment): Promise<void> {
    const { snapshot } = this.#journal;
    this.#tries = new Tries({
      deps: this.#deps,
      journal: this.#journal,
      facts: this.#facts,
      root,
      mailbox: this.#mailbox,
      pump: this.#pump,
      entriesDone: this.#entriesDone,
    });
    for (const [step, running] of this.#attached) {
      this.#tries.attach(this.#stepOf(step), running);
      if (stepAt(snapshot, step).kind !== 'step') this.#handled.add(step);
    }
    const settled = this.#plan.begin(snapshot.run.selected === null ? null : new Set(snapshot.run.selected));
    this.#settle(settled);
    const mayStart = await this.#handler('init', 'running');
    if (!mayStart) this.#abortPending('init_failed');
    const tries = this.#tries;
    await this.#drive(
      () => (mayStart ? this.#plan.take() : null),
      () => tries.idle,
    );
    if (this.#stopped !== null) await this.#tries.killAllLeftovers();
    const outcome = this.#outcome();
    const event = outcome.state === 'failed' ? 'failure' : outcome.state === 'aborted' ? 'abort' : 'success';
    await this.#handler(event, outcome.state);
    await this.#handler('exit', outcome.state);
    await this.#finish(this.#outcome());
  }

  #resolveRoot(): RootEnvironment | null {
    const { run } = this.#journal.snapshot;
    const { root, resolver } = rootEnvironment(this.#facts, this.#deps.environment, run.unresolved);
    for (const { code, message } of resolver.warnings) this.#warn(code, message);
    if (resolver.failure === null) return root;
    this.#runError = resolver.failure.code;
    this.#warn(resolver.failure.code, resolver.failure.message);
    this.#abortPending(resolver.failure.code);
    return null;
  }

  /** Runs a handler; false when it failed and the run fails with it (R605). */
  async #handler(event: HandlerEvent, runStatus: string): Promise<boolean> {
    const step = this.#dag.handlers.get(event);
    if (step === undefined || this.#tries === null) return true;
    const record = stepAt(this.#journal.snapshot, step.number);
    // It ended before an interruption (init, or the handlers of a stop), or there is no more time for it.
    if (stepEnded(record.state) || this.#killed || (event === 'init' && this.#stopped !== null)) return true;
    this.#tries.runStatus = runStatus;
    let todo = this.#handled.has(step.number) ? null : step.number;
    await this.#drive(
      () => {
        const next = todo;
        todo = null;
        return next;
      },
      () => stepEnded(record.state),
    );
    this.#tries.runStatus = null;
    if (record.state === 'succeeded' || (record.state === 'failed' && record.tolerated)) return true;
    if (record.state === 'failed') {
      this.#runError ??= 'R605';
      this.#warn('R605', `handler \`${record.label}\` failed`);
    }
    return false;
  }

  /** Starts what `next` gives, within the limits, until it is done and all is committed. */
  async #drive(next: () => number | null, done: () => boolean): Promise<void> {
    const tries = this.#tries;
    if (tries === null) return;
    for (;;) {
      const starting = [];
      for (;;) {
        if (tries.busy + starting.length >= this.#places()) break;
        const number = tries.takeDue() ?? next();
        if (number === null) break;
        const prepared = tries.prepare(this.#stepOf(number));
        if (prepared === null) this.#stepEnded(number);
        else starting.push(prepared);
      }
      await this.#journal.commit();
      for (const prepared of starting) tries.start(prepared);
      if (done()) return;
      for (const happening of await this.#mailbox.take()) {
        if (happening.kind === 'stop') this.#stop(happening.reason, happening.kill);
        else if (happening.kind === 'run_timed_out') this.#stop('run_timed_out', false);
        else {
          const ended = tries.handle(happening);
          if (ended !== null) this.#stepEnded(ended);
        }
      }
    }
  }

  #places(): number {
    const limits = [this.#options.jobs, this.#options.maxProcesses, this.#dag.maxActiveSteps].filter(
      (n) => n > 0,
    );
    return Math.min(Number.POSITIVE_INFINITY, ...limits);
  }

  /** A step has come to its end: what depends on it is judged, and `--on-failure` applies. */
  #stepEnded(number: number): void {
    const record = stepAt(this.#journal.snapshot, number);
    if (record.kind !== 'step') return;
    this.#settle(this.#plan.ended(number));
    const { onFailure } = this.#options;
    if (record.state !== 'failed' || record.tolerated || onFailure === 'continue') return;
    this.#abortPending('on_failure');
    if (onFailure === 'kill') this.#tries?.stop('on_failure', (step) => step.kind === 'step', false);
  }

  #settle(settled: readonly Settled[]): void {
    const queue = [...settled];
    for (const { step, state, reason, message } of queue) {
      if (state === 'skipped') this.#journal.emit({ at: this.#now(), type: 'step.skipped', step, reason });
      else this.#abortStep(step, reason, message);
      queue.push(...this.#plan.ended(step));
    }
  }

  #abortPending(reason: string): void {
    for (const record of this.#journal.snapshot.steps) {
      const waits = record.state === 'pending' || record.state === 'retrying';
      if (record.kind === 'step' && waits) this.#abortStep(record.number, reason, null);
    }
    this.#tries?.cancelWaits();
    // A lost step that was due again is recorded as running, but nothing of it runs.
    for (let due = this.#tries?.takeDue() ?? null; due !== null; due = this.#tries?.takeDue() ?? null) {
      this.#abortStep(due, reason, null);
    }
  }

  #abortStep(step: number, reason: string, message: string | null): void {
    const { attempt } = this.#journal.snapshot.run;
    const none = { try: null, exitCode: null, signal: null, durationMs: 0 };
    this.#journal.emit({ at: this.#now(), type: 'step.aborted', step, attempt, reason, message, ...none });
  }

  /** The first request stops steps and leaves handlers; a second kills all that runs and skips the handlers. */
  #stop(reason: string, kill: boolean): void {
    const { run } = this.#journal.snapshot;
    if (this.#stopped === null) {
      this.#stopped = reason;
      const { attempt, token } = run;
      const { owner } = this.#deps;
      // A stop that a dead owner began is aborting already.
      if (run.state === 'running') {
        this.#journal.emit({ at: this.#now(), type: 'run.aborting', attempt, reason, owner, token });
      }
      this.#abortPending(reason);
      this.#tries?.stop(reason, (step) => step.kind === 'step' || step.kind === 'init', false);
    }
    if (!kill) return;
    this.#killed = true;
    this.#tries?.stop(reason, () => true, true);
  }

  #outcome(): Outcome {
    const steps = this.#journal.snapshot.steps.filter((record) => record.kind === 'step');
    return outcomeOf(steps, { runError: this.#runError, stopped: this.#stopped });
  }

  async #finish(outcome: Outcome): Promise<void> {
    this.#journal.emit({
      at: this.#now(),
      type: 'run.finished',
      attempt: this.#journal.snapshot.run.attempt,
      ...outcome,
      durationMs: Math.round(this.#deps.clock.mono() - this.#startedAt),
      outputs: this.#runOutputs(),
    });
    await this.#journal.commit();
  }

  /** `output: NAME` and `outputs.write`; of two equal names the step later in the file wins (§11.5). */
  #runOutputs(): Record<string, OutputValue> {
    const outputs = Object.create(null) as Record<string, OutputValue>;
    for (const { number, action, outputName } of this.#dag.steps) {
      const published = stepAt(this.#journal.snapshot, number).outputs;
      const names = action.kind === 'outputs.write' ? [...action.values.keys()] : [];
      for (const name of outputName === null ? names : [...names, outputName]) {
        const value = Object.hasOwn(published, name) ? published[name] : undefined;
        if (value !== undefined) outputs[name] = value;
      }
    }
    return outputs;
  }

  #armTimeout(): () => void {
    const { timeoutSec } = this.#dag;
    if (timeoutSec === 0) return () => undefined;
    return this.#deps.clock.after(timeoutSec * 1000, () => this.#mailbox.post({ kind: 'run_timed_out' }));
  }

  #stepOf(number: number): Step {
    const kind = stepAt(this.#journal.snapshot, number).kind;
    const step = kind === 'step' ? this.#dag.steps[number - 1] : this.#dag.handlers.get(kind);
    if (step === undefined) throw new Error(`the DAG has no step ${number}`);
    return step;
  }

  #warn(code: string, message: string): void {
    this.#journal.emit({ at: this.#now(), type: 'log.warning', code, message, step: null });
  }

  #now(): number {
    return this.#deps.clock.wall();
  }
}
