import type { Dag } from '../../core/dag.ts';
import type { JournalEvent } from '../../core/events.ts';
import { runsOthers, writtenStep } from '../../core/numbers.ts';
import type { RunRecord, Snapshot, StepRecord } from '../../core/records.ts';
import { stepsInOrder, titleOf } from '../../core/snapshot.ts';
import { limitOf, triesWords } from '../event-text.ts';
import type { Reporter } from '../reporter.ts';
import type { TryLogs } from '../log-end.ts';
import { endingWords } from '../words.ts';

/** What became of a run in one attempt, as the reports for CI systems tell it. */
export interface RunResult extends Pick<RunRecord, 'id' | 'dag' | 'file' | 'state' | 'reason'> {
  /** Of a child run: the steps it lies in, as `deploy` or `deploy/copy[eu]`; empty for the run itself. */
  readonly path: string;
  /** Of the attempt; milliseconds, UTC. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** In the order of the file, items after their step; handlers that ran last. */
  readonly steps: readonly StepResult[];
}

export interface StepResult extends Pick<StepRecord, 'kind' | 'state' | 'reason' | 'tolerated'> {
  /** `build`, `copy[eu]`. */
  readonly title: string;
  /** Label of the foreach step that it lies in. */
  readonly foreach: string | null;
  /** `exit code 1, try 2 of 3`; null when there is nothing to say. */
  readonly why: string | null;
  readonly signal: string | null;
  /** It runs other steps or runs: what it prints is an account of them. */
  readonly runsOthers: boolean;
  /** From the start of its first try to its end; 0 when it never began. */
  readonly durationMs: number;
  readonly tries: readonly TryLogs[];
  /** In the file of the run; null where that is not known: a handler may come from the base file. */
  readonly line: number | null;
}

/**
 * Keeps what became of a run and of its child runs; a child run that was continued counts as it was last. Of runs that
 * have ended only this is kept, so that ten thousand of them fit into memory.
 */
export class Results {
  readonly #runs = new Map<string, RunResult>();

  /** To be called with every event of a run. */
  event({ event }: JournalEvent, snapshot: Snapshot, dag: Dag, path: string): void {
    if (event.type !== 'run.finished' && event.type !== 'run.waiting') return;
    this.#runs.set(snapshot.run.id, runResult(snapshot, dag, path));
  }

  /** The run itself first, then child runs in the order in which they ended. */
  all(): RunResult[] {
    const runs = [...this.#runs.values()];
    return [...runs.filter(({ path }) => path === ''), ...runs.filter(({ path }) => path !== '')];
  }
}

/** A reporter that shows nothing and has its say when the attempt has ended. */
export function atTheEnd(dag: Dag, report: (runs: readonly RunResult[]) => void): Reporter {
  const results = new Results();
  const within = (path: string, own: Dag): Reporter => ({
    busy: false,
    ignoresOutput: true,
    nested: (label, child) => within(path === '' ? label : `${path}/${label}`, child),
    event: (entry, snapshot) => results.event(entry, snapshot, own, path),
    output: () => undefined,
    finish: () => report(results.all()),
  });
  return within('', dag);
}

function runResult(snapshot: Snapshot, dag: Dag, path: string): RunResult {
  const { id, dag: name, file, state, reason } = snapshot.run;
  const attempt = snapshot.attempts.at(-1);
  const startedAt = attempt?.startedAt ?? snapshot.run.createdAt;
  const steps = stepsInOrder(snapshot)
    .filter((step) => step.kind === 'step' || step.state !== 'pending')
    .map((step) => stepResult(step, snapshot, dag));
  const durationMs = Math.max(0, (attempt?.finishedAt ?? startedAt) - startedAt);
  return { id, dag: name, file, state, reason, path, startedAt, durationMs, steps };
}

function stepResult(step: StepRecord, snapshot: Snapshot, dag: Dag): StepResult {
  const { kind, state, reason, tolerated, startedAt, finishedAt } = step;
  const last = step.tries.at(-1);
  const written = writtenStep(dag, step);
  const parent = step.item === null ? undefined : snapshot.steps[step.item.parent - 1];
  return {
    ...{ kind, state, reason, tolerated },
    title: titleOf(step),
    foreach: parent?.label ?? null,
    why: whyOf(step, dag),
    signal: last?.signal ?? null,
    runsOthers: runsOthers(written),
    durationMs: startedAt === null || finishedAt === null ? 0 : Math.max(0, finishedAt - startedAt),
    tries: step.tries.map(({ outLog, errLog }) => ({ outLog, errLog })),
    line: kind === 'step' ? (written?.place.line ?? null) : null,
  };
}

function whyOf(step: StepRecord, dag: Dag): string | null {
  if (step.state === 'succeeded') return null;
  const last = step.tries.at(-1);
  const ending = { reason: step.reason, message: step.message };
  const end = endingWords(
    { ...ending, exitCode: last?.exitCode ?? null, signal: last?.signal ?? null },
    limitOf(dag, step.number),
  );
  const tried = last === undefined || step.state !== 'failed' ? null : triesWords(dag, step, last.n);
  const parts = [end, tried].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}
