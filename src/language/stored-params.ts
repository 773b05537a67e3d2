import type { BoundParam, Dag } from '../core/dag.ts';
import type { Diagnostic } from '../errors/diagnostic.ts';
import { bindParams } from './params.ts';

/**
 * The params of a run by the declarations of an edited file (LANGUAGE.md §22.3): each keeps its value, which must
 * satisfy them; new ones take their defaults. One whose declaration is gone goes with it when nobody gave it: it had
 * the value of its own default or `eval`.
 */
export function rebindParams(
  old: Dag,
  now: Dag,
  stored: readonly BoundParam[],
): { params: BoundParam[]; problems: Diagnostic[] } {
  const declared = new Set(now.params?.flatMap((param) => param.name ?? []));
  const own = new Map(
    old.params?.flatMap((param) => (param.name === null ? [] : [[param.name, param] as const])),
  );
  const given = stored.filter(({ name, value }) => {
    const before = own.get(name);
    const untouched = before !== undefined && (before.default === value || before.eval !== null);
    return now.params === null || declared.has(name) || !untouched;
  });
  const file = given.map(({ name, value }) => ({ name: /^\d+$/.test(name) ? null : name, value }));
  return bindParams(now.params, { file }, now.paramsSchema);
}
