import type { Dag, Step } from './dag.ts';
import type { StepSeed } from './events.ts';
import { matchSteps } from './match-steps.ts';
import { allSteps, withNumbers } from './numbers.ts';
import { changedFields, insertConsts, recipeOf } from './recipe.ts';
import type { Recipe } from './recipe.ts';
import type { Snapshot } from './records.ts';

/** What `--updated` finds: a run and the file as it is now (LANGUAGE.md §22.3). */
export interface Update {
  /** The file as it is now; steps that were there before keep the numbers of their rows, new ones have new numbers. */
  readonly dag: Dag;
  /** As in `RunRecord`. */
  readonly numbers: readonly number[];
  /** New steps, and those that are called otherwise now. */
  readonly seeds: readonly StepSeed[];
  /** Rows of steps that the file no longer has, with those of their items. */
  readonly dropped: readonly number[];
  /** Steps and handlers whose recipe changed, with the fields. */
  readonly changed: ReadonlyMap<number, readonly string[]>;
  readonly added: ReadonlySet<number>;
  readonly warnings: readonly PlanWarning[];
}

/** What a plan has to say besides its decisions. */
export interface PlanWarning {
  readonly code: 'W820' | 'W821' | 'W822';
  readonly message: string;
}

/** Compares the file as it was (`old`, with the numbers of the run) with the file as it is now. Linear. */
export function planUpdate(old: Dag, now: Dag, snapshot: Snapshot): Update {
  const recipes = new Map(allSteps(old).map((step) => [step, recipeOf(old, step)] as const));
  const changes = (before: Step, step: Step): string[] =>
    changedFields(recipes.get(before) ?? NO_RECIPE, recipeOf(now, step));
  const { was, byPosition } = matchSteps(old, now, (before, step) => changes(before, step).length === 0);
  let next = snapshot.steps.length;
  const numbers = allSteps(now).map((step) => was.get(step)?.number ?? ++next);
  const dag = withNumbers(now, numbers);
  const changed = new Map<number, readonly string[]>();
  const added = new Set<number>();
  const seeds: StepSeed[] = [];
  const dubious: string[] = [];
  for (const [i, step] of allSteps(now).entries()) {
    const { kind, id, name, label } = step;
    const number = numbers[i] ?? 0;
    const before = was.get(step);
    const fields = before === undefined ? [] : changes(before, step);
    if (before === undefined) added.add(number);
    if (fields.length > 0) changed.set(number, fields);
    const renamed = before !== undefined && (before.id !== id || before.name !== name);
    if (before === undefined || renamed) seeds.push({ number, kind, id, name, label });
    if (byPosition.has(step) && (renamed || fields.length > 0)) dubious.push(label);
  }
  const dropped = droppedRows(old, new Set(numbers), snapshot);
  return { dag, numbers, seeds, dropped, changed, added, warnings: warningsOf(old, now, dubious) };
}

const NO_RECIPE: Recipe = new Map();

function droppedRows(old: Dag, kept: ReadonlySet<number>, { steps }: Snapshot): number[] {
  const gone = new Set(allSteps(old).map((step) => step.number));
  for (const number of kept) gone.delete(number);
  return steps
    .filter(({ number, item, dropped }) => !dropped && (gone.has(number) || (item && gone.has(item.parent))))
    .map((step) => step.number);
}

function warningsOf(old: Dag, now: Dag, dubious: readonly string[]): PlanWarning[] {
  const warnings: PlanWarning[] = [];
  const names = [...changedVariables(old, now), ...(dotenvFiles(old) === dotenvFiles(now) ? [] : ['dotenv'])];
  if (names.length > 0)
    warnings.push({ code: 'W820', message: `root env changed: ${names.join(', ')}; ${RUNS_NOTHING}` });
  if (dubious.length > 0) {
    const hint = 'give steps an id, and they are found again wherever they stand';
    warnings.push({ code: 'W821', message: `matched by position: ${dubious.join(', ')}; ${hint}` });
  }
  return warnings;
}

/** Behind every W820. */
export const RUNS_NOTHING = 'steps that run see it, and nothing runs again because of it';

/** Names in root `env` that have another text now, or come and go. */
function changedVariables(old: Dag, now: Dag): string[] {
  const before = rootTexts(old);
  const after = rootTexts(now);
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}

/** By name; one that is set twice has both texts. */
function rootTexts({ env, consts }: Dag): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { name, value } of env) {
    texts.set(name, `${texts.get(name) ?? ''}\n${insertConsts(value, consts, 'full')}`);
  }
  return texts;
}

function dotenvFiles({ dotenv }: Dag): string {
  return JSON.stringify([dotenv.on, dotenv.files]);
}
