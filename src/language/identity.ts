import type { At, Place } from './place.ts';
import { field, keyAt } from './place.ts';
import { isLonger, NAME, shown } from './names.ts';
import { lineOf, quote, report } from './report.ts';
import type { Report } from './report.ts';

const RESERVED: readonly string[] = ['env', 'params', 'args', 'stdout', 'stderr', 'output', 'outputs'];

/** Id and name of a step as written, trimmed (LANGUAGE.md §4.2); a wrong id or name is reported (E204) and null. */
export interface Identity {
  readonly id: string | null;
  readonly name: string | null;
}

export function readIdentity(into: Report, step: Place, id?: string, name?: string): Identity {
  return {
    id: id === undefined ? null : checkId(into, field(step, 'id') ?? step, id.trim()),
    name: name === undefined ? null : checkName(into, field(step, 'name') ?? step, name.trim()),
  };
}

function checkId(into: Report, at: At, id: string): string | null {
  if (isLonger(id, 40)) report(into, 'E204', at, 'a step ID has at most 40 bytes');
  else if (!NAME.test(id))
    report(into, 'E204', at, `invalid step ID format ${quote(id)}, it must match ${shown(NAME)}`);
  else if (RESERVED.includes(id.toLowerCase()))
    report(into, 'E204', at, `step ID ${quote(id)} is a reserved word`);
  else return id;
  return null;
}

function checkName(into: Report, at: At, name: string): string | null {
  if (isLonger(name, 255)) {
    report(into, 'E204', at, 'a step name has at most 255 bytes');
    return null;
  }
  return name === '' ? null : name;
}

export interface NamedStep {
  readonly place: Place;
  readonly identity: Identity;
}

/** Where ids and names lead: to the index of the step (§5.1). Generated names are not among them. */
export interface Directory {
  readonly byId: ReadonlyMap<string, number>;
  readonly byName: ReadonlyMap<string, number>;
}

/** Where the ids and names of these steps lead; of two equal ones to the first. */
export function directoryOf(steps: readonly NamedStep[]): Directory {
  const byId = new Map<string, number>();
  const byName = new Map<string, number>();
  steps.forEach(({ identity: { id, name } }, i) => {
    if (id !== null && !byId.has(id)) byId.set(id, i);
    if (name !== null && !byName.has(name)) byName.set(name, i);
  });
  return { byId, byName };
}

/** E203 for ids and names that occur twice in a document, foreach bodies included, or collide. */
export function checkUnique(into: Report, steps: readonly NamedStep[]): void {
  const { byId, byName } = directoryOf(steps);
  steps.forEach(({ place, identity: { id, name } }, i) => {
    const sameId = id === null ? i : (byId.get(id) ?? i);
    const sameName = name === null ? i : (byName.get(name) ?? i);
    if (id !== null && sameId !== i)
      twice(into, place, 'id', `duplicate step ID ${quote(id)}`, steps[sameId]);
    if (name !== null && sameName !== i)
      twice(into, place, 'name', `step name ${quote(name)} must be unique`, steps[sameName]);
  });
  for (const [id, i] of byId) {
    const other = byName.get(id);
    if (other === undefined || other === i || steps[i] === undefined) continue;
    const text = `ID ${quote(id)} conflicts with the name of another step`;
    twice(into, steps[i].place, 'id', text, steps[other], 'name');
  }
}

function twice(
  into: Report,
  place: Place,
  key: 'id' | 'name',
  text: string,
  other: NamedStep | undefined,
  otherKey: 'id' | 'name' = key,
): void {
  const at = field(place, key) ?? keyAt(place, key);
  const first = other === undefined ? null : field(other.place, otherKey);
  if (first === null) {
    report(into, 'E203', at, text);
    return;
  }
  const related = [{ message: `the other ${otherKey === 'id' ? 'step' : 'name'} is here`, span: first.span }];
  report(into, 'E203', at, `${text}, see ${lineOf(first.span)}`, { related });
}
