import { isNumberText, isValueList, isValueMap } from '../base/value.ts';
import type { Value } from '../base/value.ts';
import type { FlowAction } from '../core/flow-action.ts';
import type { StepRecord } from '../core/records.ts';
import type { TemplateClass } from '../core/reference/template.ts';
import type { Resolver } from './resolver.ts';
import type { AttemptFacts } from './scope.ts';

/** Arguments that are no text under `with`, or are not substituted. */
const PLAIN = new Set(['kind', 'since', 'timezone']);
/** Where `$NAME` belongs to another language (LANGUAGE.md §8.8). */
const REF = new Set(['jq.filter.filter', 'data.pick.select']);

/** An action with all its texts resolved, and with what only the run knows. */
export function resolveAction(
  action: FlowAction,
  facts: AttemptFacts,
  record: StepRecord,
  resolver: Resolver,
): FlowAction {
  const entries = Object.entries(action).map(([key, value]: [string, unknown]) => {
    if (PLAIN.has(key)) return [key, value];
    const field = `with.${key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)}`;
    const cls = REF.has(`${action.kind}.${key}`) ? 'ref' : 'full';
    return [key, resolveValue(field, value as Value | number | undefined, cls, resolver)];
  });
  const resolved = Object.fromEntries(entries) as FlowAction;
  if (resolved.kind === 'wait.duration') return { ...resolved, since: interruptedSince(record) };
  if (resolved.kind === 'wait.until') return { ...resolved, timezone: facts.dag.timezone };
  return resolved;
}

function resolveValue(
  field: string,
  value: Value | number | undefined,
  cls: TemplateClass,
  resolver: Resolver,
): Value | number | undefined {
  const walk = (at: Value, name: string): Value => {
    if (typeof at === 'string') return resolver.text(name, at, cls);
    if (typeof at !== 'object' || at === null || isNumberText(at)) return at;
    if (isValueList(at)) return at.map((item, i) => walk(item, `${name}[${i}]`));
    if (!isValueMap(at)) return at;
    return new Map([...at].map(([key, item]) => [key, walk(item, `${name}.${key}`)]));
  };
  return value === undefined || typeof value === 'number' ? value : walk(value, field);
}

/** When the first of the tries began that were lost one after the other (RELIABILITY.md R5). */
function interruptedSince({ tries }: StepRecord): number | null {
  const lastEnded = tries.findLastIndex((one) => one.state !== 'lost' && one.state !== 'void');
  return tries[lastEnded + 1]?.startedAt ?? null;
}
