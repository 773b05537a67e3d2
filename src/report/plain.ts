import type { Dag } from '../core/dag.ts';
import { allSteps } from '../core/numbers.ts';
import type { EventOf, JournalEvent, RunEvent } from '../core/events.ts';
import type { Snapshot, StepRecord } from '../core/records.ts';
import type { Paint } from '../term/color.ts';
import { printable } from '../term/printable.ts';
import type { Sink } from '../term/sink.ts';
import { displayWidth, padEnd } from '../base/width.ts';
import { eventText } from './event-text.ts';
import { logSize } from './log-files.ts';
import { LineCutter, linesOf, prefixed } from './lines.ts';
import type { OutputChunk } from '../core/observer.ts';
import type { AskingRun } from './questions-text.ts';
import { labelOf, type Reporter } from './reporter.ts';
import { summaryLines } from './summary.ts';
import { TailKeeper } from './tail-keeper.ts';

/** Labels up to this width are aligned; longer ones push their line to the right. */
const WIDEST_LABEL = 24;
const NEWLINE = Buffer.from('\n');

/** The width of the column of labels; it grows with what appears while a run runs. */
class LabelWidth {
  columns = 0;

  take(labels: readonly string[]): void {
    for (const label of labels)
      this.columns = Math.max(this.columns, Math.min(WIDEST_LABEL, displayWidth(label)));
  }
}

/** Runs that wait, a run and its child runs, by their id. */
type AskingRuns = Map<string, AskingRun>;

export interface PlainOptions {
  /** Lines of step output go here. */
  readonly out: Sink;
  /** Everything else. */
  readonly err: Sink;
  readonly paintOut: Paint;
  readonly paintErr: Paint;
  readonly dag: Dag;
  /** Of a child run: the steps it lies in, each with a slash, and what it shares with its parent. */
  readonly nested?: { readonly prefix: string; readonly width: LabelWidth; readonly asking: AskingRuns };
  /** Only output, warnings, and what went wrong. */
  readonly quiet: boolean;
  /** Also when a step becomes ready, and whole run ids. */
  readonly verbose: boolean;
  /** The end of what a failed step printed; by default of the output that was handed to this reporter. */
  readonly tail?: (step: StepRecord) => readonly string[];
}

/**
 * `--output plain` (CLI.md §5): one prefixed line per event and per line of output, as it happens. A line of
 * output that is not finished waits for its newline or for the end of its try, so that no two lines mix.
 */
export class PlainReporter implements Reporter {
  readonly #options: PlainOptions;
  readonly #width: LabelWidth;
  readonly #prefix: string;
  readonly #asking: AskingRuns;
  readonly #cutters = new Map<number, { stdout: LineCutter; stderr: LineCutter }>();
  readonly #tails = new TailKeeper();

  constructor(options: PlainOptions) {
    this.#options = options;
    this.#prefix = options.nested?.prefix ?? '';
    this.#width = options.nested?.width ?? new LabelWidth();
    this.#asking = options.nested?.asking ?? new Map<string, AskingRun>();
    const own = this.#prefix === '' ? options.dag.name : this.#prefix.slice(0, -1);
    this.#width.take([own, ...allSteps(options.dag).map((step) => this.#prefix + step.label)]);
  }

  event({ event }: JournalEvent, snapshot: Snapshot): void {
    this.#settle(event, snapshot);
    if (event.type === 'step.items') this.#takeItems(event, snapshot);
    const { err, paintErr, quiet, verbose, dag } = this.#options;
    if (event.type === 'run.waiting') this.#asking.set(snapshot.run.id, { snapshot, dag });
    if (quiet && event.type !== 'log.warning') return;
    if (event.type === 'run.aborting' && event.reason.startsWith('sig')) return;
    const text = eventText(event, { paint: paintErr, snapshot, dag, verbose });
    if (text === null) return;
    const step = 'step' in event ? event.step : null;
    const label =
      step === null ? paintErr('bold', this.#runLabel(snapshot)) : this.#stepLabel(snapshot, step);
    err.write(`${padEnd(label, this.#width.columns)} ${text}\n`);
  }

  nested(label: string, dag: Dag): PlainReporter {
    return new PlainReporter({
      ...this.#options,
      dag,
      nested: { prefix: `${this.#prefix}${label}/`, width: this.#width, asking: this.#asking },
    });
  }

  /** A child run is called as the step that runs it. */
  #runLabel({ run }: Snapshot): string {
    return this.#prefix === '' ? run.dag : this.#prefix.slice(0, -1);
  }

  #stepLabel(snapshot: Snapshot, step: number): string {
    return this.#prefix + labelOf(snapshot, step);
  }

  /** Lines of items are aligned with the others. */
  #takeItems({ items, body }: EventOf<'step.items'>, snapshot: Snapshot): void {
    const titles = items.flatMap(({ first }) => body.map((_, i) => this.#stepLabel(snapshot, first + i)));
    this.#width.take(titles);
  }

  get busy(): boolean {
    return this.#options.out.busy;
  }

  output(chunk: OutputChunk): void {
    let cutters = this.#cutters.get(chunk.step);
    if (cutters === undefined) {
      this.#cutters.set(chunk.step, (cutters = { stdout: new LineCutter(), stderr: new LineCutter() }));
    }
    const title = chunk.item === null ? chunk.label : `${chunk.label}[${chunk.item}]`;
    const label = this.#prefix + title;
    const blocks: Uint8Array[] = [];
    cutters[chunk.stream].pushBlocks(chunk.bytes, (block) => blocks.push(block));
    this.#show(chunk.step, label, blocks);
  }

  finish(snapshot: Snapshot): void {
    for (const step of this.#cutters.keys()) this.#flush(step, this.#stepLabel(snapshot, step));
    const { err, paintErr, dag } = this.#options;
    const tail = this.#options.tail ?? ((step: StepRecord): readonly string[] => this.#tails.of(step.number));
    const facts = { snapshot, dag, asking: [...this.#asking.values()], tail, logSize, paint: paintErr };
    for (const line of summaryLines(facts)) err.write(`${line}\n`);
  }

  /** Before the event that ends a try is told, what the try left unfinished; after success its tail is dropped. */
  #settle(event: RunEvent, snapshot: Snapshot): void {
    switch (event.type) {
      case 'step.started':
        this.#tails.forget(event.step);
        return;
      case 'step.retrying':
      case 'step.repeating':
      case 'step.waiting':
      case 'step.finished':
      case 'step.aborted':
        this.#flush(event.step, this.#stepLabel(snapshot, event.step));
        if (event.type !== 'step.finished' || event.state !== 'failed' || event.tolerated) {
          this.#tails.forget(event.step);
        }
    }
  }

  #flush(step: number, label: string): void {
    const cutters = this.#cutters.get(step);
    if (cutters === undefined) return;
    this.#cutters.delete(step);
    const blocks: Uint8Array[] = [];
    for (const cutter of [cutters.stdout, cutters.stderr])
      cutter.flush((line) => blocks.push(Buffer.concat([line, NEWLINE])));
    this.#show(step, label, blocks);
  }

  /** All of them in one write: that is what costs. */
  #show(step: number, label: string, blocks: readonly Uint8Array[]): void {
    if (blocks.length === 0) return;
    const { out, paintOut } = this.#options;
    const prefix = `${padEnd(label, this.#width.columns)} ${paintOut('dim', '│')} `;
    for (const block of blocks) this.#tails.add(step, block);
    if (!out.isTerminal) {
      out.write(prefixed(blocks, prefix));
      return;
    }
    const lines = blocks.flatMap(linesOf);
    out.write(lines.map((line) => `${prefix}${printable(new TextDecoder().decode(line))}\n`).join(''));
  }
}
