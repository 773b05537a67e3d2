import type { Dag } from '../../core/dag.ts';
import type { Snapshot, StepRecord } from '../../core/records.ts';
import { explainStep, type Why } from '../../core/why.ts';
import { shownState } from '../../engine/ownership.ts';
import { FlowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { whyJson } from '../../report/why-json.ts';
import { whyLines, whySentence } from '../../report/why-text.ts';
import type { Context } from '../context.ts';
import { runPlaces } from '../places.ts';
import { storedDag } from '../../machine/read-dag.ts';
import { findRun, findSteps } from '../run-argument.ts';
import { settledRun } from '../settled-run.ts';
import { withReading, type Reading } from '../wiring.ts';

export interface WhyFlags {
  readonly json?: boolean;
}

/** `flow why RUN STEP`: why the step ran, was kept, skipped, aborted, or waits; a sentence first (CLI.md §3). */
export async function why(
  context: Context,
  argument: string,
  stepArgument: string,
  flags: WhyFlags,
): Promise<ExitCode> {
  const { snapshot, state, answers } = await withReading(context, async (reading) => {
    const found = await settledRun(reading, await findRun(reading.store, argument, runPlaces(context)));
    const steps = findSteps(found.steps, stepArgument);
    const shown = shownState(found.run, reading.isOwnerAlive);
    return { snapshot: found, state: shown, answers: await explain(reading, found, steps) };
  });
  const facts = { state, now: context.clock.wall(), paint: context.paintOut };
  const [only] = answers;
  if (flags.json === true) {
    context.out.write(`${JSON.stringify(whyJson(snapshot.run.id, answers, facts), null, 2)}\n`);
  } else {
    const lines =
      answers.length === 1 && only !== undefined
        ? whyLines(only, facts)
        : answers.map((answer) => whySentence(answer, facts));
    for (const line of lines) context.out.write(`${line}\n`);
  }
  return EXIT.ok;
}

async function explain({ store }: Reading, snapshot: Snapshot, steps: readonly StepRecord[]): Promise<Why[]> {
  const { run } = snapshot;
  const events = await store.events({
    run: run.id,
    steps: steps.map(({ number }) => number),
    after: 0,
    limit: 0,
  });
  const waits = steps.some(({ state }) => state === 'waiting');
  const children = waits ? await store.runs({ parent: run.id, limit: 0 }) : [];
  const dag = await readableDag(store, snapshot);
  return steps.map((step) => {
    const open = children.filter(
      ({ parent, finishedAt }) => parent?.step === step.number && finishedAt === null,
    );
    return explainStep({ snapshot, step, events, dag, children: open.map(({ id }) => id) });
  });
}

/** Null when this version of flow does not accept what an older one did: the journal is told all the same. */
async function readableDag(store: Reading['store'], snapshot: Snapshot): Promise<Dag | null> {
  try {
    return (await storedDag(store, snapshot)).dag;
  } catch (error) {
    if (error instanceof FlowError) return null;
    throw error;
  }
}
