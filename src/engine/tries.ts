import type { Step } from '../core/dag.ts';
import type { RunEvent } from '../core/events.ts';
import type { TryRecord } from '../core/records.ts';
import { stepAt } from '../core/snapshot.ts';
import { stepEnded } from '../core/states.ts';
import { unkillable } from './leftovers.ts';
import { endOrApproval } from './approval.ts';
import { conclude, failureOf } from './conclude.ts';
import type { Where } from './conditions.ts';
import { Due } from './due.ts';
import type { RootEnvironment } from './environment.ts';
import type { Journal } from './journal.ts';
import { launch, type RunningTry, type TryEnd } from './launch.ts';
import { newLive, textsOf, type Live } from './live.ts';
import type { Happening, Mailbox } from './mailbox.ts';
import type { OutputPump } from './output-pump.ts';
import { isComposite, prepareTry } from './prepare.ts';
import type { CompositeWork, PreparedTry } from './prepare.ts';
import { Repetitions } from './repetitions.ts';
import type { Finding } from './resolver.ts';
import type { AttemptFacts } from './scope.ts';
import { largeLogs, passedLimit } from './log-size.ts';
import { maskOutputFile, outputsOfAttached, outputWarnings } from './try-output.ts';
import type { EngineDeps } from './types.ts';

/** A try of a step that runs other steps or runs. */
export type CompositeTry = PreparedTry & { readonly work: CompositeWork };

export interface TriesInput {
  readonly deps: EngineDeps;
  readonly journal: Journal;
  readonly facts: AttemptFacts;
  readonly mailbox: Mailbox;
  readonly pump: OutputPump;
  /** By step: entries of a `run` list that its next try leaves out. */
  readonly entriesDone: Map<number, number>;
  /** What the environment of a step builds on: that of the root, or of its foreach step. */
  rootOf(step: Step): RootEnvironment;
  /** The child run of a step waits for a person, and so does the step. */
  childWaits(step: number): void;
  /** Begins a try of a step that runs other steps or runs. */
  composite(prepared: CompositeTry): RunningTry;
}

/** The tries of an attempt: those that run, and the steps that wait for their next one. */
export class Tries {
  readonly #in: TriesInput;
  readonly #live = new Map<number, Live>();
  readonly #due: Due;
  readonly #repetitions: Repetitions;
  /** Of the tries that run, those that take no place (LANGUAGE.md §5.1). */
  #composites = 0;
  /** The state in which the attempt is ending, for handlers; null while its steps run. */
  runStatus: string | null = null;

  constructor(input: TriesInput) {
    this.#in = input;
    this.#due = new Due(input.deps.clock, input.mailbox);
    this.#repetitions = new Repetitions(input.journal, input.mailbox);
  }

  /** Places that are taken. */
  get busy(): number {
    return this.#live.size - this.#composites + this.#repetitions.size;
  }

  /** Nothing runs and nothing waits for its time. */
  get idle(): boolean {
    return this.#live.size === 0 && this.#repetitions.size === 0 && this.#due.isEmpty;
  }

  /** A step whose wait is over. */
  takeDue(): number | null {
    for (;;) {
      const number = this.#due.take();
      // It may have been aborted meanwhile.
      if (number === null || !stepEnded(stepAt(this.#in.journal.snapshot, number).state)) return number;
    }
  }

  /** Where conditions of a step are judged. */
  placeOf(step: Step): Where {
    const { deps, facts } = this.#in;
    return { deps, facts, root: this.#in.rootOf(step), runStatus: this.runStatus };
  }

  /** A pending step whose preconditions are met, or need not be: it is the next to start. */
  approve(number: number): void {
    this.#due.push(number);
  }

  /** A step that was between two repetitions when its owner died goes on (LANGUAGE.md §22.2). */
  repeat(number: number): void {
    const { dueAt } = stepAt(this.#in.journal.snapshot, number);
    this.#due.wait(number, Math.max(0, (dueAt ?? 0) - this.#in.deps.clock.wall()));
  }

  /** Resolves a try and emits its intent; null when the step failed before it could start. */
  prepare(step: Step, goesOn = false): PreparedTry | null {
    const { facts, journal, deps } = this.#in;
    const { runStatus } = this;
    const { prepared, warnings } = prepareTry({
      ...{ facts, step, runStatus, goesOn, root: this.#in.rootOf(step) },
      mode: journal.snapshot.run.unresolved,
      defaultShell: deps.defaultShell,
    });
    const at = deps.clock.wall();
    for (const w of warnings)
      journal.emit({ at, type: 'log.warning', code: w.code, message: w.message, step: step.number });
    if ('intent' in prepared) {
      if (!goesOn) journal.emit({ at, ...prepared.intent });
      return prepared;
    }
    this.fail(step, prepared.code, prepared.message);
    return null;
  }

  /** Starts a prepared try; its intent is committed, unless it runs other steps only. */
  start(prepared: PreparedTry): void {
    const { step, intent, retryLimit, retryIntervalSec, outputMap, prompt, work } = prepared;
    const { deps, facts, mailbox, journal } = this.#in;
    const record = this.#lastTry(step);
    const composite = isComposite(work);
    const texts = textsOf(work, prepared.dir);
    const live = newLive({ step, record, retryLimit, retryIntervalSec, outputMap, prompt, composite, texts });
    this.#add(live);
    if (composite) {
      this.#watch(live, this.#in.composite({ ...prepared, work }), this.#timeLeft(live));
      return;
    }
    const earlier = stepAt(journal.snapshot, step.number)
      .tries.filter((t) => t.n < intent.try && !t.inFlow && t.state !== 'void')
      .map((t) => facts.home.tryDir(journal.snapshot.run.id, step.number, t.n));
    const firstCommand = this.#in.entriesDone.get(step.number) ?? 0;
    this.#in.entriesDone.delete(step.number);
    launch(deps, prepared, work, { earlier, firstCommand }).then(
      (running) => this.#watch(live, running, step.timeoutSec * 1000),
      (error: unknown) => mailbox.post({ kind: 'fault', error }),
    );
  }

  /** Takes over a try of a dead owner; its time limit counts from its real start. */
  attach(step: Step, running: RunningTry): void {
    const record = this.#lastTry(step);
    const number = (value: number | string | undefined): number => (typeof value === 'number' ? value : 0);
    const { facts, journal } = this.#in;
    const at = { facts, root: this.#in.rootOf(step), mode: journal.snapshot.run.unresolved };
    const live = newLive({
      ...{ step, record, composite: false },
      texts: textsOf(null, facts.home.tryDir(journal.snapshot.run.id, step.number, record.n)),
      retryLimit: number(step.retry?.limit),
      retryIntervalSec: number(step.retry?.intervalSec),
      ...outputsOfAttached(at, step, record),
    });
    this.#add(live);
    this.#watch(live, running, this.#timeLeft(live));
  }

  /** Records what happened to a try; the number of its step when that came to its end, else null. */
  handle(happening: Happening): number | null {
    switch (happening.kind) {
      case 'ended':
        return this.#ended(happening.step, happening.end);
      case 'due':
        this.#due.push(happening.step);
        return null;
      case 'timed_out': {
        const live = this.#live.get(happening.step);
        if (live?.record.n !== happening.try || live.stopReason !== null) return null;
        live.timedOut = true;
        this.#signal(live);
        return null;
      }
      case 'fault':
        throw happening.error;
      case 'judged':
        return this.#judged(happening);
      case 'woken':
        return null;
      case 'stop':
      case 'answered':
      case 'leave':
      case 'checked':
      case 'prepared':
      case 'run_timed_out':
        throw new Error(`${happening.kind} concerns the attempt, not a try`);
    }
  }

  /** Begins the stop sequence for the steps that `which` names; with `kill` at once. */
  stop(reason: string, which: (step: Step) => boolean, kill: boolean): void {
    for (const live of this.#live.values()) {
      if (!which(live.step)) continue;
      live.stopReason ??= reason;
      live.kill ||= kill;
      this.#signal(live);
    }
    this.#repetitions.stop(reason, which);
  }

  cancelWaits(): void {
    this.#due.cancelWaits();
  }

  /** After a fault processes go on, for whoever resumes; what runs inside flow would go on beside its next try. */
  close(): void {
    this.cancelWaits();
    const all = [...this.#live.values()];
    for (const live of all) live.cancelTimeout();
    const inside = all.filter(({ composite, record }) => record.inFlow && !composite);
    this.stop('stopped', (step) => inside.some((live) => live.step === step), false);
    this.#in.deps.processes.release(this.#in.facts.home.tries(this.#in.journal.snapshot.run.id));
  }

  #add(live: Live): void {
    this.#live.set(live.step.number, live);
    if (live.composite) this.#composites += 1;
  }

  #timeLeft({ step, record }: Live): number {
    const gone = this.#in.deps.clock.wall() - record.startedAt;
    return Math.max(1, step.timeoutSec * 1000 - gone);
  }

  #watch(live: Live, running: RunningTry, timeoutMs: number): void {
    const { deps, mailbox, pump, journal } = this.#in;
    const { step, record } = live;
    live.running = running;
    const facts = { run: journal.snapshot.run.id, step: step.number, label: step.label };
    const item = step.item?.key ?? null;
    const followed = { ...facts, item, attempt: record.attempt, try: record.n };
    const onLarge = (stream: 'stdout' | 'stderr'): void => {
      this.#warn(live, passedLimit(stream, deps.maxLogSize));
      live.large = true;
      mailbox.post({ kind: 'woken' });
    };
    const size = { most: deps.maxLogSize, onLarge };
    pump.follow(followed, record.outLog, record.errLog, size, running.tails);
    if (step.timeoutSec > 0) {
      live.cancelTimeout = deps.clock.after(timeoutMs, () =>
        mailbox.post({ kind: 'timed_out', step: step.number, try: record.n }),
      );
    }
    void running.unkillable?.then((pids) => {
      this.#warn(live, unkillable(pids));
      mailbox.post({ kind: 'woken' });
    });
    const ended = async (): Promise<void> => {
      const end = await running.ended;
      // What a step printed is shown before its end is.
      live.measured = await pump.finish(step.number);
      mailbox.post({ kind: 'ended', step: step.number, end });
    };
    ended().catch((error: unknown) => mailbox.post({ kind: 'fault', error }));
    // A stop may have been asked for while the process was starting.
    if (live.stopReason !== null) this.#signal(live);
  }

  #signal(live: Live): void {
    const graceMs = this.#in.facts.dag.maxCleanUpTimeSec * 1000;
    const reason = live.stopReason ?? 'timed_out';
    live.running?.stop({ signal: live.step.signalOnStop, graceMs, kill: live.kill, reason });
  }

  #ended(number: number, end: TryEnd): number | null {
    const live = this.#live.get(number);
    if (live === undefined) return null;
    const { deps, journal, facts } = this.#in;
    live.cancelTimeout();
    this.#live.delete(number);
    if (live.composite) this.#composites -= 1;
    const dir = facts.home.tryDir(journal.snapshot.run.id, number, live.record.n);
    for (const path of live.texts) deps.files.remove(path);
    for (const { code, message } of largeLogs(deps, journal, live, end)) this.#warn(live, { code, message });
    if (end.lost && live.stopReason === null) return this.#lost(live, end.entriesDone);
    const event = conclude({
      live,
      record: stepAt(journal.snapshot, number),
      end,
      attempt: journal.snapshot.run.attempt,
      maxOutputSize: facts.dag.maxOutputSize,
      dir,
      files: deps.files,
      now: deps.clock.wall(),
      chance: (deps.random(1)[0] ?? 0) / 256,
    });
    for (const warning of outputWarnings(event, live, end, journal.masker)) this.#warn(live, warning);
    if (journal.masker !== null) maskOutputFile(deps.files, `${dir}/outputs`, journal.masker);
    if (event.type === 'step.finished' && live.step.repeat !== null && !end.neverBegan) {
      this.#repetitions.judge(live, event, this.placeOf(live.step));
      return null;
    }
    const next = endOrApproval(event, journal, live.prompt);
    journal.emit(next);
    return this.#follow(number, next);
  }

  #warn({ step }: Live, { code, message }: Finding): void {
    const { journal, deps } = this.#in;
    journal.emit({ at: deps.clock.wall(), type: 'log.warning', code, message, step: step.number });
  }

  /** What follows the end of a try; the number of the step when that has come to its end, else null. */
  #follow(number: number, end: RunEvent): number | null {
    if (end.type === 'step.waiting') {
      if (end.task === null) this.#in.childWaits(number);
      return null;
    }
    if (end.type !== 'step.retrying' && end.type !== 'step.repeating') return number;
    this.#due.wait(number, end.dueAt - end.at);
    return null;
  }

  /** A process that was taken over has died without an exit status (RELIABILITY.md R5). */
  #lost(live: Live, entriesDone: number): number | null {
    const { step, record } = live;
    const { journal, deps } = this.#in;
    const at = deps.clock.wall();
    const { attempt } = journal.snapshot.run;
    journal.emit({ at, type: 'step.lost', step: step.number, attempt, try: record.n, verdict: 'unknown' });
    if (step.onInterrupt === 'rerun') {
      this.#in.entriesDone.set(step.number, entriesDone);
      this.#due.push(step.number);
      return null;
    }
    this.fail(step, 'R801', `\`${step.label}\`: its result is unknown`);
    return step.number;
  }

  #judged(happening: Extract<Happening, { kind: 'judged' }>): number | null {
    const event = this.#repetitions.settle(happening, this.#in.deps.clock.wall());
    return event === null ? null : this.#follow(happening.step, event);
  }

  /** An error before a try, or in place of one; a try that was to go on ends with it. */
  fail(step: Step, reason: string, message: string): void {
    const { journal, deps } = this.#in;
    journal.emit(failureOf(step, journal.snapshot, deps.clock.wall(), { reason, message }));
  }

  #lastTry(step: Step): TryRecord {
    const record = stepAt(this.#in.journal.snapshot, step.number).tries.at(-1);
    if (record === undefined) throw new Error(`step ${step.label} has no try`);
    return record;
  }
}
