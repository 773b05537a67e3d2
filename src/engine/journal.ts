import { runPaths } from '../base/paths.ts';
import type { EventOf, JournalEvent, RunEvent } from '../core/events.ts';
import { firstSnapshot, fold } from '../core/fold.ts';
import type { RunStatus } from '../core/states.ts';
import { Touched } from '../core/touched.ts';
import type { Masker } from '../core/mask.ts';
import type { DefinitionRecord, Snapshot } from '../core/records.ts';
import { Answered } from '../store/store.ts';
import type { Append } from '../store/store.ts';
import { hideInEvent } from './hide.ts';
import { runLogLine } from './run-log.ts';
import type { EngineDeps } from './types.ts';

/** A definition that is written with the next commit. */
export type Defined = Pick<Append, 'definition' | 'compiled'>;

/**
 * The one way in which the engine changes a run: an event is folded into the snapshot at once, and `commit`
 * makes all that came since the last commit durable in one transaction, then tells the observer.
 */
export class Journal {
  readonly #deps: EngineDeps;
  readonly snapshot: Snapshot;
  /** The token under which this process owns the run in the store; null before the run is recorded. */
  #token: number | null;
  #definition: Defined;
  #listener: (entry: JournalEvent) => void;
  #events: RunEvent[] = [];
  #touched = new Touched();
  #after: (() => void)[] = [];
  /** Known once it is asked for: the folder of a run never changes. */
  #runLog: string | null = null;
  /** Hides the secrets of the attempt in every event: nothing that is recorded holds one. */
  masker: Masker | null = null;
  /** The place in the journal of the last event that this process committed; 0 before the first. */
  lastSeq = 0;

  private constructor(deps: EngineDeps, snapshot: Snapshot, token: number | null, touched: Touched) {
    this.#deps = deps;
    this.snapshot = snapshot;
    this.#token = token;
    this.#definition = {};
    this.#touched = touched;
    this.#listener = (entry) => deps.observer.event(entry, snapshot);
  }

  /** For a run that does not exist yet; its creation is part of the first commit. */
  static create(
    deps: EngineDeps,
    created: Extract<RunEvent, { type: 'run.created' }>,
    definition: Defined,
  ): Journal {
    const touched = new Touched();
    const journal = new Journal(deps, firstSnapshot(created, touched), null, touched);
    journal.#events.push(created);
    journal.#definition = definition;
    return journal;
  }

  /** For a run as it was read from the store; `definition` replaces its own with the first commit. */
  static open(deps: EngineDeps, snapshot: Snapshot, definition: DefinitionRecord | null = null): Journal {
    const journal = new Journal(deps, snapshot, snapshot.run.token, new Touched());
    if (definition !== null) journal.#definition = { definition };
    return journal;
  }

  /** From now on somebody else passes committed events on to the observer. */
  listen(listener: (entry: JournalEvent) => void): void {
    this.#listener = listener;
  }

  emit(given: RunEvent): void {
    const event = this.masker === null ? given : hideInEvent(given, this.masker);
    fold(this.snapshot, event, this.#touched);
    this.#events.push(event);
  }

  /** Does something as soon as all that was emitted is durable, before anybody is told. */
  afterCommit(act: () => void): void {
    this.#after.push(act);
  }

  /** Takes note of what another process has recorded: it is in the journal already. */
  learn(event: EventOf<'task.completed'>): void {
    fold(this.snapshot, event, new Touched());
  }

  /**
   * Commits that the run waits for people; false when the store refuses, because one of them has answered meanwhile:
   * then nothing has happened, in memory neither.
   */
  async commitWaiting(event: EventOf<'run.waiting'>): Promise<boolean> {
    await this.commit();
    const { run, attempts } = this.snapshot;
    const attempt = attempts.at(-1);
    const before = { run: { ...run }, attempt: { ...attempt } };
    this.emit(event);
    try {
      await this.commit();
      return true;
    } catch (error) {
      if (!(error instanceof Answered)) throw error;
      // These two are all that the event changes.
      Object.assign(run, before.run);
      Object.assign(attempt ?? {}, before.attempt);
      return false;
    }
  }

  /**
   * `answering`: the question that the events answer; `expects`: what the state of the run must be; null: none.
   * @throws Fenced, RunExists, Answered, StateChanged, FlowError as `Store.append` does.
   */
  async commit(
    answering: { readonly step: number; readonly n: number } | null = null,
    expects: RunStatus | null = null,
  ): Promise<void> {
    const after = this.#after.splice(0);
    if (this.#events.length === 0) {
      for (const act of after) act();
      return;
    }
    const [events, touched] = [this.#events, this.#touched];
    this.#events = [];
    this.#touched = new Touched();
    const { run } = this.snapshot;
    const entries = await this.#deps.store.append({
      run: run.id,
      token: this.#token,
      events,
      changes: {
        run: touched.run,
        attempts: [...touched.attempts],
        steps: [...touched.steps],
        tries: [...touched.tries].map(([record, step]) => ({ step, record })),
        tasks: [...touched.tasks],
      },
      ...this.#definition,
      ...(answering === null ? {} : { answering: { step: answering.step, n: answering.n } }),
      ...(expects === null ? {} : { expects: [expects] }),
    });
    this.#definition = {};
    if (this.#token === null) this.#deps.files.makeRun(run);
    this.#token = run.token;
    this.lastSeq = entries.at(-1)?.seq ?? this.lastSeq;
    for (const act of after) act();
    for (const entry of entries) this.#listener(entry);
    const lines = entries.map((entry) => runLogLine(entry.event, this.snapshot)).join('');
    this.#runLog ??= runPaths(this.#deps.home, run).runLog;
    this.#deps.files.append(this.#runLog, lines);
  }
}
