import type { Step } from '../core/dag.ts';
import { ChildRuns } from './children.ts';
import type { RootEnvironment } from './environment.ts';
import { ForeachRun } from './foreach.ts';
import type { ForeachHost } from './foreach.ts';
import type { Heritage } from './heritage.ts';
import type { Journal } from './journal.ts';
import type { RunningTry } from './launch.ts';
import type { Preconditions } from './preconditions.ts';
import type { Progress } from './progress.ts';
import { queueChildren } from './queue-children.ts';
import type { AttemptFacts } from './scope.ts';
import { Tries } from './tries.ts';
import type { CompositeTry, TriesInput } from './tries.ts';
import type { EngineDeps, RunOptions } from './types.ts';

export interface CompositesInput {
  readonly deps: EngineDeps;
  readonly journal: Journal;
  readonly facts: AttemptFacts;
  readonly root: RootEnvironment;
  readonly options: RunOptions;
  readonly progress: Progress;
  readonly heritage: Heritage;
  readonly preconditions: Preconditions;
  /** They are made together. */
  tries(): Tries;
}

/** The tries of an attempt, together with what runs other steps or runs in them. */
export function triesWithComposites(
  input: Omit<CompositesInput, 'tries'> & Pick<TriesInput, 'mailbox' | 'pump'>,
): Tries {
  const { deps, journal, facts, mailbox, pump, heritage } = input;
  const composites: Composites = new Composites({ ...input, tries: () => tries });
  const tries: Tries = new Tries({
    ...{ deps, journal, facts, mailbox, pump, entriesDone: heritage.entriesDone },
    rootOf: (step) => composites.rootOf(step),
    composite: (prepared) => composites.begin(prepared),
  });
  return tries;
}

/** Begins the tries of steps that run other steps or runs (LANGUAGE.md §16, §17). */
export class Composites {
  readonly #in: CompositesInput;
  /** What the bodies of foreach steps build on, by number of the step. */
  readonly #bodies = new Map<number, RootEnvironment>();

  constructor(input: CompositesInput) {
    this.#in = input;
  }

  /** What the environment of a step builds on. */
  rootOf({ item }: Step): RootEnvironment {
    const body = item === null ? undefined : this.#bodies.get(item.parent);
    return body ?? this.#in.root;
  }

  begin(prepared: CompositeTry): RunningTry {
    const { step, work } = prepared;
    if (work.kind === 'dag.run') return new ChildRuns(this.#in, prepared, work);
    if (work.kind === 'dag.enqueue') return queueChildren(this.#in, prepared, work);
    this.#bodies.set(step.number, work.root);
    const run = new ForeachRun(this.#in, prepared, this.#host(step.number));
    this.#in.progress.openForeach(step.number, run);
    run.begin(work.items);
    return run;
  }

  #host(parent: number): ForeachHost {
    const { progress, heritage, preconditions } = this.#in;
    const ofBody = (step: Step): boolean => step.item?.parent === parent;
    return {
      addItem: (steps) => progress.addItem(steps),
      attach: (step) => this.#attach(step),
      repeat: (step) => this.#in.tries().repeat(step.number),
      isSettled: (number) => heritage.settled.has(number),
      stopBody: (reason, kill) => {
        progress.abortBody(parent, reason);
        preconditions.stop(ofBody);
        this.#in.tries().stop(reason, ofBody, kill);
      },
    };
  }

  /** A body step that ran when its owner died. */
  #attach(step: Step): void {
    const { heritage, progress } = this.#in;
    const tries = this.#in.tries();
    const running = heritage.attached.get(step.number);
    if (running !== undefined) {
      heritage.attached.delete(step.number);
      tries.attach(step, running);
      return;
    }
    if (!heritage.goingOn.includes(step.number)) return;
    const prepared = tries.prepare(step, true);
    if (prepared === null) progress.ended(step.number);
    else tries.start(prepared);
  }
}
