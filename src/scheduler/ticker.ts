import { formatDuration } from '../base/duration.ts';
import type { CursorRecord, TickRecord } from '../core/records.ts';
import { dueTicks, entryKey, nextDue, type EntryCursor } from '../core/ticks.ts';
import { FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { StateChanged, TickTaken, Fenced, RunExists } from '../store/store.ts';
import type { EngineDeps } from '../engine/types.ts';
import { decide } from './decide.ts';
import { reasonOf } from './reason.ts';
import { unreadable } from './unreadable.ts';
import type { DaemonLog, DagEntry, DagFolder } from './types.ts';

export interface TickerInput {
  readonly deps: EngineDeps;
  readonly log: DaemonLog;
  /** Of entries that name none (LANGUAGE.md §20.3). */
  readonly zone: string;
  readonly unresolved: 'strict' | 'keep';
  /** As `decide` needs it. */
  readonly isDriven: (run: string) => boolean;
}

/** A DAG with a schedule, and how far its ticks are decided. */
interface Clockwork {
  readonly entry: DagEntry;
  cursors: EntryCursor[];
  /** The first tick that is not decided; null: none is left. */
  next: number | null;
}

/** A clock that is set back is told so often. */
const TELL_EVERY_MS = 600_000;
/** A DAG whose ticks could not be decided is tried again after so long. */
const RETRY_MS = 60_000;
/** A tick that is decided so much later is spoken of. */
const LATE_MS = 5_000;
const DAY_MS = 86_400_000;
/** Of DAGs that keep a number of runs. */
const STANDARD_DAYS = 30;
/** Rows that are deleted at once: ticks wait for it. */
const MOST_FORGOTTEN = 2_000;

/**
 * Fires ticks: each one once, as a row that is written together with its run (LANGUAGE.md §20.5). Nothing here is
 * armed: whoever drives it asks often what is due by the wall clock.
 */
export class Ticker {
  readonly #in: TickerInput;
  readonly #works = new Map<string, Clockwork>();
  #rows = new Map<string, CursorRecord>();
  #suspended = new Set<string>();
  /** When the old ticks of a DAG were last deleted. */
  readonly #forgotten = new Map<string, number>();
  #latest = 0;
  #toldBack: number | null = null;

  constructor(input: TickerInput) {
    this.#in = input;
  }

  get scheduled(): number {
    return this.#works.size;
  }

  /** The next tick of all DAGs that are not suspended; null: none is left. */
  get next(): number | null {
    let least: number | null = null;
    for (const [dag, { next }] of this.#works) {
      if (next !== null && (least === null || next < least) && !this.#suspended.has(dag)) least = next;
    }
    return least;
  }

  /**
   * Follows the folder: what is seen for the first time begins now; what is gone, a DAG or an entry of its schedule, is
   * forgotten, so that it begins anew when it comes back.
   */
  async follow({ dags, problems, unread }: DagFolder): Promise<void> {
    const { deps } = this.#in;
    this.#rows = await this.#readRows();
    const now = deps.clock.wall();
    const fresh: CursorRecord[] = [];
    const seen = new Set(dags.keys());
    for (const entry of dags.values()) fresh.push(...this.#take(entry, now));
    for (const entry of unreadable([...this.#rows.values()], problems)) {
      if (seen.has(entry.name)) continue;
      seen.add(entry.name);
      this.#take(entry, now);
    }
    for (const dag of this.#works.keys()) if (!seen.has(dag)) this.#works.delete(dag);
    const gone = new Set<string>();
    for (const { dag, entry, file } of this.#rows.values()) {
      const isKept = dags.has(dag) ? this.#cursorsOf(dag).some((one) => one.entry === entry) : seen.has(dag);
      if (!isKept && !unread.has(file)) gone.add(dag);
    }
    if (fresh.length === 0 && gone.size === 0) return;
    const others = fresh.filter(({ dag }) => !gone.has(dag));
    const cursors = [...others, ...[...gone].flatMap((dag) => this.#cursorsOf(dag))];
    await deps.store.decide({ ticks: [], changed: [], appends: [], cursors, forgotten: [...gone] });
    this.#rows = await this.#readRows();
  }

  /** How far the entries that a schedule has now are decided. */
  #cursorsOf(dag: string): CursorRecord[] {
    const work = this.#works.get(dag);
    if (work === undefined) return [];
    return work.cursors.map(({ key, at }) => ({ dag, entry: key, file: work.entry.file, at }));
  }

  /** Decides all that is due. Errors of one DAG never touch another (RELIABILITY.md §5.3). */
  async fire(): Promise<void> {
    const { deps } = this.#in;
    const now = deps.clock.wall();
    this.#tellBack(now);
    await this.#readSuspended();
    const due = [...this.#works]
      .filter(([dag, { next }]) => next !== null && next <= now && !this.#suspended.has(dag))
      .sort(([a, { next: x }], [b, { next: y }]) => (x ?? 0) - (y ?? 0) || (a < b ? -1 : 1));
    await Promise.all(due.map(([, work]) => this.#decide(work, now)));
  }

  async #decide(work: Clockwork, now: number): Promise<void> {
    const { deps, log, zone } = this.#in;
    const { name: dag, file } = work.entry;
    try {
      const due = dueTicks(work.cursors, zone, now);
      const moved = due.moved.map(({ key, at }) => ({ dag, entry: key, file, at }));
      const batch = await decide(this.#in, work.entry, due, previousOf(work.cursors), moved);
      await deps.store.decide(batch);
      this.#tell(batch.ticks);
      this.#move(work, moved);
      await this.#forget(work.entry, now);
    } catch (error) {
      const isRace = [TickTaken, StateChanged, Fenced, RunExists].some((type) => error instanceof type);
      if (error instanceof FlowError && error.exitCode === EXIT.fault) throw error;
      if (!isRace) {
        // Whatever is wrong with one DAG, the others go on (A13); nothing of it is decided meanwhile.
        log.error(`${dag}: its ticks cannot be decided: ${reasonOf(error)}`, { dag });
        work.next = now + RETRY_MS;
        return;
      }
      // Somebody else changed what the decision was made from: it is made again with what holds now.
      log.info(`${dag}: ${reasonOf(error)}; deciding again`, { dag });
      this.#rows = await this.#readRows();
      this.#take(work.entry, now);
    }
  }

  /** What became of old ticks is kept as long as runs are (LANGUAGE.md §21.4), looked at once a day. */
  async #forget({ name, scheduling: { retention } }: DagEntry, now: number): Promise<void> {
    if (now - (this.#forgotten.get(name) ?? 0) < DAY_MS) return;
    this.#forgotten.set(name, now);
    const days = 'days' in retention ? Math.max(1, retention.days) : STANDARD_DAYS;
    await this.#in.deps.store.forgetTicks(name, now - days * DAY_MS, MOST_FORGOTTEN);
  }

  /** Takes up an entry of the folder; the rows of what is seen for the first time. */
  #take(entry: DagEntry, now: number): CursorRecord[] {
    const { zone } = this.#in;
    const { name: dag, file, scheduling } = entry;
    if (scheduling.schedule === null) {
      this.#works.delete(dag);
      return [];
    }
    const fresh: CursorRecord[] = [];
    const cursors = scheduling.schedule.map((one): EntryCursor => {
      const key = entryKey(one, zone);
      const row = this.#rows.get(rowKey(dag, key));
      if (row === undefined || row.file !== file) fresh.push({ dag, entry: key, file, at: row?.at ?? now });
      return { entry: one, key, at: row?.at ?? now };
    });
    this.#works.set(dag, { entry, cursors, next: nextDue(cursors, zone) });
    return fresh;
  }

  #move(work: Clockwork, moved: readonly CursorRecord[]): void {
    const to = new Map(moved.map(({ entry, at }) => [entry, at] as const));
    for (const cursor of moved) this.#rows.set(rowKey(cursor.dag, cursor.entry), cursor);
    work.cursors = work.cursors.map((one) => ({ ...one, at: to.get(one.key) ?? one.at }));
    work.next = nextDue(work.cursors, this.#in.zone);
  }

  async #readRows(): Promise<Map<string, CursorRecord>> {
    const rows = await this.#in.deps.store.cursors();
    return new Map(rows.map((row) => [rowKey(row.dag, row.entry), row] as const));
  }

  /** What was suspended goes on from where `flow unsuspend` put its cursors. */
  async #readSuspended(): Promise<void> {
    const { store } = this.#in.deps;
    const now = new Set(await store.suspended());
    const back = [...this.#suspended].filter((dag) => !now.has(dag));
    this.#suspended = now;
    if (back.length === 0) return;
    this.#rows = await this.#readRows();
    for (const dag of back) {
      const work = this.#works.get(dag);
      if (work !== undefined) this.#take(work.entry, this.#in.deps.clock.wall());
    }
  }

  /** What did not become a run, in one line for each reason, and what began late. */
  #tell(ticks: readonly TickRecord[]): void {
    const { log } = this.#in;
    const lost = ticks.filter(({ outcome }) => outcome !== 'started');
    for (const reason of new Set(lost.map((tick) => tick.reason))) this.#tellLost(lost, reason);
    for (const { dag, kind, scheduledAt, decidedAt, outcome, run } of ticks) {
      const lateMs = decidedAt - scheduledAt;
      // On time, the start of the run is all there is to say.
      if (outcome !== 'started' || (kind !== 'stop' && lateMs < LATE_MS)) continue;
      const fields = { dag, kind, scheduled_at: iso(scheduledAt), run, late_ms: lateMs };
      const late = lateMs < LATE_MS ? '' : `, ${formatDuration(lateMs)} late`;
      log.info(`${dag}: ${kind} of ${iso(scheduledAt)}${late}`, fields);
    }
  }

  #tellLost(ticks: readonly TickRecord[], reason: string | null): void {
    const { log } = this.#in;
    const some = ticks.filter((tick) => tick.reason === reason);
    const [first, last] = [some[0], some.at(-1)];
    if (first === undefined || last === undefined) return;
    const { dag, kind, outcome, message } = first;
    const count = some.reduce((sum, tick) => sum + tick.count, 0);
    const [from, to] = [iso(first.firstAt), iso(last.scheduledAt)];
    const which = count === 1 ? `${kind} of ${from}` : `${count} ticks from ${from} to ${to}`;
    const text = `${dag}: ${which} ${outcome}: ${message ?? words(reason ?? '')}`;
    const fields = { dag, ticks: count, outcome, reason, from, to };
    if (outcome === 'missed') log.warn(text, fields);
    else log.info(text, fields);
  }

  /** The cursor never moves back: nothing fires until the clock is where it was (D2). */
  #tellBack(now: number): void {
    const { log, deps } = this.#in;
    if (now >= this.#latest) {
      this.#latest = now;
      this.#toldBack = null;
      return;
    }
    const mono = deps.clock.mono();
    if (this.#latest - now < 1_000 || (this.#toldBack !== null && mono - this.#toldBack < TELL_EVERY_MS))
      return;
    this.#toldBack = mono;
    log.warn(`the clock was set back: ticks that were decided do not fire again before ${iso(this.#latest)}`);
  }
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function rowKey(dag: string, entry: string): string {
  return `${dag}\n${entry}`;
}

/** The last start that is decided, or when the schedule was first seen. */
function previousOf(cursors: readonly EntryCursor[]): number {
  return Math.max(0, ...cursors.filter(({ entry }) => entry.kind === 'start').map(({ at }) => at));
}

const WORDS: Readonly<Record<string, string>> = {
  overlap: 'another run of the DAG is not done',
  already_succeeded: 'a run has succeeded since the last tick',
  no_daemon: 'no daemon ran',
};

function words(reason: string): string {
  return WORDS[reason] ?? reason;
}
