import { reportUnknownKey } from './keys.ts';
import type { Room } from './replaced.ts';
import { descend, isMapPlace } from './place.ts';
import type { Place } from './place.ts';
import { add, quote, report } from './report.ts';
import type { Report } from './report.ts';
import { knownKeys, parseFields } from './schema.ts';
import type { Infer, ObjectSchema, Problem } from './schema.ts';
import { plain, typeName } from './tree.ts';
import type { MapNode } from './tree.ts';

/**
 * Checks a map against its schema (E106–E110) and returns the fields that are right; wrong ones are reported
 * and left out. A place that is no map is E108 and yields nothing.
 */
export function check<S extends ObjectSchema>(
  into: Report,
  place: Place,
  schema: S,
  room: Room,
): Infer<S> | null {
  if (!isMapPlace(place)) {
    const name = place.path === '' ? 'document' : place.path;
    const hint =
      place.path === '' && room === 'root' ? 'a DAG has steps: `flow help language` shows one' : null;
    add(into, 'E108', place, `${name} must be map, got ${typeName(plain(place.node))}`, { hint });
    return null;
  }
  const { value, issues } = parseFields(schema, (place.node satisfies MapNode).value);
  for (const issue of issues) {
    const where = descend(place, issue.path);
    if ('unknown' in issue) {
      const inner = issue.path.length === 0 ? room : 'other';
      const known = knownKeys(schema, issue.path);
      for (const key of issue.unknown) reportUnknownKey(into, where, key, inner, known);
    } else reportProblem(into, where, issue.problem, room);
  }
  return value;
}

function reportProblem(into: Report, where: Place, problem: Problem, room: Room): void {
  const text = sentence(where, problem);
  // Literal values of an action have a code of their own (LANGUAGE.md §19).
  if (room === 'with') report(into, 'E703', where, text);
  else if (problem.code === 'E110') {
    report(into, 'E110', where, `invalid ${lastKey(where)} ${text}`);
  } else add(into, problem.code, where, `${where.path} ${text}`);
}

function sentence(where: Place, problem: Problem): string {
  if (problem.code === 'E108') return `must be ${problem.expected}, got ${typeName(plain(where.node))}`;
  if (problem.code === 'E109') return `must be ${problem.bound}`;
  return `${quote(problem.value)}, allowed: ${problem.allowed.join(', ')}`;
}

/** `steps[0].log_output` → `log_output`. */
function lastKey(where: Place): string {
  return /[^.]*$/.exec(where.path)?.[0] ?? where.path;
}
