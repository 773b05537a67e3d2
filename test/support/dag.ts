import type { Dag, Step } from '../../src/core/dag.ts';
import type { StepRecord } from '../../src/core/records.ts';

/** A step with defaults; what a test is about it says itself. */
export function step(number: number, overrides: Partial<Step> = {}): Step {
  const id = overrides.id ?? `s${number}`;
  return {
    number,
    kind: 'step',
    id,
    name: id,
    label: id,
    description: null,
    action: { kind: 'noop' },
    depends: [],
    env: [],
    workingDir: null,
    preconditions: [],
    continueOn: null,
    retry: null,
    repeat: null,
    timeoutSec: 0,
    signalOnStop: 'SIGTERM',
    onInterrupt: 'rerun',
    outputs: [],
    outputName: null,
    outputMap: [],
    outputSchema: null,
    stdout: null,
    stderr: null,
    logOutput: 'separate',
    approval: null,
    item: null,
    place: { line: 1, column: 1 },
    ...overrides,
  };
}

export function dag(steps: readonly Step[], overrides: Partial<Dag> = {}): Dag {
  return {
    name: 'test',
    description: null,
    group: null,
    labels: new Map(),
    type: 'graph',
    consts: new Map(),
    params: null,
    paramsSchema: null,
    env: [],
    secrets: [],
    dotenv: { on: true, files: [] },
    shell: null,
    workingDir: null,
    preconditions: [],
    retry: null,
    delaySec: 0,
    timezone: null,
    timeoutSec: 0,
    maxActiveSteps: 0,
    maxCleanUpTimeSec: 5,
    maxOutputSize: 1_048_576,
    logDir: null,
    artifacts: { enabled: true, dir: null },
    schedule: null,
    jitterSec: 0,
    catchupWindowMs: null,
    overlapPolicy: 'skip',
    skipIfSuccessful: false,
    restartWaitSec: 0,
    queue: null,
    maxActiveRuns: 1,
    retention: { days: 30 },
    steps,
    handlers: new Map(),
    ...overrides,
  };
}

/** The record of a step in a state. */
export function record(
  from: Step,
  state: StepRecord['state'] = 'pending',
  more: Partial<StepRecord> = {},
): StepRecord {
  return {
    number: from.number,
    kind: from.kind,
    id: from.id,
    name: from.name,
    label: from.label,
    item: null,
    generation: 0,
    dropped: false,
    state,
    reason: null,
    message: null,
    tolerated: false,
    partial: false,
    dueAt: null,
    repetitions: 0,
    repeatedTry: 0,
    outputs: {},
    startedAt: null,
    finishedAt: null,
    tries: [],
    ...more,
  };
}

/** A chain of diamonds: 1 → (2, 3) → 4 → (5, 6) → 7 …, which has 2^n paths and 3n + 1 steps. */
export function diamonds(n: number): Step[] {
  const steps = [step(1)];
  for (let i = 0; i < n; i++) {
    const top = 3 * i + 1;
    steps.push(step(top + 1, { depends: [top] }), step(top + 2, { depends: [top] }));
    steps.push(step(top + 3, { depends: [top + 1, top + 2] }));
  }
  return steps;
}
