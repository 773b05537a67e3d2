import { REF_ARGUMENTS } from './action-fields.ts';
import { checkCondition, checkConditions } from './conditions.ts';
import { checkEnv } from './env.ts';
import type { Level } from './levels.ts';
import { field, fields, leaves } from './place.ts';
import type { Place } from './place.ts';
import { reachability } from './reach.ts';
import { checkTemplate } from './references.ts';
import type { Field, Names, StepSight } from './references.ts';
import type { Report } from './report.ts';
import { runTexts } from './run.ts';
import type { Defaults, Draft } from './step.ts';

type Where = Pick<Field, 'where' | 'step' | 'item'>;

/** Where the steps of a foreach body stand: what the foreach step sees, and the item. */
type Around = Required<Pick<Field, 'step' | 'item'>>;

/** Checks the references of all steps of a document or foreach body, of the bodies in it too (§16.1). */
export function checkLevel(into: Report, level: Level, around: Around | null, names: Names): void {
  const { drafts, directory, order, bodies } = level;
  const reaches = reachability(order.depends);
  drafts.forEach((draft, i) => {
    if (!draft.place.node.dollar && draft.defaults === null) return;
    const dependsOn = (id: string): boolean => {
      const to = directory.byId.get(id);
      if (to === undefined && around !== null) return around.step.dependsOn(id);
      return order.incomplete.has(i) || reaches(i, to ?? -1);
    };
    const sees = (id: string): boolean => directory.byId.has(id) || around?.step.sees(id) === true;
    const step: StepSight = { id: draft.identity.id, around: around?.step.id ?? null, sees, dependsOn };
    const where: Where = { where: 'step', step, ...(around !== null && { item: around.item }) };
    checkStepReferences(into, draft, where, names);
    const body = bodies.get(i);
    if (draft.body !== null && body !== undefined) checkForeach(into, draft.body, body, step, names);
  });
}

/** `foreach` (§16.1, §8.8): the items know what the step knows, the rest also the item. */
function checkForeach(
  into: Report,
  { place, item }: NonNullable<Draft['body']>,
  level: Level,
  step: StepSight,
  names: Names,
): void {
  const full: Field = { cls: 'full', where: 'step', step };
  checkAll(into, field(place, 'items'), full, names);
  const others = item.names.filter((name) => name !== 'key');
  checkAll(into, field(place, 'key'), { ...full, item: { ...item, names: others } }, names);
  const inBody = (id: string): boolean => level.directory.byId.has(id);
  const all: StepSight = {
    ...step,
    sees: (id) => inBody(id) || step.sees(id),
    dependsOn: (id) => inBody(id) || step.dependsOn(id),
  };
  checkAll(into, field(place, 'collect'), { ...full, step: all, item }, names);
  checkLevel(into, level, { step, item }, names);
}

/** Checks all references of a step or handler (LANGUAGE.md §8.8); `where` says what it may read. */
export function checkStepReferences(into: Report, draft: Draft, where: Where, names: Names): void {
  const { defaults } = draft;
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
  const approval = field(draft.place, 'approval');
  checkAll(into, approval && field(approval, 'prompt'), full, names);
  const { item: _, ...itemless } = full;
  checkAll(into, field(draft.place, 'parallel'), itemless, names);
  checkArguments(into, draft, full, names);
}

/** Arguments that are substituted by rules of their own (§8.8). */
function checkArguments(into: Report, draft: Draft, full: Field, names: Names): void {
  const { kind } = draft.step.action;
  const refArgument = REF_ARGUMENTS[kind];
  const given = field(draft.place, 'with');
  const each = field(draft.place, 'parallel') !== null;
  for (const { key, value } of given === null ? [] : fields(given)) {
    if (kind === 'human.task' && key === 'form') continue;
    const isItem = each && (key === 'dag' || key === 'params');
    const own: Partial<Field> = key === refArgument ? { cls: 'ref' } : isItem ? { each } : {};
    checkAll(into, value, { ...full, ...own }, names);
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
  if (place === null || !place.node.dollar) return;
  for (const leaf of leaves(place)) checkTemplate(into, leaf, where, names);
}
