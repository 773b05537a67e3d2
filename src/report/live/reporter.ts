import type { Clock } from '../../base/clock.ts';
import type { Dag } from '../../core/dag.ts';
import type { JournalEvent } from '../../core/events.ts';
import type { Snapshot } from '../../core/records.ts';
import type { Paint } from '../../term/color.ts';
import type { Screen } from '../../term/screen.ts';
import { eventText } from '../event-text.ts';
import { lastLine, lastLines } from '../log-end.ts';
import { logSize } from '../log-files.ts';
import type { AskingRun } from '../questions-text.ts';
import type { Reporter } from '../reporter.ts';
import { summaryLines } from '../summary.ts';
import { frameLines } from './frame.ts';
import type { LiveRun, UsualTimes } from './rows.ts';

/** Between two frames: often enough for a spinner. */
const FRAME_MS = 100;
/** A run with more steps than this is drawn less often. */
const MANY_STEPS = 1_000;
const SLOW_FRAME_MS = 500;

export interface LiveOptions {
  readonly screen: Screen;
  readonly paint: Paint;
  readonly clock: Clock;
  readonly dag: Dag;
  /** Whole run ids at the end. */
  readonly verbose: boolean;
}

/** What a live view knows of one run, as events tell it. */
class WatchedRun implements LiveRun {
  readonly dag: Dag;
  readonly label: string | null;
  readonly children = new Map<number, WatchedRun[]>();
  readonly lastLine = lastLine;
  #snapshot: Snapshot | null = null;

  constructor(dag: Dag, label: string | null) {
    this.dag = dag;
    this.label = label;
  }

  /** Only after the first event. */
  get snapshot(): Snapshot {
    if (this.#snapshot === null) throw new Error(`nothing has happened in a run of ${this.dag.name} yet`);
    return this.#snapshot;
  }

  get hasBegun(): boolean {
    return this.#snapshot !== null;
  }

  take(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
  }
}

/** What the view of a child run shares with that of its parent, and what it is called. */
interface Nested {
  readonly label: string;
  readonly root: WatchedRun;
  readonly asking: Map<string, AskingRun>;
}

/** `--output live` (CLI.md §5): the run as a tree that is drawn in place, and at its end what a person needs. */
export class LiveReporter implements Reporter {
  readonly #options: LiveOptions;
  readonly #root: WatchedRun;
  readonly #run: WatchedRun;
  readonly #asking: Map<string, AskingRun>;
  readonly busy = false;
  readonly ignoresOutput = true;
  /** Known once the history has been read. */
  usual: UsualTimes | null = null;
  #turn = 0;
  #isWaiting = false;
  #ended = '';

  constructor(options: LiveOptions, of: Nested | null = null) {
    this.#options = options;
    this.#run = new WatchedRun(options.dag, of?.label ?? null);
    this.#root = of?.root ?? this.#run;
    this.#asking = of?.asking ?? new Map<string, AskingRun>();
  }

  event({ event }: JournalEvent, snapshot: Snapshot): void {
    const { dag, screen, paint, verbose } = this.#options;
    if (!this.#run.hasBegun) this.#attach(snapshot);
    this.#run.take(snapshot);
    if (event.type === 'run.waiting') this.#asking.set(snapshot.run.id, { snapshot, dag });
    const text = eventText(event, { paint, snapshot, dag, verbose });
    if (event.type === 'log.warning') screen.write(`${text ?? ''}\n`);
    if (event.type === 'run.finished' || event.type === 'run.waiting') this.#ended = text ?? '';
    if (this.#run === this.#root && !this.#isWaiting) this.#draw();
  }

  output(): void {
    // The log files have it.
  }

  nested(label: string, dag: Dag): LiveReporter {
    return new LiveReporter({ ...this.#options, dag }, { label, root: this.#root, asking: this.#asking });
  }

  finish(snapshot: Snapshot): void {
    const { screen, paint, dag } = this.#options;
    this.#frame();
    screen.close();
    const facts = { snapshot, dag, asking: [...this.#asking.values()], tail: lastLines, logSize, paint };
    for (const line of [this.#ended, ...summaryLines(facts)]) screen.write(`${line}\n`);
  }

  /** A child run stands below the step that runs it. */
  #attach({ run }: Snapshot): void {
    if (run.parent === null || this.#run === this.#root) return;
    const parent = find(this.#root, run.parent.run);
    if (parent === null) return;
    const { step } = run.parent;
    const others = (parent.children.get(step) ?? []).filter(
      (one) => !one.hasBegun || one.snapshot.run.id !== run.id,
    );
    parent.children.set(step, [...others, this.#run]);
  }

  /** Draws now and then again and again, until the screen is closed. */
  #draw(): void {
    this.#isWaiting = true;
    this.#frame();
    const { clock, screen } = this.#options;
    const isMany = this.#run.snapshot.steps.length > MANY_STEPS;
    clock.after(isMany ? SLOW_FRAME_MS : FRAME_MS, () => {
      if (!screen.isOver) this.#draw();
    });
  }

  #frame(): void {
    const { screen, paint, clock } = this.#options;
    if (!this.#root.hasBegun) return;
    this.#turn += 1;
    const facts = { now: clock.wall(), turn: this.#turn, usual: this.usual, size: screen.size, paint };
    screen.draw(frameLines(this.#root, facts));
  }
}

function find(run: WatchedRun, id: string): WatchedRun | null {
  if (run.hasBegun && run.snapshot.run.id === id) return run;
  for (const child of [...run.children.values()].flat()) {
    const found = find(child, id);
    if (found !== null) return found;
  }
  return null;
}
