import type { StepRecord } from '../../core/records.ts';
import { stepsInOrder, titleOf } from '../../core/snapshot.ts';
import type { Context } from '../context.ts';
import { runPlaces } from '../places.ts';
import { readDag } from '../read-dag.ts';
import { withReading } from '../reading.ts';
import { findRun } from '../run-argument.ts';
import type { Candidate } from './candidate.ts';
import type { CommandLine } from './command-line.ts';
import { placeholders } from './placeholder.ts';

/** The steps of the DAG or the run that the line names; of the newest run where it names none. */
export async function stepCandidates(context: Context, line: CommandLine): Promise<Candidate[]> {
  const takes = placeholders(line.commands.at(-1)?.usage ?? '');
  const [argument] = line.args;
  if (takes[0] === 'dag') {
    if (argument === undefined) return [];
    const { dag } = await readDag(context, argument, {});
    return dag.steps.map(({ label, description }) => ({ value: label, description: description ?? '' }));
  }
  const steps = await stepsOfRun(context, argument);
  // `--from` means steps of the file; `logs` and `why` also know handlers and the steps of single items.
  const isWanted = ({ kind, item }: StepRecord): boolean => kind === 'step' && item === null;
  return steps
    .filter((step) => takes.includes('step') || isWanted(step))
    .map((step) => ({ value: titleOf(step), description: step.state }));
}

function stepsOfRun(context: Context, argument: string | undefined): Promise<StepRecord[]> {
  return withReading(context, async ({ store }) =>
    stepsInOrder(await findRun(store, argument, runPlaces(context))),
  );
}
