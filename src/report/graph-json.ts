import { HANDLER_EVENTS, HANDLER_NAMES, type Dag, type Step } from '../core/dag.ts';
import { levelsOf } from './levels.ts';

export interface StepGraphJson {
  readonly id: string | null;
  readonly name: string;
  /** `run`, `exec`, `http.request`, `foreach`, … */
  readonly action: string;
  /** The steps it waits for, by id, else by name. */
  readonly depends: readonly string[];
  /** From 1; the steps of one level may run at the same time. */
  readonly level: number;
  /** What `dag.run` and `dag.enqueue` call, as it is written. */
  readonly dag: string | null;
  /** What every item of a foreach goes through. */
  readonly steps: readonly StepGraphJson[] | null;
}

export interface DagGraphJson {
  readonly name: string;
  /** In file order. */
  readonly steps: readonly StepGraphJson[];
  /** `onFailure`, … */
  readonly handlers: readonly string[];
}

/** `flow graph --format json`: the DAG, and the others of its file. */
export function graphJson([dag, ...others]: readonly [Dag, ...Dag[]]): DagGraphJson & {
  readonly sub_dags: readonly DagGraphJson[];
} {
  return { ...dagJson(dag), sub_dags: others.map(dagJson) };
}

function dagJson({ name, steps, handlers }: Dag): DagGraphJson {
  const events = HANDLER_EVENTS.filter((event) => handlers.has(event));
  return { name, steps: stepsJson(steps), handlers: events.map((event) => HANDLER_NAMES[event]) };
}

function stepsJson(steps: readonly Step[]): StepGraphJson[] {
  const levels = levelsOf({ steps }).flatMap((some, i) => some.map(({ number }) => [number, i + 1] as const));
  const level = new Map(levels);
  const labels = new Map(steps.map(({ number, label }) => [number, label] as const));
  return steps.map(({ number, id, name, action, depends }) => ({
    id,
    name,
    action: action.kind,
    depends: depends.map((dependency) => labels.get(dependency) ?? ''),
    level: level.get(number) ?? 0,
    dag: 'dag' in action ? action.dag : null,
    steps: action.kind === 'foreach' ? stepsJson(action.steps) : null,
  }));
}
