import type { Json } from '../base/json.ts';
import type { Item, OutputValue, Step } from '../core/dag.ts';
import type { StepRecord } from '../core/records.ts';
import { Resolver } from './resolver.ts';
import { fieldScope } from './scope.ts';
import type { AttemptFacts } from './scope.ts';

export interface ForeachEnd {
  /** What the step prints. */
  readonly json: string;
  readonly outputs: Record<string, OutputValue>;
  /** Null: every item has ended well. */
  readonly error: string | null;
}

export interface ForeachFacts {
  readonly step: Step;
  /** In the order of the index. */
  readonly groups: readonly { readonly item: Item; readonly rows: readonly StepRecord[] }[];
  readonly env: ReadonlyMap<string, string>;
  readonly facts: AttemptFacts;
  readonly mode: 'strict' | 'keep';
}

const MOST_NAMED = 5;

/** What a foreach step makes of its items (LANGUAGE.md §16.1): their values themselves are never in it. */
export function foreachResult(input: ForeachFacts): ForeachEnd {
  const items = input.groups.map(({ item, rows }) => {
    const { index, key } = item;
    const error = failureOf(rows);
    const collected = error === null ? collect(input, item, rows) : { error };
    return { index, key, status: 'error' in collected ? 'failed' : 'succeeded', ...collected };
  });
  const failed = items.filter(({ status }) => status === 'failed');
  const total = items.length;
  const result: Record<string, Json> = {
    summary: { total, succeeded: total - failed.length, failed: failed.length },
    items: items,
    outputs: items.flatMap((item) => ('outputs' in item ? [item.outputs] : [])),
  };
  const outputs = Object.create(null) as Record<string, OutputValue>;
  for (const [name, value] of Object.entries(result))
    outputs[name] = { type: 'json', text: JSON.stringify(value) };
  const keys = failed.slice(0, MOST_NAMED).map(({ key }) => key);
  const more = failed.length > MOST_NAMED ? ', …' : '';
  const error =
    failed.length === 0 ? null : `${failed.length} of ${total} items failed: ${keys.join(', ')}${more}`;
  return { json: JSON.stringify(result), outputs, error };
}

/** Why an item failed: its first step that did; null when all have ended well. */
function failureOf(rows: readonly StepRecord[]): string | null {
  const bad = rows.find((row) => row.state === 'failed' && !row.tolerated);
  if (bad === undefined) {
    const aborted = rows.find((row) => row.state === 'aborted');
    return aborted === undefined ? null : `${aborted.label} was aborted`;
  }
  const code = bad.tries.at(-1)?.exitCode ?? null;
  return `${bad.label}: ${bad.message ?? (code === null ? 'failed' : `exit code ${code}`)}`;
}

/** `collect` of one item; a reference without a value fails the item. */
function collect(
  { step, env, facts, mode }: ForeachFacts,
  item: Item,
  rows: readonly StepRecord[],
): { readonly outputs: Record<string, string> } | { readonly error: string } {
  const { action } = step;
  const from = rows[0] === undefined ? { item } : facts.roster.get(rows[0].number);
  const context = { 'step.id': step.id ?? '', 'step.name': step.name };
  const resolver = new Resolver(fieldScope(facts, env, context, from), mode);
  const outputs = Object.create(null) as Record<string, string>;
  for (const [name, template] of action.kind === 'foreach' ? action.collect : [])
    outputs[name] = resolver.text(`foreach.collect.${name}`, template, 'full');
  return resolver.failure === null ? { outputs } : { error: resolver.failure.message };
}
