import { REF_ARGUMENTS } from './action-fields.ts';
import { checkCondition, checkConditions } from './conditions.ts';
import { checkEnv } from './env.ts';
import { field, fields, leaves } from './place.ts';
import type { Place } from './place.ts';
import { checkTemplate } from './references.ts';
import type { Field, Names } from './references.ts';
import type { Report } from './report.ts';
import { runTexts } from './run.ts';
import type { Defaults, Draft } from './step.ts';

/** Checks all references of a step or handler (LANGUAGE.md §8.8); `field` says what it may read. */
export function checkStepReferences(
  into: Report,
  draft: Draft,
  defaults: Defaults | null,
  where: Pick<Field, 'where' | 'step'>,
  names: Names,
): void {
  const full: Field = { cls: 'full', ...where };
  for (const key of ['run', 'command', 'script']) {
    const place = field(draft.place, key);
    const shell: Field = { cls: 'ref', shellText: true, ...where };
    for (const text of place === null ? [] : runTexts(place)) checkTemplate(into, text, shell, names);
  }
  if (defaults !== null) checkEnv(into, defaults.env, full, names);
  checkEnv(into, draft.env, full, names);
  if (defaults !== null) checkConditions(into, defaults.place, full, names);
  checkConditions(into, draft.place, full, names);
  checkRepeat(into, draft, defaults, full, names);
  const retry = field(draft.place, 'retry_policy') ?? (defaults && field(defaults.place, 'retry_policy'));
  const places = [
    field(draft.place, 'working_dir'),
    retry && field(retry, 'limit'),
    retry && field(retry, 'interval_sec'),
    ...draft.outputTexts,
  ];
  for (const place of places) checkAll(into, place, full, names);
  const refArgument = REF_ARGUMENTS[draft.step.action.kind];
  const given = field(draft.place, 'with');
  for (const { key, value } of given === null ? [] : fields(given)) {
    checkAll(into, value, key === refArgument ? { cls: 'ref', ...where } : full, names);
  }
}

/** A condition also sees the step's own outputs (§13.5). */
function checkRepeat(into: Report, draft: Draft, defaults: Defaults | null, full: Field, names: Names): void {
  const repeat = field(draft.place, 'repeat_policy') ?? (defaults && field(defaults.place, 'repeat_policy'));
  if (repeat === null) return;
  const own = full.step === undefined ? full : { ...full, step: { ...full.step, seesOwn: true } };
  checkCondition(into, repeat, own, names);
  for (const key of ['limit', 'interval_sec', 'max_interval_sec']) {
    checkAll(into, field(repeat, key), full, names);
  }
}

/** Checks every text at or below a place. */
export function checkAll(into: Report, place: Place | null, where: Field, names: Names): void {
  for (const leaf of place === null ? [] : leaves(place)) checkTemplate(into, leaf, where, names);
}
