import type { Value } from '../base/value.ts';
import type { FlowAction } from '../core/flow-action.ts';
import type { StepRecord } from '../core/records.ts';
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
    const plain = value === undefined || typeof value === 'number';
    return [key, plain ? value : resolver.value(field, value as Value, cls)];
  });
  const resolved = Object.fromEntries(entries) as FlowAction;
  if (resolved.kind === 'wait.duration') return { ...resolved, since: interruptedSince(record) };
  if (resolved.kind === 'wait.until') return { ...resolved, timezone: facts.dag.timezone };
  return resolved;
}

/** When the first of the tries began that were lost one after the other (RELIABILITY.md R5). */
function interruptedSince({ tries }: StepRecord): number | null {
  const lastEnded = tries.findLastIndex((one) => one.state !== 'lost' && one.state !== 'void');
  return tries[lastEnded + 1]?.startedAt ?? null;
}
