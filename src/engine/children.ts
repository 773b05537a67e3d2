import { sleep } from '../base/clock.ts';
import type { Snapshot } from '../core/records.ts';
import { runOwned } from '../core/states.ts';
import { childRequest } from './child-request.ts';
import { endOfChild, endOfChildren } from './child-result.ts';
import type { ChildEnd } from './child-result.ts';
import type { ChildSpec } from './child-specs.ts';
import { inFlowOutput } from './in-flow-output.ts';
import type { RunningTry, TryEnd, TryStop } from './launch.ts';
import type { CompositeWork } from './prepare.ts';
import type { AttemptFacts } from './scope.ts';
import type { CompositeTry } from './tries.ts';
import type { EngineDeps, Execution, RunOptions } from './types.ts';

export interface ChildrenInput {
  readonly deps: EngineDeps;
  readonly facts: AttemptFacts;
  readonly options: RunOptions;
}

type ChildWork = Extract<CompositeWork, { kind: 'dag.run' }>;

/** How often flow looks whether another process, which resumed the child by itself, is done with it. */
const LOOK_EVERY_MS = 500;

/**
 * One try of a `dag.run` step (LANGUAGE.md §17): its child runs are runs of this process with records of their own. A
 * child that is there already goes on where it stopped; one that has ended well is not run again.
 */
export class ChildRuns implements RunningTry {
  readonly #deps: EngineDeps;
  readonly #facts: AttemptFacts;
  readonly #options: RunOptions;
  readonly #prepared: CompositeTry;
  readonly #work: ChildWork;
  readonly #running = new Set<Execution>();
  /** The child runs are being stopped for this reason. */
  #stopped: string | null = null;
  #killed = false;
  readonly ended: Promise<TryEnd>;

  constructor({ deps, facts, options }: ChildrenInput, prepared: CompositeTry, work: ChildWork) {
    this.#deps = deps;
    this.#facts = facts;
    this.#options = options;
    this.#prepared = prepared;
    this.#work = work;
    this.ended = this.#runAll();
  }

  stop({ reason, kill }: TryStop): void {
    // A limit of time of the parent is no limit of the child.
    this.#stopped ??= reason.endsWith('timed_out') ? 'stopped' : reason;
    this.#killed ||= kill;
    for (const execution of this.#running) execution.request(this.#stopped, this.#killed);
  }

  async #runAll(): Promise<TryEnd> {
    const { children, parallel, maxConcurrent } = this.#work;
    const unique = [...new Map(children.map((spec) => [spec.id, spec])).values()];
    const ends = new Map<string, ChildEnd>();
    const waiting = [...unique];
    const worker = async (): Promise<void> => {
      for (let spec = waiting.shift(); spec !== undefined; spec = waiting.shift()) {
        const end = this.#stopped === null ? await this.#runOne(spec) : null;
        if (end !== null) ends.set(spec.id, end);
      }
    };
    await Promise.all(Array.from({ length: Math.min(maxConcurrent, unique.length) }, worker));
    const all = children.flatMap((spec) => ends.get(spec.id) ?? []);
    const [first] = all;
    const { end, json } = parallel || first === undefined ? endOfChildren(all) : endOfChild(first);
    const out = inFlowOutput(
      this.#deps.files,
      { ...this.#prepared.intent, mayExist: true },
      this.#prepared.output,
    );
    if (json !== null) out.out(`${json}\n`);
    out.end();
    return end;
  }

  async #runOne(spec: ChildSpec): Promise<ChildEnd> {
    const { run } = this.#facts.snapshot;
    const known = await this.#settled(spec.id);
    if (known === null) {
      const request = await childRequest(this.#deps, { run, step: this.#prepared.step.number }, spec);
      if ('code' in request) return { dag: spec.dag, error: request };
      const deps = { ...this.#deps, observer: this.#deps.observer.nested(this.#label(spec), request.dag) };
      return this.#follow(await deps.runs.start(deps, request, this.#options, (begun) => this.#begun(begun)));
    }
    const { state } = known.run;
    if (state === 'succeeded' || state === 'partially_succeeded') return { run: known };
    const dag = await this.#deps.subDags.stored(known);
    const deps = { ...this.#deps, observer: this.#deps.observer.nested(this.#label(spec), dag) };
    const watch = { planned: () => undefined, begun: (begun: Execution) => this.#begun(begun) };
    return this.#follow(
      await deps.runs.resume(
        deps,
        known,
        dag,
        { ...this.#options, from: null, edited: null, warnings: [] },
        watch,
      ),
    );
  }

  /** The child as it is recorded, once nobody else runs it. */
  async #settled(id: string): Promise<Snapshot | null> {
    for (;;) {
      const snapshot = await this.#deps.store.load(id);
      if (snapshot === null) return null;
      const { state, owner } = snapshot.run;
      const busy = runOwned(state) && owner !== null && this.#deps.isOwnerAlive(owner);
      if (!busy || this.#stopped !== null) return snapshot;
      await sleep(this.#deps.clock, LOOK_EVERY_MS);
    }
  }

  #begun(execution: Execution): void {
    this.#running.add(execution);
    if (this.#stopped !== null) execution.request(this.#stopped, this.#killed);
  }

  async #follow(execution: Execution): Promise<ChildEnd> {
    try {
      return { run: await execution.ended };
    } finally {
      this.#running.delete(execution);
    }
  }

  /** What its lines are shown under: the step, and which of several children it is. */
  #label(spec: ChildSpec): string {
    const { label, item } = this.#prepared.step;
    const own = item === null ? label : `${label}[${item.key}]`;
    if (!this.#work.parallel) return own;
    return `${own}[${this.#work.children.findIndex(({ id }) => id === spec.id)}]`;
  }
}
