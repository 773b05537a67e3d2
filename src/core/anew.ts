import type { Dag } from './dag.ts';
import { origins } from './graph.ts';
import { findStep } from './numbers.ts';
import type { Decision } from './plan-types.ts';
import type { Snapshot } from './records.ts';
import type { Update } from './update.ts';

export interface AnewInput {
  /** That of `update`, if there is one. */
  readonly dag: Dag;
  /** The step of `--from`, by number. */
  readonly from: number | null;
  /** With `--updated`. */
  readonly update: Update | null;
}

/**
 * What begins anew on purpose: the step of `--from`, what is changed or new, and all downstream of these; each with
 * the one by which it was reached first (RELIABILITY.md R3).
 */
export function beginAnew(
  { dag, from, update }: AnewInput,
  isChosen: (number: number) => boolean = () => true,
): Map<number, number> {
  const edited = [...(update?.changed.keys() ?? []), ...(update?.added ?? [])].filter(isChosen);
  return origins(dag.steps, from === null ? edited : [from, ...edited]);
}

/** Why, for people. */
export function whyAnew({ dag, from, update }: AnewInput, number: number, origin: number): string {
  if (number === from) return 'named by --from';
  const fields = update?.changed.get(number);
  if (fields !== undefined) return `changed: ${fields.join(', ')}`;
  if (update?.added.has(number)) return 'new';
  return `downstream of ${origin === from ? '--from' : labelIn(dag, origin)}`;
}

export function labelIn(dag: Dag, number: number): string {
  return findStep(dag, number)?.label ?? String(number);
}

/** The decisions for steps that the file no longer has. */
export function droppedSteps({ steps }: Snapshot, update: Update | null): Decision[] {
  const gone = new Set(update?.dropped);
  return steps
    .filter(({ number, kind, item }) => gone.has(number) && kind === 'step' && item === null)
    .map(({ number, label }) => ({ step: number, label, verdict: 'drop', why: 'no longer in the file' }));
}
