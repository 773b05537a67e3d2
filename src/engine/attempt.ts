import type { Dag, HandlerEvent } from '../core/dag.ts';
import type { EventOf } from '../core/events.ts';
import { ENDING_HANDLERS, outcomeOf, type Outcome } from '../core/outcome.ts';
import type { Snapshot } from '../core/records.ts';
import { ownSteps, stepAt } from '../core/snapshot.ts';
import { stepEnded } from '../core/states.ts';
import { Composites } from './composites.ts';
import { Drive } from './drive.ts';
import { endAttempt, leaveRun } from './ending.ts';
import { Entrance } from './entrance.ts';
import type { RootEnvironment } from './environment.ts';
import { noHeritage, type Heritage } from './heritage.ts';
import type { Journal } from './journal.ts';
import { endOthers } from './leftovers.ts';
import { Mailbox, type Happening } from './mailbox.ts';
import { People } from './people.ts';
import { OutputPump } from './output-pump.ts';
import type { Seat } from './places.ts';
import { Preconditions } from './preconditions.ts';
import { Progress } from './progress.ts';
import type { Finding } from './resolver.ts';
import { Roster } from './roster.ts';
import { retriesRun } from './root-retry.ts';
import { attemptFacts, type AttemptFacts } from './scope.ts';
import { takeUp } from './take-up.ts';
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
  readonly #retries: number;
  readonly #heritage: Heritage;
  readonly #roster: Roster;
  #facts: AttemptFacts;
  readonly #mailbox = new Mailbox();
  readonly #seat: Seat;
  readonly #pump: OutputPump;
  readonly #progress: Progress;
  readonly #startedAt: number;
  readonly #people: People;
  readonly #preconditions: Preconditions;
  readonly #entrance: Entrance;
  #cancelTimeout: () => void = () => undefined;
  #tries: Tries | null = null;
  #drive: Drive | null = null;
  /** Why the run is being stopped; null while it is not. */
  #stopped: string | null = null;
  #killed = false;
  /** A root precondition was not met. */
  #unmet = false;
  #runError: string | null = null;
  /** Attached handlers that have ended in this attempt: they do not run a second time. */
  readonly #handled = new Set<number>();

  /** `retries`: attempts before this one that the root `retry_policy` has let follow. */
  constructor(
    deps: EngineDeps,
    journal: Journal,
    dag: Dag,
    options: RunOptions,
    retries: number,
    heritage: Heritage = noHeritage(),
  ) {
    this.#deps = deps;
    this.#journal = journal;
    this.#dag = dag;
    this.#options = options;
    this.#retries = retries;
    this.#heritage = heritage;
    this.#roster = new Roster(dag);
    this.#seat = options.places.join(() => this.#mailbox.post({ kind: 'woken' }));
    this.#people = new People(deps, journal, this.#mailbox);
    this.#preconditions = new Preconditions(deps, journal, this.#mailbox, this.#people);
    const onStop = (happening: Happening): void => void this.#heard(happening);
    this.#entrance = new Entrance({ deps, journal, dag, mailbox: this.#mailbox, onStop });
    this.#facts = this.#readFacts();
    this.#pump = new OutputPump(deps.clock, deps.files, deps.observer);
    journal.listen((entry) => this.#pump.event(entry, journal.snapshot));
    this.#progress = new Progress(deps.clock, journal, dag);
    this.#startedAt = deps.clock.mono();
  }

  stop(reason: string, kill: boolean): void {
    this.#mailbox.post({ kind: 'stop', reason, kill });
  }

  /** Records that this process leaves the run, then calls `left`. */
  leave(left: () => void): void {
    this.#mailbox.post({ kind: 'leave', left });
  }

  /** Answers of people that another process has recorded. */
  answered(answers: readonly EventOf<'task.completed'>[]): void {
    this.#people.answered(answers);
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
      this.#seat.leave();
      await this.#pump.close();
    }
  }

  #readFacts(): AttemptFacts {
    const retried = this.#retries > 0;
    return attemptFacts(this.#dag, this.#roster, this.#journal.snapshot, this.#deps.home, retried);
  }

  async #runAll(root: RootEnvironment): Promise<void> {
    const tries = (this.#tries = this.#makeTries(root));
    this.#progress.begin();
    this.#armTimeout();
    const met = await this.#mayBegin(root);
    this.#takeUp(tries);
    // A stop that came before there was anything to stop.
    if (this.#stopped !== null) this.#stopRunning(this.#stopped);
    const mayStart = met && (await this.#handler('init', 'running'));
    if (met && !mayStart) this.#progress.abortPending('init_failed');
    do {
      await this.#drive?.through({
        next: (hasPlace) => (mayStart ? this.#progress.next(hasPlace) : null),
        waiting: () => this.#progress.newlyWaiting(),
        done: () => tries.idle && this.#preconditions.busy === 0,
      });
    } while (this.#answered(await this.#people.hear()));
    this.#people.close();
    this.#cancelTimeout();
    await this.#end(this.#outcome());
  }

  #makeTries(root: RootEnvironment): Tries {
    const at = { deps: this.#deps, journal: this.#journal, facts: this.#facts };
    const composites: Composites = new Composites({
      ...{ ...at, root, options: this.#options, progress: this.#progress, heritage: this.#heritage },
      tries: () => tries,
      preconditions: this.#preconditions,
    });
    const tries: Tries = new Tries({
      ...{ ...at, mailbox: this.#mailbox, pump: this.#pump, entriesDone: this.#heritage.entriesDone },
      rootOf: (step) => composites.rootOf(step),
      childWaits: (step) => this.#progress.childWaits(step),
      composite: (prepared) => composites.begin(prepared),
    });
    this.#drive = new Drive({
      ...{ clock: this.#deps.clock, journal: this.#journal, dag: this.#dag, roster: this.#roster },
      ...{ mailbox: this.#mailbox, seat: this.#seat, people: this.#people, progress: this.#progress },
      ...{ preconditions: this.#preconditions, tries },
      heard: (happening) => this.#heard(happening),
      stepEnded: (step) => this.#stepEnded(step),
      stopped: () => this.#stopped,
    });
    return tries;
  }

  #takeUp(tries: Tries): void {
    takeUp({
      ...{ heritage: this.#heritage, snapshot: this.#journal.snapshot, roster: this.#roster, tries },
      stopped: this.#stopped !== null,
      handled: this.#handled,
      stepEnded: (step) => this.#stepEnded(step),
    });
  }

  async #end(outcome: Outcome): Promise<void> {
    const wasStopped = this.#stopped !== null;
    if (wasStopped) await this.#endOthers();
    // The failure handler runs only after the last attempt (§13.4).
    if (!retriesRun(this.#dag, outcome, this.#retries)) {
      await this.#handler(ENDING_HANDLERS[outcome.state], outcome.state);
    }
    // A stop while the wait handler ran: the run does not wait.
    if (outcome.state === 'waiting' && this.#stopped !== null) return this.#end(this.#outcome());
    if (outcome.state !== 'waiting') await this.#handler('exit', outcome.state);
    // A stop while the handlers ran ends what the steps left running, too (§13.7).
    if (this.#stopped !== null && !wasStopped) await this.#endOthers();
    await this.#finish(this.#outcome());
  }

  #endOthers(): Promise<void> {
    return endOthers(this.#deps, this.#journal, this.#options, this.#killed);
  }

  /** Params, delay and root environment; null: the attempt ends here, without handlers. */
  async #enter(): Promise<RootEnvironment | null> {
    const stopped = this.#stopped !== null;
    const evaluated = await this.#entrance.evaluateParams(this.#facts.directory, stopped);
    if (evaluated === 'stopped') return null;
    if (evaluated !== 'done') return this.#failRun(evaluated);
    this.#facts = this.#readFacts();
    if (this.#stopped === null) await this.#entrance.delay();
    const root = await this.#entrance.environment(this.#facts);
    return 'code' in root ? this.#failRun(root) : root;
  }

  /** False when nothing may start, because of the root preconditions (§12.2) or of a stop. */
  async #mayBegin(root: RootEnvironment): Promise<boolean> {
    if (this.#stopped !== null) return false;
    const verdict = await this.#entrance.preconditions(this.#facts, root);
    if (verdict === 'not_met') {
      this.#unmet = true;
      this.#progress.abortPending('precondition_not_met');
    } else if (typeof verdict !== 'string') this.#failRun(verdict);
    return verdict === 'met';
  }

  /** An error marked (run): no step starts. */
  #failRun({ code, message }: Finding): null {
    this.#runError = code;
    this.#warn(code, message);
    this.#progress.abortPending(code);
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
    await this.#drive?.through({
      next: (hasPlace) => (hasPlace ? (todo.pop() ?? null) : null),
      waiting: () => [],
      done: () => stepEnded(record.state),
    });
    this.#tries.runStatus = null;
    const { state, tolerated } = record;
    if (state === 'succeeded' || state === 'skipped' || (state === 'failed' && tolerated)) return true;
    if (record.state === 'failed') {
      // Of the wait handler it is only told (§14).
      if (event !== 'wait') this.#runError ??= 'R605';
      this.#warn('R605', `handler \`${record.label}\` failed`);
    }
    return false;
  }

  /** Steps have ended by answers of people; false when there are none. */
  #answered(steps: readonly number[]): boolean {
    for (const step of steps) this.#stepEnded(step);
    return steps.length > 0;
  }

  /** Takes up a stop or an answer; false for anything else. */
  #heard(happening: Happening): boolean {
    if (happening.kind === 'stop') this.#stop(happening.reason, happening.kill);
    else if (happening.kind === 'run_timed_out') this.#stop('run_timed_out', false);
    else if (happening.kind === 'leave') leaveRun(this.#deps, this.#journal, happening.left);
    else if (happening.kind === 'answered') this.#answered(this.#people.takeUp(happening.answers));
    else return false;
    return true;
  }

  /** A step has come to its end: what depends on it is judged, and `--on-failure` applies. */
  #stepEnded(number: number): void {
    this.#progress.ended(number);
    const { kind, item, state, tolerated } = stepAt(this.#journal.snapshot, number);
    const { onFailure } = this.#options;
    // An item that fails is a failure of its foreach step, when that ends.
    if (kind !== 'step' || item !== null || state !== 'failed' || tolerated || onFailure === 'continue')
      return;
    this.#abortPending('on_failure');
    this.#progress.abortAsked('on_failure');
    if (onFailure === 'kill') this.#tries?.stop('on_failure', (step) => step.kind === 'step', false);
  }

  #abortPending(reason: string): void {
    this.#progress.abortPending(reason);
    this.#preconditions.stop((step) => step.kind === 'step');
    this.#tries?.cancelWaits();
    // A lost step that was due again is recorded as running, but nothing of it runs.
    for (let due = this.#tries?.takeDue() ?? null; due !== null; due = this.#tries?.takeDue() ?? null) {
      this.#progress.abortStep(due, reason, null);
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
      this.#progress.abortAsked(reason);
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
    const stopped = this.#unmet ? 'precondition_not_met' : this.#stopped;
    return outcomeOf(ownSteps(this.#journal.snapshot), { runError: this.#runError, stopped });
  }

  #finish(outcome: Outcome): Promise<void> {
    const input = { deps: this.#deps, journal: this.#journal, dag: this.#dag };
    const queueRetries = this.#options.queueRetries === true;
    const facts = { retries: this.#retries, queueRetries, startedAt: this.#startedAt };
    return endAttempt({ ...input, ...facts }, outcome);
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
