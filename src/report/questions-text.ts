import { shortId } from '../base/ids.ts';
import type { Dag, Step } from '../core/dag.ts';
import { findStep } from '../core/numbers.ts';
import { openQuestions } from '../core/questions.ts';
import type { Snapshot, TaskRecord } from '../core/records.ts';
import type { Paint } from '../term/color.ts';
import { printable } from '../term/printable.ts';
import { shellWord } from './words.ts';

/** A run that may have questions to people. */
export interface AskingRun {
  readonly snapshot: Snapshot;
  /** For the inputs; null when the definition is not at hand. */
  readonly dag: Dag | null;
}

/** What people are asked, each question with the commands that answer it (LANGUAGE.md §18); empty without one. */
export function questionLines(runs: readonly AskingRun[], paint: Paint): string[] {
  return runs.flatMap((run) =>
    openQuestions(run.snapshot).flatMap((task) => ['', ...questionOf(task, run, paint)]),
  );
}

function questionOf(task: TaskRecord, { snapshot, dag }: AskingRun, paint: Paint): string[] {
  const label = snapshot.steps[task.step - 1]?.label ?? String(task.step);
  if (task.answer !== null) {
    const reason = task.reason === null ? '' : `: ${printable(task.reason)}`;
    return [`${paint('waiting', `${label} ${task.answer}`)}${reason}`];
  }
  const [first = '', ...more] = promptLines(task.prompt);
  const verbs = task.kind === 'human' ? ['complete'] : ['approve', 'reject'];
  const commands = verbs.map((verb) => {
    const step = dag === null ? undefined : findStep(dag, task.step);
    const words = ['flow', verb, shortId(snapshot.run.id), shellWord(label), ...flagsOf(verb, step)];
    return `  ${paint('bold', words.join(' '))}`;
  });
  return [`${paint('waiting', `${label} waits`)}: ${first}`, ...more.map((line) => `  ${line}`), ...commands];
}

/** `…` stands for what the person fills in. */
function flagsOf(verb: string, step: Step | undefined): string[] {
  if (verb === 'reject') return ['--reason', '…'];
  if (step?.action.kind === 'human.task') {
    return step.action.form.flatMap(({ name, default: standard }) => [
      '--input',
      shellWord(`${name}=${standard ?? '…'}`),
    ]);
  }
  return (step?.approval?.input ?? []).flatMap((name) => ['--input', `${name}=…`]);
}

/** Prompts hold what steps have printed: nothing in them may move the cursor. */
function promptLines(prompt: string): string[] {
  return prompt.trim().split(/\r?\n/).map(printable);
}

/** The prompt in one line, `…` when there is more. */
export function promptLine(prompt: string): string {
  const [first = '', ...more] = promptLines(prompt);
  return more.length > 0 ? `${first} …` : first;
}
