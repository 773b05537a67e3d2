import type { HumanTask, Step } from '../core/dag.ts';
import type { EventOf } from '../core/events.ts';
import { openQuestions, takenUp, waitingFor } from '../core/questions.ts';
import type { TaskRecord } from '../core/records.ts';
import { stepSurroundings } from './conditions.ts';
import type { Where } from './conditions.ts';
import type { Journal } from './journal.ts';
import type { Mailbox } from './mailbox.ts';
import { Resolver } from './resolver.ts';
import type { Finding } from './resolver.ts';
import type { Tries } from './tries.ts';
import type { EngineDeps } from './types.ts';

/**
 * Questions to people while an attempt lives (LANGUAGE.md §18): asks them, and takes up the answers that other
 * processes record. Nothing is kept here: what is open stands in the run.
 */
export class People {
  readonly #deps: Pick<EngineDeps, 'store' | 'clock'>;
  readonly #journal: Journal;
  readonly #mailbox: Mailbox;
  readonly #unheard: EventOf<'task.completed'>[] = [];
  #listening = false;
  #closed = false;

  constructor(deps: Pick<EngineDeps, 'store' | 'clock'>, journal: Journal, mailbox: Mailbox) {
    this.#deps = deps;
    this.#journal = journal;
    this.#mailbox = mailbox;
  }

  /** A `human.task` is ready: it waits from now on, or has failed; null: the step asks nobody. */
  ask(step: Step, tries: Pick<Tries, 'placeOf' | 'fail'>): 'asked' | 'failed' | null {
    if (step.action.kind !== 'human.task') return null;
    const resolved = this.#resolve(step, step.action, tries.placeOf(step));
    if (typeof resolved !== 'string') {
      tries.fail(step, resolved.code, resolved.message);
      return 'failed';
    }
    const question = { kind: 'human', prompt: resolved } as const;
    const nothing = { try: null, outputs: {} };
    const { snapshot } = this.#journal;
    this.#journal.emit(waitingFor(snapshot, step.number, question, nothing, this.#deps.clock.wall()));
    return 'asked';
  }

  #resolve(step: Step, { prompt }: HumanTask, where: Where): string | Finding {
    const around = stepSurroundings(where, step);
    if ('code' in around) return around;
    const resolver = new Resolver(around.scope, around.mode);
    const text = resolver.text('with.prompt', prompt, 'full');
    const at = this.#deps.clock.wall();
    for (const w of resolver.warnings)
      this.#journal.emit({ at, type: 'log.warning', ...w, step: step.number });
    return resolver.failure ?? text;
  }

  /** Answers that other processes have recorded; they come by mail once the steps of the attempt run. */
  answered(answers: readonly EventOf<'task.completed'>[]): void {
    this.#unheard.push(...answers);
    if (this.#listening) this.listen();
  }

  listen(): void {
    this.#listening = !this.#closed;
    if (this.#closed || this.#unheard.length === 0) return;
    this.#mailbox.post({ kind: 'answered', answers: this.#unheard.splice(0) });
  }

  /** Takes up what has been answered up to now; the steps that have ended thereby. */
  async hear(): Promise<number[]> {
    return this.takeUp(await this.#answers());
  }

  /** Their own events are in the journal already; what they mean for their steps is recorded here. */
  takeUp(answers: readonly EventOf<'task.completed'>[]): number[] {
    const { snapshot } = this.#journal;
    for (const answer of answers) this.#journal.learn(answer);
    const answered = openQuestions(snapshot).filter((task) => task.answer !== null);
    for (const task of answered) this.#journal.emit(takenUp(snapshot, task, this.#deps.clock.wall()));
    return answered.map((task) => task.step);
  }

  /** The steps of the attempt are done: answers that come now are for the next one. */
  close(): void {
    this.#closed = true;
    this.#listening = false;
  }

  async #answers(): Promise<EventOf<'task.completed'>[]> {
    const { run } = this.#journal.snapshot;
    if (openQuestions(this.#journal.snapshot).length === 0) return [];
    return answersIn(await this.#deps.store.tasks(run.id), openQuestions(this.#journal.snapshot));
  }
}

/** The answers in `tasks` to questions that this process believes to be open. */
export function answersIn(
  tasks: readonly TaskRecord[],
  open: readonly TaskRecord[],
): EventOf<'task.completed'>[] {
  const unanswered = new Set(open.filter((t) => t.answer === null).map((t) => `${t.step} ${t.n}`));
  return tasks.flatMap(({ step, n, answer, inputs, reason, answeredAt }) => {
    if (answer === null || answeredAt === null || !unanswered.has(`${step} ${n}`)) return [];
    return [{ at: answeredAt, type: 'task.completed' as const, step, n, answer, inputs, reason }];
  });
}
