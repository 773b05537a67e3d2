import { shortId } from '../../base/ids.ts';
import type { Dag } from '../../core/dag.ts';
import { stepIn } from '../../core/numbers.ts';
import { openQuestions } from '../../core/questions.ts';
import type { Snapshot, TaskAnswer, TaskRecord } from '../../core/records.ts';
import { runOwned } from '../../core/states.ts';
import { checkInputs, fieldsOf } from '../../engine/answer-form.ts';
import { answerTo, questionAt, recordAnswer } from '../../engine/answering.ts';
import type { Answer } from '../../engine/answering.ts';
import { FlowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { questionLines } from '../../report/questions-text.ts';
import { Answered } from '../../store/store.ts';
import { givenInputs, type InputFlags } from '../answer-inputs.ts';
import type { Context } from '../context.ts';
import { runPlaces } from '../places.ts';
import { storedDag } from '../../machine/read-dag.ts';
import { checkOutputFlags, outputMode, type OutputFlags } from '../reporting.ts';
import { findRun, findStep } from '../run-argument.ts';
import { usageError } from '../usage.ts';
import { withReading, withRequest, type Reading } from '../wiring.ts';
import { goOn, resume } from './resume.ts';

export type Verb = 'complete' | 'approve' | 'reject';

export interface AnswerFlags extends OutputFlags, InputFlags {
  readonly reason?: string;
  readonly resume?: boolean;
  readonly output?: string;
}

const ANSWERS: Readonly<Record<Verb, TaskAnswer>> = {
  complete: 'completed',
  approve: 'approved',
  reject: 'rejected',
};

/**
 * `flow complete|approve|reject RUN STEP`: answers a question once (LANGUAGE.md §18). With `--resume` the run goes on
 * here, and answer and claim are one commit, so that nobody comes between.
 */
export async function answer(
  context: Context,
  verb: Verb,
  { run: runArgument, step }: { readonly run: string; readonly step: string },
  flags: AnswerFlags,
): Promise<ExitCode> {
  checkOutputFlags(flags.output, flags);
  if (flags.resume === true) outputMode(context, flags);
  const { snapshot, dag, said, isLiving } = await withReading(context, async (reading) => {
    const found = await findRun(reading.store, runArgument, runPlaces(context));
    const { number } = findStep(found.steps, step);
    const question = questionAt(found, number);
    checkVerb(verb, question, found);
    const stored = await storedDag(reading.store, found);
    const inputs = verb === 'reject' ? {} : checked(stored.dag, number, flags);
    const reason = verb === 'reject' ? (flags.reason ?? null) : null;
    const answers: Answer = { step: number, answer: ANSWERS[verb], inputs, reason };
    return { snapshot: found, dag: stored.dag, said: answers, isLiving: ownerLives(found, reading) };
  });
  const event = answerTo(snapshot, said, context.clock.wall());
  const isChild = snapshot.run.root !== null;
  if (flags.resume === true && event !== null && !isLiving && !isChild) {
    try {
      return await goOn(
        context,
        { snapshot, dag, from: null, edited: null, warnings: [], answer: event },
        flags,
      );
    } catch (error) {
      if (!overtaken(error)) throw error;
    }
  }
  await record(context, dag, snapshot.run.id, said, flags.resume === true);
  if (flags.resume !== true) return EXIT.ok;
  return resume(context, false, snapshot.run.root?.id ?? snapshot.run.id, flags);
}

/** Another process has answered, or took the run over: the answer is then recorded for that one. */
function overtaken(error: unknown): boolean {
  return error instanceof Answered || (error instanceof FlowError && error.exitCode === EXIT.busy);
}

function checkVerb(verb: Verb, { kind, step: number }: TaskRecord, { run, steps }: Snapshot): void {
  if (verb === 'reject' || (verb === 'complete') === (kind === 'human')) return;
  const [asks, right] = kind === 'human' ? ['is a human task', 'complete'] : ['asks for approval', 'approve'];
  const label = steps[number - 1]?.label ?? '';
  throw usageError(`step "${label}" ${asks}`, `use \`flow ${right} ${shortId(run.id)} ${label}\``);
}

/** @throws FlowError (exit 2, E723) with all that is wrong */
function checked(dag: Dag, number: number, flags: InputFlags): Record<string, string> {
  const { given, problems: nested } = givenInputs(flags);
  const { inputs, problems } = checkInputs(fieldsOf(stepIn(dag, number)), given);
  const all = [...nested, ...problems];
  if (all.length > 0) throw new FlowError(EXIT.usage, all);
  return inputs;
}

async function record(
  context: Context,
  dag: Dag,
  run: string,
  said: Answer,
  goesOnHere: boolean,
): Promise<void> {
  await withRequest(context, async ({ store, isOwnerAlive }) => {
    const { snapshot, isNew } = await recordAnswer({ store, clock: context.clock }, run, said);
    const isLiving = ownerLives(snapshot, { isOwnerAlive });
    if (context.quiet) return;
    for (const line of outcomeLines(context, { snapshot, dag, said, isNew, isLiving, goesOnHere })) {
      context.err.write(`${line}\n`);
    }
  });
}

function ownerLives({ run }: Snapshot, { isOwnerAlive }: Pick<Reading, 'isOwnerAlive'>): boolean {
  return runOwned(run.state) && run.owner !== null && isOwnerAlive(run.owner);
}

interface Told {
  readonly snapshot: Snapshot;
  readonly dag: Dag;
  readonly said: Answer;
  readonly isNew: boolean;
  readonly isLiving: boolean;
  /** The run is about to be resumed by this process. */
  readonly goesOnHere: boolean;
}

function outcomeLines({ paintErr }: Context, told: Told): string[] {
  const { snapshot, dag, said, isNew, isLiving, goesOnHere } = told;
  const { run, steps } = snapshot;
  const step = steps[said.step - 1];
  const name = `step ${step?.label ?? ''} of run ${shortId(run.id)}`;
  const head = isNew
    ? `${paintErr('waiting', said.answer)}: ${name}`
    : `${name} was ${said.answer} already: nothing has changed`;
  if (isLiving) return [head, `its flow process (pid ${run.owner?.pid ?? 0}) goes on with it`];
  if (goesOnHere || step?.state !== 'waiting') return [head];
  const others = { ...snapshot, tasks: openQuestions(snapshot).filter((task) => task.answer === null) };
  const then = paintErr('bold', `flow resume ${shortId(run.root?.id ?? run.id)}`);
  return [
    head,
    ...questionLines([{ snapshot: others, dag }], paintErr),
    `${paintErr('dim', 'go on with')}  ${then}`,
  ];
}
