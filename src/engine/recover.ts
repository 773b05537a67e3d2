import type { Dag } from '../core/dag.ts';
import type { Snapshot, StepRecord, TryRecord } from '../core/records.ts';
import type { Found } from '../core/resume.ts';
import { betweenRepetitions } from '../core/states.ts';
import type { RunningProcess } from '../process/processes.ts';
import { privateTexts } from '../process/try-files.ts';
import { elsewhere } from './elsewhere.ts';
import type { RunningTry, TryEnd } from './launch.ts';
import { fromExit, fromProcess } from './launch.ts';
import { runsOthers, writtenStep } from '../core/numbers.ts';
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
export async function recoverTries(deps: EngineDeps, snapshot: Snapshot, dag: Dag): Promise<RecoveredTry[]> {
  const running = snapshot.steps.filter((step) => step.state === 'running' && !betweenRepetitions(step));
  const placeOf = elsewhere(deps, snapshot);
  return Promise.all(
    running.map((step) => recoverTry(deps, snapshot, step, placeOf, runsOthers(writtenStep(dag, step)))),
  );
}

async function recoverTry(
  deps: EngineDeps,
  snapshot: Snapshot,
  step: StepRecord,
  placeOf: ReturnType<typeof elsewhere>,
  others: boolean,
): Promise<RecoveredTry> {
  const record = step.tries.at(-1);
  if (record === undefined) throw new Error(`step ${step.label} runs without a try`);
  const base = { step: step.number, record, running: null, process: null, entriesDone: 0 };
  const dirOf = ({ n }: TryRecord): string => deps.home.tryDir(snapshot.run.id, step.number, n);
  // A try that never started may have been meant to go on with a list that an earlier one had begun.
  const earlier = step.tries.findLast((t) => t.state !== 'void' && t !== record);
  const doneOf = async (t: TryRecord): Promise<number> =>
    t.inFlow || placeOf(t) === 'nowhere' ? 0 : await entriesDone(deps, dirOf(t));
  const before = earlier?.state === 'lost' ? await doneOf(earlier) : 0;
  if (!isUnsettled(record)) {
    if (record.state === 'void') return { ...base, found: 'never_started', entriesDone: before };
    return {
      ...base,
      found: 'lost',
      entriesDone: await doneOf(record),
    };
  }
  if (others) return { ...base, found: 'goes_on' };
  // An action inside flow leaves no process: its result is unknown.
  if (record.inFlow || placeOf(record) === 'nowhere') return { ...base, found: 'lost' };
  const recovered = await deps.processes.recover(dirOf(record));
  if (recovered.kind === 'lost' || recovered.kind === 'never_started') {
    for (const path of privateTexts(dirOf(record))) deps.files.remove(path);
  }
  switch (recovered.kind) {
    case 'exited': {
      const ended = Promise.resolve(fromExit(recovered.end));
      return { ...base, found: 'exited', running: { ended, stop: () => undefined } };
    }
    case 'alive':
      return {
        ...base,
        found: 'alive',
        process: recovered.process,
        running: adopt(deps, recovered.process, dirOf(record)),
      };
    case 'never_started':
      // A copy of its folder may be older than its start.
      return { ...base, found: placeOf(record) === null ? 'never_started' : 'lost', entriesDone: before };
    case 'lost':
      return { ...base, found: 'lost', entriesDone: recovered.entriesDone };
  }
}

function adopt(deps: EngineDeps, process: RunningProcess, dir: string): RunningTry {
  const running = fromProcess(process);
  const settle = async (end: TryEnd): Promise<TryEnd> =>
    end.lost ? { ...end, entriesDone: await entriesDone(deps, dir) } : end;
  return { ended: running.ended.then(settle), stop: (how) => running.stop(how) };
}

/** Entries of a `run` list that a try, which has ended, had done. */
async function entriesDone(deps: EngineDeps, dir: string): Promise<number> {
  const recovered = await deps.processes.recover(dir);
  return recovered.kind === 'alive' ? 0 : recovered.entriesDone;
}

/** False when the loss of the try is recorded already: its owner died before the next one. */
export function isUnsettled({ state }: TryRecord): boolean {
  return state === 'intent' || state === 'running';
}
