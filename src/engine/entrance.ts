import type { Dag } from '../core/dag.ts';
import { checkConditions, rootSurroundings } from './conditions.ts';
import { withDotenv } from './dotenv.ts';
import { lastDotenv } from './dotenv-change.ts';
import { rootEnvironment } from './environment.ts';
import type { RootEnvironment } from './environment.ts';
import { interruptible } from './interruptible.ts';
import type { Journal } from './journal.ts';
import type { Happening, Mailbox } from './mailbox.ts';
import { evaluateParams, needsEvaluation } from './params.ts';
import { pause } from './pause.ts';
import type { Finding } from './resolver.ts';
import type { AttemptFacts } from './scope.ts';
import { resolveSecrets } from './secrets.ts';
import type { EngineDeps } from './types.ts';
import { SharedVariables } from './variables.ts';

export interface EntranceInput {
  readonly deps: EngineDeps;
  readonly journal: Journal;
  readonly dag: Dag;
  readonly mailbox: Mailbox;
  /** A stop that came meanwhile. */
  readonly onStop: (happening: Happening) => void;
}

/** What comes before the steps of an attempt (LANGUAGE.md §15.1, 4 to 7). A `Finding` is an error marked (run). */
export class Entrance {
  readonly #in: EntranceInput;

  constructor(input: EntranceInput) {
    this.#in = input;
  }

  /** 4: once in a run. */
  async evaluateParams(directory: string, stopped: boolean): Promise<'done' | 'stopped' | Finding> {
    const { deps, dag, journal } = this.#in;
    const { snapshot } = journal;
    if (!needsEvaluation(dag, snapshot)) return 'done';
    if (stopped) return 'stopped';
    const result = await this.#before((signal) => evaluateParams(deps, dag, snapshot, directory, signal));
    if (result === null) return 'stopped';
    this.#warn(result.warnings);
    if (result.failure !== null) return result.failure;
    const { attempt } = snapshot.run;
    journal.emit({ at: deps.clock.wall(), type: 'run.params_evaluated', attempt, params: result.params });
    await journal.commit();
    return 'done';
  }

  /** 5: only before the first attempt; a stop ends it at once. */
  async delay(): Promise<void> {
    const { deps, journal } = this.#in;
    const { attempt, dueAt } = journal.snapshot.run;
    const left = attempt === 1 && dueAt !== null ? dueAt - deps.clock.wall() : 0;
    if (left > 0) await this.#before((signal) => pause(deps.clock, left, signal));
  }

  /** 6: root `env`, directory, dotenv and secrets, which are masked from here on. */
  async environment(facts: AttemptFacts): Promise<RootEnvironment | Finding> {
    const { deps, dag, journal } = this.#in;
    const { file } = journal.snapshot.run;
    const { secrets, failure, warnings } = await resolveSecrets(dag.secrets, { deps, file });
    journal.masker = secrets.masker;
    const { root, resolver } = rootEnvironment(facts, deps.environment, journal.snapshot.run.unresolved);
    const whole = withDotenv(root, dag.dotenv, facts.directory, resolver, deps.files);
    this.#warn([...resolver.warnings, ...whole.warnings, ...warnings]);
    await this.#recordDotenv(whole.hash);
    const wrong = resolver.failure ?? failure;
    if (wrong !== null) return wrong;
    const env = new SharedVariables(new Map([...whole.root.env, ...secrets.values]));
    return { env, cwd: whole.root.cwd, secrets };
  }

  /** Only what changed is recorded: most runs have no such file. */
  async #recordDotenv(hash: string | null): Promise<void> {
    const { deps, journal } = this.#in;
    const { id, attempt } = journal.snapshot.run;
    const before = attempt === 1 ? null : await lastDotenv(deps.store, id);
    if (before === hash) return;
    journal.emit({ at: deps.clock.wall(), type: 'run.dotenv_read', attempt, hash });
  }

  /** 7: checked in each attempt until met (§12.2). */
  async preconditions(
    facts: AttemptFacts,
    root: RootEnvironment,
  ): Promise<'met' | 'not_met' | 'stopped' | Finding> {
    const { deps, dag, journal } = this.#in;
    const { run } = journal.snapshot;
    if (dag.preconditions.length === 0 || run.preconditionsMet) return 'met';
    const around = rootSurroundings({ deps, facts, root });
    const checked = await this.#before((signal) => checkConditions(dag.preconditions, around, signal));
    if (checked === null) return 'stopped';
    this.#warn(checked.warnings);
    const { verdict } = checked;
    if (verdict.kind === 'error') return verdict;
    if (verdict.kind !== 'met') return verdict.kind;
    journal.emit({ at: deps.clock.wall(), type: 'run.preconditions_met', attempt: run.attempt });
    return 'met';
  }

  /** Does one thing before the steps; null: a stop ended it. */
  async #before<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    const { journal, mailbox, onStop } = this.#in;
    await journal.commit();
    const stop = async (happening: Happening): Promise<void> => {
      onStop(happening);
      await journal.commit();
    };
    return interruptible(mailbox, stop, work);
  }

  #warn(findings: readonly Finding[]): void {
    const { deps, journal } = this.#in;
    for (const { code, message } of findings) {
      journal.emit({ at: deps.clock.wall(), type: 'log.warning', code, message, step: null });
    }
  }
}
