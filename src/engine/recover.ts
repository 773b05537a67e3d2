import type { Snapshot, StepRecord, TryRecord } from '../core/records.ts';
import type { Found } from '../core/resume.ts';
import type { RunningProcess } from '../process/processes.ts';
import type { RunningTry } from './launch.ts';
import { fromExit, fromProcess } from './launch.ts';
import type { EngineDeps } from './types.ts';

/** What was found of a try that ran when its owner died (RELIABILITY.md R5). */
export interface RecoveredTry {
  readonly step: number;
  readonly record: TryRecord;
  readonly found: Exclude<Found, 'unknown'>;
  /** For `alive` and `exited`. */
  readonly running: RunningTry | null;
  /** For `alive`. */
  readonly process: RunningProcess | null;
  /** Entries of a `run` list that are done. */
  readonly entriesDone: number;
}

/** Looks after every running step of an interrupted run, and fences the tries that never started. Idempotent. */
export async function recoverTries(deps: EngineDeps, snapshot: Snapshot): Promise<RecoveredTry[]> {
  const running = snapshot.steps.filter((step) => step.state === 'running');
  return Promise.all(running.map((step) => recoverTry(deps, snapshot, step)));
}

async function recoverTry(deps: EngineDeps, snapshot: Snapshot, step: StepRecord): Promise<RecoveredTry> {
  const record = step.tries.at(-1);
  if (record === undefined) throw new Error(`step ${step.label} runs without a try`);
  const base = { step: step.number, record, running: null, process: null, entriesDone: 0 };
  if (!isUnsettled(record)) {
    return { ...base, found: record.state === 'void' ? 'never_started' : 'lost' };
  }
  // An action inside flow leaves no process: its result is unknown.
  if (record.inFlow) return { ...base, found: 'lost' };
  const recovered = await deps.processes.recover(deps.home.tryDir(snapshot.run.id, step.number, record.n));
  switch (recovered.kind) {
    case 'exited': {
      const ended = Promise.resolve(fromExit(recovered.end));
      return { ...base, found: 'exited', running: { ended, stop: () => undefined } };
    }
    case 'alive':
      return { ...base, found: 'alive', running: fromProcess(recovered.process), process: recovered.process };
    case 'never_started':
      return { ...base, found: 'never_started' };
    case 'lost':
      return { ...base, found: 'lost', entriesDone: recovered.entriesDone };
  }
}

/** False when the loss of the try is recorded already: its owner died before the next one. */
export function isUnsettled({ state }: TryRecord): boolean {
  return state === 'intent' || state === 'running';
}
