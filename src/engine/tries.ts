import type { Step } from '../core/dag.ts';
import type { EventOf, RunEvent } from '../core/events.ts';
import { stepAt } from '../core/snapshot.ts';
import { NumberHeap } from '../core/heap.ts';
import type { TryRecord } from '../core/records.ts';
import { stepEnded } from '../core/states.ts';
import { privateTexts } from '../process/try-files.ts';
import { endOrApproval } from './approval.ts';
import { conclude } from './conclude.ts';
import type { Where } from './conditions.ts';
import type { RootEnvironment } from './environment.ts';
import type { Journal } from './journal.ts';
import { FRESH } from './live.ts';
import type { Live } from './live.ts';
import { launch } from './launch.ts';
import type { RunningTry, TryEnd } from './launch.ts';
import type { Happening, Mailbox } from './mailbox.ts';
import type { OutputPump } from './output-pump.ts';
import { prepareTry } from './prepare.ts';
import type { PreparedTry } from './prepare.ts';
import { judgeRepetition, repetitionEnd } from './repeat.ts';
import type { Judging } from './repeat.ts';
import type { AttemptFacts } from './scope.ts';
import { maskOutputFile, outputsOfAttached, outputWarnings } from './try-output.ts';
import type { EngineDeps } from './types.ts';

export interface TriesInput {
  readonly deps: EngineDeps;
  readonly journal: Journal;
  readonly facts: AttemptFacts;
  readonly root: RootEnvironment;
  readonly mailbox: Mailbox;
  readonly pump: OutputPump;
  /** By step: entries of a `run` list that its next try leaves out. */
  readonly entriesDone: Map<number, number>;
}

/** The tries of an attempt: those that run, and the steps that wait for their next one. */
export class Tries {
  readonly #in: TriesInput;
  readonly #live = new Map<number, Live>();
  /** Steps that wait for `due_at`, with what cancels the wait. */
  readonly #waits = new Map<number, () => void>();
  readonly #due = new NumberHeap();
  /** Repetitions that ended and of which it is not known yet what follows. */
  readonly #judging = new Map<number, Judging>();
  /** The state in which the attempt is ending, for handlers; null while its steps run. */
  runStatus: string | null = null;

  constructor(input: TriesInput) {
    this.#in = input;
  }

  /** Places that are taken. */
  get busy(): number {
    return this.#live.size + this.#judging.size;
  }

  /** Nothing runs and nothing waits. */
  get idle(): boolean {
    return this.busy === 0 && this.#waits.size === 0 && this.#due.size === 0;
  }

  /** A step whose wait is over. */
  takeDue(): number | null {
    for (;;) {
      const number = this.#due.pop();
      // It may have been aborted meanwhile.
      if (number === null || !stepEnded(stepAt(this.#in.journal.snapshot, number).state)) return number;
    }
  }

  /** Where conditions of its steps are judged. */
  get place(): Where {
    const { deps, facts, root } = this.#in;
    return { deps, facts, root, runStatus: this.runStatus };
  }

  /** A pending step whose preconditions are met: it is the next to start. */
  approve(number: number): void {
    this.#due.push(number);
  }

  /** A step that was between two repetitions when its owner died goes on (LANGUAGE.md §22.2). */
  repeat(number: number): void {
    const { dueAt } = stepAt(this.#in.journal.snapshot, number);
    this.#wait(number, Math.max(0, (dueAt ?? 0) - this.#in.deps.clock.wall()));
  }

  /** Resolves a try and emits its intent; null when the step failed before it could start. */
  prepare(step: Step): PreparedTry | null {
    const { facts, root, journal, deps } = this.#in;
    const mode = journal.snapshot.run.unresolved;
    const { runStatus } = this;
    const { defaultShell } = deps;
    const { prepared, warnings } = prepareTry({ facts, root, step, mode, defaultShell, runStatus });
    const at = deps.clock.wall();
    for (const w of warnings)
      journal.emit({ at, type: 'log.warning', code: w.code, message: w.message, step: step.number });
    if ('intent' in prepared) {
      journal.emit({ at, ...prepared.intent });
      return prepared;
    }
    this.fail(step, prepared.code, prepared.message);
    return null;
  }

  /** Starts a prepared try; its intent is committed. */
  start(prepared: PreparedTry): void {
    const { step, intent, retryLimit, retryIntervalSec, outputMap, prompt } = prepared;
    const { deps, facts, mailbox, journal } = this.#in;
    const record = this.#lastTry(step);
    const asks = { outputMap, prompt, running: null };
    const live: Live = { step, record, retryLimit, retryIntervalSec, ...asks, ...FRESH };
    this.#live.set(step.number, live);
    const earlier = stepAt(journal.snapshot, step.number)
      .tries.filter((t) => t.n < intent.try && !t.inFlow && t.state !== 'void')
      .map((t) => facts.home.tryDir(journal.snapshot.run.id, step.number, t.n));
    const firstCommand = this.#in.entriesDone.get(step.number) ?? 0;
    this.#in.entriesDone.delete(step.number);
    launch(deps, prepared, { earlier, firstCommand }).then(
      (running) => this.#watch(live, running, step.timeoutSec * 1000),
      (error: unknown) => mailbox.post({ kind: 'fault', error }),
    );
  }

  /** Takes over a try of a dead owner; its time limit counts from its real start. */
  attach(step: Step, running: RunningTry): void {
    const record = this.#lastTry(step);
    const number = (value: number | string | undefined): number => (typeof value === 'number' ? value : 0);
    const at = { ...this.#in, mode: this.#in.journal.snapshot.run.unresolved };
    const live: Live = {
      step,
      record,
      retryLimit: number(step.retry?.limit),
      retryIntervalSec: number(step.retry?.intervalSec),
      ...outputsOfAttached(at, step, record),
      running: null,
      ...FRESH,
    };
    this.#live.set(step.number, live);
    const gone = this.#in.deps.clock.wall() - record.startedAt;
    this.#watch(live, running, Math.max(1, step.timeoutSec * 1000 - gone));
  }

  /** Records what happened to a try; the number of its step when that came to its end, else null. */
  handle(happening: Happening): number | null {
    switch (happening.kind) {
      case 'ended':
        return this.#ended(happening.step, happening.end);
      case 'due':
        this.#waits.delete(happening.step);
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
      case 'stop':
      case 'answered':
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
    for (const judging of this.#judging.values()) {
      if (!which(judging.step)) continue;
      judging.stopReason ??= reason;
      judging.abort.abort();
    }
  }

  cancelWaits(): void {
    for (const cancel of this.#waits.values()) cancel();
    this.#waits.clear();
  }

  close(): void {
    this.cancelWaits();
    for (const live of this.#live.values()) live.cancelTimeout();
  }

  #watch(live: Live, running: RunningTry, timeoutMs: number): void {
    const { deps, mailbox, pump, journal } = this.#in;
    const { step, record } = live;
    live.running = running;
    pump.follow(
      {
        run: journal.snapshot.run.id,
        step: step.number,
        label: step.label,
        attempt: record.attempt,
        try: record.n,
      },
      record.outLog,
      record.errLog,
    );
    if (step.timeoutSec > 0) {
      live.cancelTimeout = deps.clock.after(timeoutMs, () =>
        mailbox.post({ kind: 'timed_out', step: step.number, try: record.n }),
      );
    }
    const ended = async (): Promise<void> => {
      const end = await running.ended;
      // What a step printed is shown before its end is.
      await pump.finish(step.number);
      mailbox.post({ kind: 'ended', step: step.number, end });
    };
    ended().catch((error: unknown) => mailbox.post({ kind: 'fault', error }));
    // A stop may have been asked for while the process was starting.
    if (live.stopReason !== null) this.#signal(live);
  }

  #signal(live: Live): void {
    const graceMs = this.#in.facts.dag.maxCleanUpTimeSec * 1000;
    live.running?.stop({ signal: live.step.signalOnStop, graceMs, kill: live.kill });
  }

  #ended(number: number, end: TryEnd): number | null {
    const live = this.#live.get(number);
    if (live === undefined) return null;
    const { deps, journal, facts } = this.#in;
    live.cancelTimeout();
    this.#live.delete(number);
    const dir = facts.home.tryDir(journal.snapshot.run.id, number, live.record.n);
    for (const path of privateTexts(dir)) deps.files.remove(path);
    if (end.lost && live.stopReason === null) return this.#lost(live, end.entriesDone);
    const event = conclude({
      ...live,
      record: stepAt(journal.snapshot, number),
      try: live.record,
      end,
      attempt: journal.snapshot.run.attempt,
      maxOutputSize: facts.dag.maxOutputSize,
      dir,
      files: deps.files,
      now: deps.clock.wall(),
      chance: (deps.random(1)[0] ?? 0) / 256,
    });
    for (const { code, message } of outputWarnings(event, live, end, journal.masker)) {
      journal.emit({ at: event.at, type: 'log.warning', code, message, step: number });
    }
    if (journal.masker !== null) maskOutputFile(deps.files, `${dir}/outputs`, journal.masker);
    if (event.type === 'step.finished' && live.step.repeat !== null && !end.neverBegan) {
      this.#judge(live, event);
      return null;
    }
    return this.#emitEnd(number, endOrApproval(event, journal, live.prompt));
  }

  /** The number of a step that has come to its end; null when it is tried or repeated again, or a person is asked. */
  #emitEnd(number: number, event: RunEvent): number | null {
    this.#in.journal.emit(event);
    if (event.type === 'step.waiting') return null;
    if (event.type !== 'step.retrying' && event.type !== 'step.repeating') return number;
    this.#wait(number, event.dueAt - event.at);
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

  /** A repetition has ended: its record waits until it is known whether another one follows (§13.5). */
  #judge({ step, prompt }: Live, end: EventOf<'step.finished'>): void {
    const { mailbox, journal } = this.#in;
    const abort = new AbortController();
    this.#judging.set(step.number, { step, end, prompt, abort, stopReason: null });
    const record = stepAt(journal.snapshot, step.number);
    judgeRepetition(step, end, record, this.place, abort.signal).then(
      (judged) => mailbox.post({ kind: 'judged', step: step.number, ...judged }),
      (error: unknown) => mailbox.post({ kind: 'fault', error }),
    );
  }

  #judged({ step: number, follow, warnings }: Extract<Happening, { kind: 'judged' }>): number | null {
    const judging = this.#judging.get(number);
    if (judging === undefined) return null;
    this.#judging.delete(number);
    const { journal, deps } = this.#in;
    const event = repetitionEnd(judging, follow, stepAt(journal.snapshot, number), deps.clock.wall());
    for (const w of warnings) journal.emit({ at: event.at, type: 'log.warning', ...w, step: number });
    return this.#emitEnd(number, endOrApproval(event, journal, judging.prompt));
  }

  #wait(number: number, ms: number): void {
    const { deps, mailbox } = this.#in;
    const wake = (): void => mailbox.post({ kind: 'due', step: number });
    this.#waits.set(number, deps.clock.after(ms, wake));
  }

  /** An error before a try, or in place of one. */
  fail(step: Step, reason: string, message: string): void {
    const { journal, deps } = this.#in;
    const tolerated = step.continueOn?.failure ?? false;
    journal.emit({
      at: deps.clock.wall(),
      type: 'step.finished',
      step: step.number,
      attempt: journal.snapshot.run.attempt,
      try: null,
      state: tolerated && step.continueOn?.markSuccess ? 'succeeded' : 'failed',
      tolerated,
      partial: false,
      reason,
      message,
      exitCode: null,
      signal: null,
      durationMs: 0,
      outputs: {},
    });
  }

  #lastTry(step: Step): TryRecord {
    const record = stepAt(this.#in.journal.snapshot, step.number).tries.at(-1);
    if (record === undefined) throw new Error(`step ${step.label} has no try`);
    return record;
  }
}
