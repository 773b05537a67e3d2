import { shortId } from '../base/ids.ts';
import type { Step } from '../core/dag.ts';
import type { RunRecord, Snapshot, StepRecord } from '../core/records.ts';
import { stepsInOrder, titleOf } from '../core/snapshot.ts';
import { flowError, type FlowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { didYouMean } from '../errors/suggest.ts';
import type { Store } from '../store/store.ts';

export type RunFinder = Pick<Store, 'load' | 'runs' | 'idsLike'>;

/** What a RUN argument needs to know besides the store. */
export interface RunPlaces {
  /**
   * The names that a DAG argument stands for: that of the file it finds, and itself, since the file may be gone
   * (CLI.md §1).
   */
  dagNames(argument: string): Promise<readonly string[]>;
  /** Picks among the runs of a DAG; by default the newest. */
  readonly newestOf?: (dag: string) => Promise<RunRecord | null>;
}

/** Fewer characters of a run id are not looked up. */
const SHORTEST_PART = 4;
const MOST_CANDIDATES = 6;

/**
 * The run that a RUN argument means (CLI.md §1): an id, `last`, a DAG, the beginning or ending of an id; left out
 * it means `last`.
 * @throws FlowError (exit 2, E003)
 */
export async function findRun(
  store: RunFinder,
  argument: string | undefined,
  places: RunPlaces,
): Promise<Snapshot> {
  if (argument === undefined) return newest(store);
  const exact = await store.load(argument);
  if (exact !== null) return exact;
  if (argument === 'last') return newest(store);
  const ofDag = await newestOfDag(store, argument, places);
  if (ofDag !== null) return loaded(store, ofDag.id);
  const ids = isIdPart(argument) ? await store.idsLike(argument, MOST_CANDIDATES) : [];
  const [only] = ids;
  if (only === undefined) throw await noRun(store, argument);
  if (ids.length > 1) throw ambiguous(argument, ids);
  return loaded(store, only);
}

async function newest(store: RunFinder): Promise<Snapshot> {
  const [run] = await store.runs({ limit: 1 });
  if (run === undefined) {
    throw flowError(EXIT.usage, 'E003', 'no run is recorded yet', 'start one with `flow run DAG`');
  }
  return loaded(store, run.id);
}

async function newestOfDag(store: RunFinder, argument: string, places: RunPlaces): Promise<RunRecord | null> {
  const newestOf = places.newestOf ?? (async (dag) => (await store.runs({ dag, limit: 1 }))[0] ?? null);
  for (const dag of await places.dagNames(argument)) {
    const run = await newestOf(dag);
    if (run !== null) return run;
  }
  return null;
}

async function loaded(store: RunFinder, id: string): Promise<Snapshot> {
  const snapshot = await store.load(id);
  if (snapshot === null) throw flowError(EXIT.usage, 'E003', `no run "${id}": it was just deleted`);
  return snapshot;
}

function isIdPart(argument: string): boolean {
  return argument.length >= SHORTEST_PART && /^[A-Za-z0-9_-]+$/.test(argument);
}

async function noRun(store: RunFinder, argument: string): Promise<FlowError> {
  const recent = await store.runs({ limit: 200 });
  const known = new Set(['last', ...recent.flatMap((run) => [run.dag, shortId(run.id)])]);
  const short =
    argument.length < SHORTEST_PART ? `give at least ${SHORTEST_PART} characters of a run id` : null;
  const [newest] = recent;
  const steps = newest === undefined ? [] : ((await store.load(newest.id))?.steps ?? []);
  const step = steps.some(({ label }) => label === argument)
    ? `it is a step of the newest run; a run stands before it, as in \`last ${argument}\``
    : null;
  const hint = step ?? didYouMean(argument, known) ?? short ?? 'list the runs with `flow history`';
  return flowError(EXIT.usage, 'E003', `no run "${argument}"`, hint);
}

function ambiguous(argument: string, ids: readonly string[]): FlowError {
  const shown = ids.slice(0, MOST_CANDIDATES - 1).join(', ');
  const more = ids.length === MOST_CANDIDATES ? ', …' : '';
  return flowError(
    EXIT.usage,
    'E003',
    `run "${argument}" is ambiguous: ${shown}${more}`,
    'give more of the run id',
  );
}

/**
 * The steps of a run that a STEP argument means: `load` one step, `copy` those of all items of a foreach body,
 * `copy[eu]` that of one item.
 * @throws FlowError (exit 2, E820)
 */
export function stepsNamed(snapshot: Snapshot, argument: string): StepRecord[] {
  const steps = stepsInOrder(snapshot);
  const items = steps.filter(({ item }) => item !== null);
  const exact = items.filter((step) => titleOf(step) === argument);
  if (exact.length > 0) return exact;
  const ofBody = items.filter((step) => step.id === argument || step.name === argument);
  return ofBody.length > 0 ? ofBody : [findStep(steps, argument)];
}

/**
 * The step that a STEP argument means: by id, else by name; a handler by its name.
 * @throws FlowError (exit 2, E820); `option` names the flag it was given with.
 */
export function findStep<
  S extends Pick<StepRecord, 'id' | 'name' | 'label' | 'kind'> & Partial<Pick<Step, 'action'>>,
>(steps: readonly S[], argument: string, option?: string): S {
  const found =
    steps.find((step) => step.id === argument) ??
    steps.find((step) => step.kind === 'step' && step.name === argument) ??
    steps.find((step) => step.label === argument);
  if (found !== undefined) return found;
  const labels = [...new Set(steps.map((step) => step.label))];
  const some = `one of ${labels.slice(0, 8).join(', ')}${labels.length > 8 ? ', …' : ''}`;
  const around = steps.find(({ action }) => action?.kind === 'foreach' && holds(action.steps, argument));
  const inBody = around && `it stands in the foreach body of "${around.label}", name that step`;
  const hint = inBody ?? didYouMean(argument, labels) ?? some;
  const where = option === undefined ? '' : `${option}: `;
  throw flowError(EXIT.usage, 'E820', `${where}no step "${argument}"`, hint);
}

function holds(body: readonly Step[], argument: string): boolean {
  return body.some((step) => step.id === argument || step.name === argument);
}

/**
 * The rows that a STEP argument of `flow why` means: that of a step, those of all items of a step in a foreach body,
 * or with `STEP[KEY]` that of one item. What is no longer in the file is found when nothing else has its name.
 * @throws FlowError (exit 2, E820)
 */
export function findSteps(steps: readonly StepRecord[], argument: string): StepRecord[] {
  const live = steps.filter((step) => !step.dropped);
  const [, body = argument, key = null] = /^(.+?)\[(.*)\]$/s.exec(argument) ?? [];
  for (const rows of [live, steps]) {
    const items = (label: string): StepRecord[] =>
      rows.filter(({ item, ...step }) => item !== null && (step.id === label || step.name === label));
    const one = rows.filter((step) => step.item === null && isCalled(step, argument));
    const found = one.length > 0 ? one.slice(0, 1) : items(argument);
    if (found.length > 0) return found;
    const ofKey = key === null ? [] : items(body).filter(({ item }) => item?.key === key);
    if (ofKey.length > 0) return ofKey;
  }
  return [findStep(live, argument)];
}

function isCalled(step: StepRecord, argument: string): boolean {
  return step.id === argument || step.label === argument || (step.kind === 'step' && step.name === argument);
}
