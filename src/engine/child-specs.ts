import { createHash } from 'node:crypto';
import { isNumberText, isValueList, isValueMap, parseJsonValue, valueToText } from '../base/value.ts';
import type { Value } from '../base/value.ts';
import { pickValue } from '../base/value.ts';
import type { Parallel, Step, SubDag } from '../core/dag.ts';
import type { StepRecord } from '../core/records.ts';
import type { Scope } from '../core/reference/template.ts';
import { parseParamText, parseParamWord } from '../language/param-text.ts';
import type { GivenParam } from '../language/param-text.ts';
import { MOST_ITEMS } from './items.ts';
import { Resolver } from './resolver.ts';

/** A child run that a step starts or queues (LANGUAGE.md §17). */
export interface ChildSpec {
  /** Derived, so that a retry or resume meets the same run. */
  readonly id: string;
  readonly dag: string;
  readonly params: readonly GivenParam[];
}

export interface ChildSpecsInput {
  readonly run: string;
  readonly step: Step;
  readonly record: Pick<StepRecord, 'generation'>;
  readonly scope: Scope;
  readonly mode: 'strict' | 'keep';
}

/** The children of a step in the order of its items: R701, R703, R711 end up in `resolver`. */
export function resolveChildren(action: SubDag, input: ChildSpecsInput, resolver: Resolver): ChildSpec[] {
  if (action.parallel === null) {
    const params = readParams(resolver.value('with.params', action.params), resolver);
    return [childSpec(resolver.text('with.dag', action.dag, 'full'), params, input)];
  }
  const items = parallelItems(action.parallel, resolver);
  if (resolver.failure !== null) return [];
  if (items.length === 0) resolver.fail('R703', 'parallel has no items');
  if (items.length > MOST_ITEMS) {
    resolver.fail('R703', `parallel: at most ${MOST_ITEMS} items, found ${items.length}`);
    return [];
  }
  return items.map((item) => {
    const own = new Resolver({ ...input.scope, each: (path) => partOf(item, path) }, input.mode);
    const dag = own.text('with.dag', action.dag, 'full');
    const params = action.params === null ? item : own.value('with.params', action.params);
    if (own.failure !== null) resolver.fail(own.failure.code, own.failure.message);
    return childSpec(dag, readParams(params, resolver), input);
  });
}

function partOf(item: Value, path: readonly (string | number)[]): string | undefined {
  const part = pickValue(item, path);
  return part === undefined ? undefined : valueToText(part);
}

/** Text is a JSON array, a JSON object, or words (§16.2). */
function parallelItems({ items }: Parallel, resolver: Resolver): readonly Value[] {
  if (typeof items !== 'string') return items.map((item, i) => resolver.value(`parallel[${i}]`, item));
  const text = resolver.text('parallel', items, 'full');
  const json = parsedItems(text);
  if (json !== null) return json;
  return [...text.matchAll(/"([^"]*)"|[^\s,;|"]+/g)].map(([word, quoted]) => quoted ?? word);
}

function parsedItems(text: string): readonly Value[] | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    const value = parseJsonValue(text);
    if (typeof value !== 'object' || value === null) return null;
    return isValueList(value) ? value : [value];
  } catch {
    return null;
  }
}

/** Params as text, map or list (§9.2). */
function readParams(value: Value, resolver: Resolver): readonly GivenParam[] {
  if (value === null) return [];
  if (typeof value === 'string') return readText(value, resolver);
  if (typeof value !== 'object' || isNumberText(value)) return [{ name: null, value: valueToText(value) }];
  if (isValueMap(value)) return named(value);
  return value.flatMap((entry): GivenParam[] => {
    const isMap = typeof entry === 'object' && entry !== null && isValueMap(entry);
    return isMap ? named(entry) : [parseParamWord(valueToText(entry))];
  });
}

function named(map: ReadonlyMap<string, Value>): GivenParam[] {
  return [...map].map(([name, value]) => ({ name, value: valueToText(value) }));
}

function readText(text: string, resolver: Resolver): readonly GivenParam[] {
  const { params, problem } = parseParamText(text);
  if (problem !== null) resolver.fail('R711', `with.params: ${problem}`);
  return params;
}

function childSpec(dag: string, params: readonly GivenParam[], input: ChildSpecsInput): ChildSpec {
  const { run, step, record } = input;
  const pairs = params.map(({ name, value }) => [name, value]);
  const parts = [run, step.label, step.item?.key ?? null, record.generation, dag, pairs];
  return { id: derivedUuid(JSON.stringify(parts)), dag, params };
}

/** A UUID of version 8 (RFC 9562 §5.8) that is made of a text. */
function derivedUuid(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
