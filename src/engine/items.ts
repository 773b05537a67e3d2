import { createHash } from 'node:crypto';
import { isNumberText, isValueList, isValueMap, parseJsonValue, valueToJson } from '../base/value.ts';
import type { Value } from '../base/value.ts';
import type { Foreach, Item, Step } from '../core/dag.ts';
import type { Masker } from '../core/mask.ts';
import { Resolver } from './resolver.ts';
import { fieldScope } from './scope.ts';
import type { AttemptFacts } from './scope.ts';
import type { Lookup } from './variables.ts';

/** An item with what it is known by in a later try or attempt (RELIABILITY.md R13). */
export interface FoundItem {
  readonly item: Item;
  /** SHA-256 of the masked value: a hash of a short secret could be searched for. */
  readonly hash: string;
}

/** LANGUAGE.md §26. */
export const MOST_ITEMS = 10_000;

export interface ItemsInput {
  readonly facts: AttemptFacts;
  readonly step: Step;
  readonly env: Lookup;
  readonly context: Readonly<Record<string, string>>;
  readonly mode: 'strict' | 'keep';
  readonly masker: Masker | null;
}

/** The items of a foreach step with their keys (LANGUAGE.md §16.1): R701–R703 end up in `resolver`. */
export function resolveItems(foreach: Foreach, input: ItemsInput, resolver: Resolver): FoundItem[] {
  const values = itemValues(foreach.items, resolver);
  if (values.length > MOST_ITEMS) {
    resolver.fail('R703', `foreach.items: at most ${MOST_ITEMS} items, found ${values.length}`);
    return [];
  }
  const seen = new Set<string>();
  const found: FoundItem[] = [];
  for (const [index, value] of values.entries()) {
    const item = { parent: input.step.number, index, key: String(index), as: foreach.as, value };
    const key = foreach.key === null ? item.key : resolveKey(foreach.key, item, input, resolver);
    if (key === '') resolver.fail('R702', `empty foreach item key, of item ${index}`);
    if (seen.has(key)) resolver.fail('R702', `duplicate foreach item key \`${key}\``);
    if (resolver.failure !== null) return [];
    seen.add(key);
    found.push({ item: { ...item, key }, hash: hashOf(value, input.masker) });
  }
  return found;
}

function itemValues(items: Foreach['items'], resolver: Resolver): readonly Value[] {
  if (typeof items !== 'string') return items.map((item, i) => resolver.value(`foreach.items[${i}]`, item));
  const text = resolver.text('foreach.items', items, 'full');
  if (resolver.failure !== null) return [];
  const values = parsedList(text);
  if (values === null) resolver.fail('R701', 'foreach.items string must resolve to a JSON array');
  return values ?? [];
}

function parsedList(text: string): readonly Value[] | null {
  try {
    const value = parseJsonValue(text);
    return typeof value === 'object' && value !== null && isValueList(value) ? value : null;
  } catch {
    return null;
  }
}

function resolveKey(template: string, item: Item, input: ItemsInput, resolver: Resolver): string {
  const { facts, env, context, mode } = input;
  const own = new Resolver(fieldScope(facts, env, context, { item }), mode);
  const key = own.text('foreach.key', template, 'full').trim();
  if (own.failure !== null) resolver.fail(own.failure.code, own.failure.message);
  return key;
}

/** Of a value whatever the order of its keys. */
export function hashOf(value: Value, masker: Masker | null): string {
  const text = valueToJson(sorted(value));
  return createHash('sha256')
    .update(masker === null ? text : masker.text(text))
    .digest('hex');
}

function sorted(value: Value): Value {
  if (typeof value !== 'object' || value === null || isNumberText(value)) return value;
  if (isValueList(value)) return value.map(sorted);
  if (!isValueMap(value)) return value;
  const keys = [...value.keys()].sort();
  return new Map(keys.map((key) => [key, sorted(value.get(key) ?? null)]));
}
