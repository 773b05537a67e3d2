import type { Dag, Step } from './dag.ts';

/** Which step of the file as it was each step of the file as it is now goes on with (LANGUAGE.md §22.3). */
export interface Matches {
  readonly was: ReadonlyMap<Step, Step>;
  /** Those for which neither an id nor a name was found. */
  readonly byPosition: ReadonlySet<Step>;
}

/**
 * By id, else name, else position; handlers by their event. Two steps that both say who they are, differently, are
 * the same by position only when `same` says that they do the same: else one went and another came. Linear.
 */
export function matchSteps(old: Dag, now: Dag, same: (before: Step, step: Step) => boolean): Matches {
  const was = new Map<Step, Step>();
  const free = new Set(old.steps);
  const take = (step: Step, before: Step | undefined): void => {
    if (before === undefined || was.has(step) || !free.delete(before)) return;
    was.set(step, before);
  };
  const byId = indexed(old.steps, (step) => step.id);
  for (const step of now.steps) take(step, step.id === null ? undefined : byId.get(step.id));
  const byName = indexed(old.steps, givenName);
  for (const [i, step] of now.steps.entries()) {
    const name = givenName(step, i);
    take(step, name === null ? undefined : byName.get(name));
  }
  const byPosition = new Set<Step>();
  for (const [i, step] of now.steps.entries()) {
    const before = old.steps[i];
    if (before === undefined || was.has(step) || !free.has(before)) continue;
    const known = givenName(step, i) !== null && givenName(before, i) !== null;
    if (known && !same(before, step)) continue;
    take(step, before);
    byPosition.add(step);
  }
  for (const [event, step] of now.handlers) {
    const before = old.handlers.get(event);
    if (before !== undefined) was.set(step, before);
  }
  return { was, byPosition };
}

/** The first step with each key. */
function indexed(
  steps: readonly Step[],
  keyOf: (step: Step, place: number) => string | null,
): Map<string, Step> {
  const index = new Map<string, Step>();
  for (const [i, step] of steps.entries()) {
    const key = keyOf(step, i);
    if (key !== null && !index.has(key)) index.set(key, step);
  }
  return index;
}

/** Null for a step that is called by its place (`step_3`) because the file gives it no name. */
function givenName({ id, name }: Step, place: number): string | null {
  return id === null && name === `step_${place + 1}` ? null : name;
}
