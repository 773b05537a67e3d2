import { shortId } from '../../base/ids.ts';
import type { Clock } from '../../base/clock.ts';
import type { Dag } from '../../core/dag.ts';
import { writtenStep } from '../../core/numbers.ts';
import type { EventOf, JournalEvent, RunEvent } from '../../core/events.ts';
import type { Snapshot, TryRecord } from '../../core/records.ts';
import type { Sink } from '../../term/sink.ts';
import { triesWords } from '../event-text.ts';
import { logSize } from '../log-files.ts';
import { PlainReporter, type PlainOptions } from '../plain.ts';
import { labelOf, type Reporter } from '../reporter.ts';
import type { FindingPlace, JobLog } from './job-log.ts';
import { lastLines, logFiles } from '../log-end.ts';
import { OrderedOutput } from './ordered-output.ts';
import { Results, type RunResult, type StepResult } from './results.ts';

export interface GroupedOptions extends Omit<PlainOptions, 'nested' | 'tail'> {
  readonly clock: Clock;
  readonly jobLog: JobLog;
}

/** What the reporters of a run and of its child runs share. */
interface Shared {
  readonly out: Sink;
  readonly output: OrderedOutput;
  readonly jobLog: JobLog;
  readonly results: Results;
}

/**
 * `--output grouped` (CLI.md §5), for the log of a CI job: on standard output a block for each try when it ends, with
 * what it printed, and what the CI system shows in its overview; on standard error the events, as `--output plain`.
 * Blocks are copied from the log files, where all of it is: of tries that an earlier flow began, too, and with secrets
 * masked. A log that was too large is shown as it is kept (RELIABILITY.md F1).
 */
export class GroupedReporter implements Reporter {
  readonly busy = false;
  readonly ignoresOutput = true;
  readonly #dag: Dag;
  readonly #path: string;
  readonly #lines: PlainReporter;
  readonly #shared: Shared;

  private constructor(dag: Dag, path: string, lines: PlainReporter, shared: Shared) {
    this.#dag = dag;
    this.#path = path;
    this.#lines = lines;
    this.#shared = shared;
  }

  static create({ clock, jobLog, ...plain }: GroupedOptions): GroupedReporter {
    const { out, err, paintErr, dag } = plain;
    const trouble = (message: string): void => err.write(`${paintErr('warning', 'warning:')} ${message}\n`);
    const output = new OrderedOutput(out, clock, trouble);
    const said: Sink = {
      isTerminal: err.isTerminal,
      size: err.size,
      closed: false,
      busy: false,
      write: (text) => output.text(err, jobLog.said(String(text))),
    };
    const lines = new PlainReporter({ ...plain, err: said, tail: lastLines });
    const shared = { out, output, jobLog, results: new Results() };
    return new GroupedReporter(dag, '', lines, shared);
  }

  nested(label: string, dag: Dag): GroupedReporter {
    const path = `${this.#path}${label}/`;
    return new GroupedReporter(dag, path, this.#lines.nested(label, dag), this.#shared);
  }

  output(): void {
    // The log files have it.
  }

  event(entry: JournalEvent, snapshot: Snapshot): void {
    const ended = endedTry(entry.event, snapshot);
    if (ended !== null) this.#block(ended, snapshot);
    if (entry.event.type === 'log.warning') this.#warning(entry.event, snapshot);
    this.#shared.results.event(entry, snapshot, this.#dag, this.#path.slice(0, -1));
    this.#lines.event(entry, snapshot);
  }

  async finish(snapshot: Snapshot): Promise<void> {
    const { results, output } = this.#shared;
    for (const run of results.all()) for (const step of run.steps) this.#failure(run, step);
    this.#lines.finish(snapshot);
    await output.done();
  }

  /** Nothing for a try that printed nothing. */
  #block({ step, record }: EndedTry, snapshot: Snapshot): void {
    const { out, output, jobLog } = this.#shared;
    const files = logFiles(record).filter((path) => logSize(path) > 0);
    if (files.length === 0) return;
    const tried = triesWords(this.#dag, snapshot.steps[step - 1], record.n);
    const { open, close } = jobLog.frame({
      title: oneLine([this.#path + labelOf(snapshot, step), ...(tried === null ? [] : [tried])].join(' · ')),
      name: `flow_${shortId(snapshot.run.id)}_${step}_${record.n}`,
      startedAt: record.startedAt,
      finishedAt: record.finishedAt ?? record.startedAt,
    });
    output.text(out, open);
    for (const [i, path] of files.entries()) {
      if (i > 0) output.text(out, '── stderr\n');
      output.log(path);
    }
    output.text(out, close);
  }

  #warning({ code, message, step }: EventOf<'log.warning'>, snapshot: Snapshot): void {
    const { out, output, jobLog } = this.#shared;
    const own = step === null ? undefined : snapshot.steps[step - 1];
    const line = own?.kind === 'step' ? (writtenStep(this.#dag, own)?.place.line ?? null) : null;
    const place: FindingPlace = { file: snapshot.run.file, line };
    const about = step === null ? snapshot.run.dag : this.#path + labelOf(snapshot, step);
    // What ends a run has a code of R; the rest are warnings.
    const severity = code.startsWith('W') ? 'warning' : 'error';
    output.text(out, jobLog.finding({ severity, title: `${about}: ${code}`, message, place }));
  }

  #failure(run: RunResult, { title, state, tolerated, why, line }: StepResult): void {
    if (state !== 'failed' || tolerated) return;
    const { out, output, jobLog } = this.#shared;
    const whole = run.path === '' ? title : `${run.path}/${title}`;
    const place = { file: run.file, line };
    const finding = { severity: 'error', title: `${whole} failed`, message: why ?? 'failed', place } as const;
    output.text(out, jobLog.finding(finding));
  }
}

interface EndedTry {
  readonly step: number;
  readonly record: TryRecord;
}

/** The try that an event ends, which happens to each try once: all that it printed is in its log. */
function endedTry(event: RunEvent, snapshot: Snapshot): EndedTry | null {
  switch (event.type) {
    case 'step.waiting':
      // For a child run its try goes on.
      if (event.task === null) return null;
      break;
    case 'step.retrying':
    case 'step.repeating':
    case 'step.finished':
    case 'step.skipped':
    case 'step.aborted':
    case 'step.lost':
      break;
    default:
      return null;
  }
  const record = event.try === null ? undefined : snapshot.steps[event.step - 1]?.tries[event.try - 1];
  return record === undefined ? null : { step: event.step, record };
}

/** A key of an item may hold anything. */
function oneLine(text: string): string {
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f]+/g, ' ');
}
