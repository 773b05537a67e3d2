import { stepIn } from '../core/numbers.ts';
import type { Dag, HandlerEvent, Step } from '../core/dag.ts';
import { ownSteps, stepAt } from '../core/snapshot.ts';
import { handlerOf, outcomeOf, type Outcome } from '../core/outcome.ts';
import { Plan } from '../core/plan.ts';
import type { Snapshot } from '../core/records.ts';
import { stepEnded } from '../core/states.ts';
import { places, type Drive } from './drive.ts';
import { endAttempt } from './ending.ts';
import { Entrance } from './entrance.ts';
import type { RootEnvironment } from './environment.ts';
import type { Journal } from './journal.ts';
import { killAllLeftovers } from './leftovers.ts';
import { Mailbox, type Happening } from './mailbox.ts';
import { OutputPump } from './output-pump.ts';
import { Preconditions } from './preconditions.ts';
import type { Finding } from './resolver.ts';
import { People } from './people.ts';
import { retriesRun } from './root-retry.ts';
import { attemptFacts, type AttemptFacts } from './scope.ts';
import type { RunningTry } from './launch.ts';
import { Tries } from './tries.ts';
import type { EngineDeps, RunOptions } from './types.ts';
import { Unrun } from './unrun.ts';

/**
 * Drives one attempt of a run from its first step to its end (LANGUAGE.md §15.1, from 6 on). One loop: start what
 * is ready, commit, wait for what happens, record what it means; the same for steps and handlers.
 */
export class Attempt {
  readonly #deps: EngineDeps;
  readonly #journal: Journal;
  readonly #dag: Dag;
  readonly #options: RunOptions;
  readonly #retries: number;
  #facts: AttemptFacts;
  readonly #mailbox = new Mailbox();
  readonly #pump: OutputPump;
  readonly #plan: Plan;
  readonly #unrun: Unrun;
  readonly #startedAt: number;
  readonly #preconditions: Preconditions;
  readonly #people: People;
  readonly #entrance: Entrance;
  /** Steps between two repetitions that this attempt goes on with. */
  readonly #repeating: number[] = [];
  #cancelTimeout: () => void = () => undefined;
  #tries: Tries | null = null;
  /** Why the run is being stopped; null while it is not. */
  #stopped: string | null = null;
  #killed = false;
  /** A root precondition was not met. */
  #unmet = false;
  #runError: string | null = null;
  /** Attached handlers that have ended in this attempt: they do not run a second time. */
  readonly #handled = new Set<number>();
  readonly #attached = new Map<number, RunningTry>();
  readonly #entriesDone = new Map<number, number>();

  /** `retries`: attempts before this one that the root `retry_policy` has had in this process. */
  constructor(deps: EngineDeps, journal: Journal, dag: Dag, options: RunOptions, retries: number) {
    this.#deps = deps;
    this.#journal = journal;
    this.#dag = dag;
    this.#options = options;
    this.#retries = retries;
    this.#people = new People(deps, journal, this.#mailbox);
    this.#preconditions = new Preconditions(deps, journal, this.#mailbox, this.#people);
    const onStop = (happening: Happening): void => void this.#heard(happening);
    this.#entrance = new Entrance({ deps, journal, dag, mailbox: this.#mailbox, onStop });
    this.#facts = attemptFacts(dag, journal.snapshot, deps.home, retries > 0);
    this.#pump = new OutputPump(deps.clock, deps.files, deps.observer);
    journal.listen((entry) => this.#pump.event(entry, journal.snapshot));
    this.#plan = new Plan(dag.steps, journal.snapshot.steps);
    this.#unrun = new Unrun(deps, journal, this.#plan);
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

  /** Goes on with a step that was between two repetitions. */
  repeat(step: number): void {
    this.#repeating.push(step);
  }

  stop(reason: string, kill: boolean): void {
    this.#mailbox.post({ kind: 'stop', reason, kill });
  }

  /** Commits what was emitted before, then drives the attempt to its end. */
  async run(): Promise<Snapshot> {
    try {
      for (const happening of this.#mailbox.takeNow()) this.#heard(happening);
      const root = await this.#enter();
      if (root === null) await this.#finish(this.#outcome());
      else await this.#runAll(root);
      return this.#journal.snapshot;
    } finally {
      this.#cancelTimeout();
      this.#people.close();
      this.#tries?.close();
      await this.#pump.close();
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
    const settled = this.#plan.begin(snapshot.run.selected === null ? null : new Set(snapshot.run.selected));
    this.#unrun.settle(settled);
    this.#armTimeout();
    const met = await this.#mayBegin(root);
    for (const [step, running] of this.#attached) {
      this.#tries.attach(stepIn(this.#dag, step), running);
      if (stepAt(snapshot, step).kind !== 'step') this.#handled.add(step);
    }
    // A stop that came before there was anything to stop.
    if (this.#stopped !== null) this.#stopRunning(this.#stopped);
    for (const step of this.#repeating) {
      if (stepAt(snapshot, step).state === 'running') this.#tries.repeat(step);
    }
    const mayStart = met && (await this.#handler('init', 'running'));
    if (met && !mayStart) this.#abortPending('init_failed');
    const tries = this.#tries;
    do {
      await this.#drive({
        next: (hasPlace) => (mayStart ? this.#plan.take(hasPlace) : null),
        waiting: () => this.#plan.newlyWaiting(),
        done: () => tries.idle && this.#preconditions.busy === 0,
      });
    } while (this.#takenUp(await this.#people.hear()));
    this.#people.close();
    this.#cancelTimeout();
    if (this.#outcome().state === 'waiting') {
      await this.#handler('wait', 'waiting');
      // A stop may have come meanwhile.
      if (this.#outcome().state === 'waiting') return this.#finish(this.#outcome());
    }
    if (this.#stopped !== null) await killAllLeftovers(this.#deps, this.#journal);
    const outcome = this.#outcome();
    // The failure handler runs only after the last attempt (§13.4).
    const again = retriesRun(this.#dag, outcome, this.#retries);
    if (!again) await this.#handler(handlerOf(outcome.state), outcome.state);
    await this.#handler('exit', outcome.state);
    await this.#finish(this.#outcome());
  }

  /** Params, delay and root environment; null: the attempt ends here, without handlers. */
  async #enter(): Promise<RootEnvironment | null> {
    const factsNow = (): AttemptFacts =>
      (this.#facts = attemptFacts(this.#dag, this.#journal.snapshot, this.#deps.home, this.#retries > 0));
    const root = await this.#entrance.enter(factsNow, () => this.#stopped !== null);
    return root !== null && 'code' in root ? this.#failRun(root) : root;
  }

  /** False when nothing may start, because of the root preconditions (§12.2) or of a stop. */
  async #mayBegin(root: RootEnvironment): Promise<boolean> {
    if (this.#stopped !== null) return false;
    const verdict = await this.#entrance.preconditions(this.#facts, root);
    if (verdict === 'not_met') {
      this.#unmet = true;
      this.#abortPending('precondition_not_met');
    } else if (typeof verdict !== 'string') this.#failRun(verdict);
    return verdict === 'met';
  }

  /** An error marked (run): no step starts. */
  #failRun({ code, message }: Finding): null {
    this.#runError = code;
    this.#warn(code, message);
    this.#abortPending(code);
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
    const todo = this.#handled.has(step.number) ? [] : [step.number];
    await this.#drive({
      next: (hasPlace) => (hasPlace ? (todo.pop() ?? null) : null),
      waiting: () => [],
      done: () => stepEnded(record.state),
    });
    this.#tries.runStatus = null;
    const { state, tolerated } = record;
    if (state === 'succeeded' || state === 'skipped' || (state === 'failed' && tolerated)) return true;
    if (record.state === 'failed') {
      if (event !== 'wait') this.#runError ??= 'R605';
      this.#warn('R605', `handler \`${record.label}\` failed`);
    }
    return false;
  }

  /** Starts what `next` gives, within the limits, until it is done and all is committed. */
  async #drive({ next, waiting, done }: Drive): Promise<void> {
    const tries = this.#tries;
    if (tries === null) return;
    for (;;) {
      const starting = [];
      for (;;) {
        const busy = tries.busy + this.#preconditions.busy + starting.length;
        const hasPlace = busy < places(this.#options, this.#dag);
        const due = hasPlace ? tries.takeDue() : null;
        const number = due ?? next(hasPlace);
        if (number === null) break;
        const step = stepIn(this.#dag, number);
        if (due === null && this.#preconditions.begin(step, tries.place)) continue;
        if (this.#asked(step, tries)) continue;
        const prepared = tries.prepare(step);
        if (prepared === null) this.#stepEnded(number);
        else starting.push(prepared);
      }
      for (const step of waiting()) this.#journal.emit({ at: this.#now(), type: 'step.ready', step });
      await this.#journal.commit();
      for (const prepared of starting) tries.start(prepared);
      if (done()) return;
      this.#people.watch();
      for (const happening of await this.#mailbox.take()) {
        if (this.#heard(happening)) continue;
        const ended =
          happening.kind === 'checked'
            ? this.#preconditions.settle(happening, tries, this.#stopped)
            : tries.handle(happening);
        if (ended !== null) this.#stepEnded(ended);
      }
      this.#unrun.abortUnasked();
    }
  }

  /** False for a step that does not ask a person. */
  #asked(step: Step, tries: Tries): boolean {
    const asked = this.#people.ask(step, tries);
    if (asked === 'failed') this.#stepEnded(step.number);
    return asked !== null;
  }

  /** Steps have ended by answers of people; false when there are none. */
  #takenUp(steps: readonly number[]): boolean {
    for (const step of steps) this.#stepEnded(step);
    return steps.length > 0;
  }

  /** Takes up a stop or an answer; false for anything else. */
  #heard(happening: Happening): boolean {
    if (happening.kind === 'stop') this.#stop(happening.reason, happening.kill);
    else if (happening.kind === 'run_timed_out') this.#stop('run_timed_out', false);
    else if (happening.kind === 'answered') this.#takenUp(this.#people.takeUp(happening.answers));
    else return false;
    return true;
  }

  /** A step has come to its end: what depends on it is judged, and `--on-failure` applies. */
  #stepEnded(number: number): void {
    const record = stepAt(this.#journal.snapshot, number);
    if (record.kind !== 'step') return;
    this.#unrun.settle(this.#plan.ended(number));
    const { onFailure } = this.#options;
    if (record.state !== 'failed' || record.tolerated || onFailure === 'continue') return;
    this.#abortPending('on_failure');
    this.#unrun.abortWaiting('on_failure');
    if (onFailure === 'kill') this.#tries?.stop('on_failure', (step) => step.kind === 'step', false);
  }

  #abortPending(reason: string): void {
    this.#unrun.abortPending(reason);
    this.#preconditions.stop((step) => step.kind === 'step');
    this.#tries?.cancelWaits();
    // A lost step that was due again is recorded as running, but nothing of it runs.
    for (let due = this.#tries?.takeDue() ?? null; due !== null; due = this.#tries?.takeDue() ?? null) {
      this.#unrun.abort(due, reason);
    }
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
      this.#unrun.abortWaiting(reason);
      this.#stopRunning(reason);
    }
    if (!kill) return;
    this.#killed = true;
    this.#preconditions.stop(() => true);
    this.#tries?.stop(reason, () => true, true);
  }

  /** Handlers of the end are left to run. */
  #stopRunning(reason: string): void {
    this.#preconditions.stop((step) => step.kind === 'init');
    this.#tries?.stop(reason, (step) => step.kind === 'step' || step.kind === 'init', this.#killed);
  }

  #outcome(): Outcome {
    const steps = ownSteps(this.#journal.snapshot);
    const stopped = this.#unmet ? 'precondition_not_met' : this.#stopped;
    return outcomeOf(steps, { runError: this.#runError, stopped });
  }

  #finish(outcome: Outcome): Promise<void> {
    const input = { deps: this.#deps, journal: this.#journal, dag: this.#dag };
    return endAttempt({ ...input, retries: this.#retries, startedAt: this.#startedAt }, outcome);
  }

  /** From the first root precondition to the last step (§13.6). */
  #armTimeout(): void {
    const { timeoutSec } = this.#dag;
    if (timeoutSec === 0) return;
    const timedOut = (): void => this.#mailbox.post({ kind: 'run_timed_out' });
    this.#cancelTimeout = this.#deps.clock.after(timeoutSec * 1000, timedOut);
  }

  #warn(code: string, message: string): void {
    this.#journal.emit({ at: this.#now(), type: 'log.warning', code, message, step: null });
  }

  #now(): number {
    return this.#deps.clock.wall();
  }
}
