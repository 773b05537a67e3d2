import type { RunEvent } from '../core/events.ts';
import type { Step } from '../core/dag.ts';
import type { ResumePlan } from '../core/resume.ts';
import { takenUp } from '../core/questions.ts';
import { stepAt } from '../core/snapshot.ts';
import { stepEnded } from '../core/states.ts';
import type { PlanWarning, Update } from '../core/update.ts';
import type { Journal } from './journal.ts';
import { isUnsettled } from './recover.ts';
import type { RecoveredTry } from './recover.ts';
import type { EditedFile, EngineDeps } from './types.ts';

export interface Takeover {
  readonly recovered: readonly RecoveredTry[];
  readonly plan: ResumePlan;
  readonly update: Update | null;
  readonly edited: EditedFile | null;
  readonly from: Step | null;
  readonly warnings: readonly PlanWarning[];
  readonly automatic: 'queue' | 'recovery' | null;
}

/** The events with which a new attempt begins: what became of the tries before, then what runs. */
export function emitTakeover(deps: EngineDeps, journal: Journal, takeover: Takeover): void {
  const at = deps.clock.wall();
  const { plan, from, recovered } = takeover;
  const attempt = journal.snapshot.run.attempt + 1;
  emitChildWaits(journal, plan, { at, attempt });
  for (const one of recovered) emitTry(journal, one, plan, { at, attempt });
  emitDropped(journal, takeover, { at, attempt });
  journal.emit({
    at,
    type: 'run.resumed',
    attempt,
    owner: deps.owner,
    token: journal.snapshot.run.token + 1,
    run: plan.run,
    attached: plan.attached,
    from: from?.label ?? null,
    anew: [...plan.anew],
    updated: updatedOf(takeover),
    ...(takeover.automatic === null ? {} : { retries: journal.snapshot.run.retries }),
    ...(takeover.automatic === 'recovery' ? { recovery: true } : {}),
  });
  for (const warning of takeover.warnings) journal.emit({ at, type: 'log.warning', ...warning, step: null });
  for (const task of plan.answered) journal.emit(takenUp(journal.snapshot, task, at));
  for (const step of plan.unknown) emitUnknown(journal, step, { at, attempt });
}

interface When {
  readonly at: number;
  readonly attempt: number;
}

const NO_TRY = { try: null, exitCode: null, signal: null, durationMs: 0 } as const;

/** A step whose child run waited is running again. */
function emitChildWaits(journal: Journal, { goingOn }: ResumePlan, when: When): void {
  for (const step of goingOn) {
    const { state, tries } = stepAt(journal.snapshot, step);
    const last = tries.at(-1);
    if (state === 'waiting' && last !== undefined)
      journal.emit({ ...when, type: 'step.adopted', step, try: last.n, pid: null });
  }
}

function emitTry(journal: Journal, one: RecoveredTry, plan: ResumePlan, when: When): void {
  if (!isUnsettled(one.record)) return;
  const base = { ...when, step: one.step, try: one.record.n };
  if (plan.attached.includes(one.step) || plan.goingOn.includes(one.step)) {
    journal.emit({ ...base, type: 'step.adopted', pid: one.process?.pid ?? null });
  } else if (one.process !== null) {
    const durationMs = Math.max(0, when.at - one.record.startedAt);
    journal.emit({ ...NO_TRY, ...base, type: 'step.aborted', reason: 'replaced', message: null, durationMs });
  } else {
    const verdict = one.found === 'never_started' ? 'never_started' : 'unknown';
    journal.emit({ ...base, type: 'step.lost', verdict });
  }
}

/** What the file no longer has comes to an end, if it had none. */
function emitDropped(journal: Journal, { update }: Takeover, when: When): void {
  for (const step of update?.dropped ?? []) {
    if (stepEnded(stepAt(journal.snapshot, step).state)) continue;
    const message = 'no longer in the file';
    journal.emit({ ...when, ...NO_TRY, type: 'step.aborted', step, reason: 'replaced', message });
  }
}

function updatedOf({ update, edited }: Takeover): Extract<RunEvent, { type: 'run.resumed' }>['updated'] {
  if (update === null || edited === null) return null;
  return {
    definition: edited.definition.hash,
    numbers: update.numbers,
    steps: update.seeds,
    changed: [...update.changed].map(([step, fields]) => ({ step, fields })),
    dropped: update.dropped,
    params: edited.params,
  };
}

/** `on_interrupt: fail` forbids another try (R801). */
function emitUnknown(journal: Journal, step: number, when: When): void {
  const message = `\`${stepAt(journal.snapshot, step).label}\`: its result is unknown`;
  journal.emit({
    ...when,
    ...NO_TRY,
    type: 'step.finished',
    step,
    state: 'failed',
    reason: 'R801',
    message,
    outputs: {},
    tolerated: false,
    partial: false,
  });
}
