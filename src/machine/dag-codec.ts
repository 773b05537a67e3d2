import { deflateSync, inflateSync } from 'node:zlib';
import type { Dag, Step } from '../core/dag.ts';

/**
 * A checked DAG as bytes and back. JSON is read several times as fast as the structured clone of V8, which also differs
 * between versions of Node; what JSON has no words for is marked, or refused.
 */

/** Null when it would not come back as it is. */
export function packDag(dag: Dag): Uint8Array | null {
  try {
    return deflateSync(written(dag), { level: 1 });
  } catch (error) {
    if (error instanceof Unwritable) return null;
    throw error;
  }
}

/** Null when it is damaged: zlib has a checksum. */
export function unpackDag(data: Uint8Array): Dag | null {
  try {
    const { head, first, rows } = JSON.parse(inflateSync(data).toString()) as Written;
    const step = revived(first) as Step;
    const steps = rows.map((row) => ({ ...step, ...(revived(row) as Partial<Step>) }));
    return { ...(revived(head) as Omit<Dag, 'steps'>), steps };
  } catch {
    return null;
  }
}

/** Steps have most of their fields in common: of each only what differs from the first is written. */
interface Written {
  readonly head: unknown;
  readonly first: unknown;
  readonly rows: readonly unknown[];
}

function written({ steps, ...head }: Dag): string {
  const [first] = steps;
  const names = Object.keys(first ?? {}) as (keyof Step)[];
  const texts = names.map((name) => json(first?.[name]));
  const rows = steps.map((step) => {
    const row: string[] = [];
    if (Object.keys(step).length !== names.length) throw new Unwritable();
    names.forEach((name, i) => {
      const value = step[name];
      if (value === first?.[name]) return;
      const text = json(value);
      if (text !== texts[i]) row.push(`"${name}":${text}`);
    });
    return `{${row.join()}}`;
  });
  // Put together of texts that are made already: this is a `Written`.
  return `{"head":${json(head)},"first":${json(first)},"rows":[${rows.join()}]}`;
}

/** Most values of a step are empty lists, texts and numbers: `coded` has nothing to say of them. */
function json(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return Array.isArray(value) && value.length === 0 ? '[]' : JSON.stringify(value, coded);
}

/** Holds something that would not come back as it is. */
class Unwritable extends Error {}

const MARKS = ['$map', '$bare', '$undefined'];

/**
 * For JSON.stringify: maps, objects without a prototype and what is undefined are marked; whatever else JSON would
 * change is refused.
 */
function coded(_key: string, value: unknown): unknown {
  if (value === undefined) return { $undefined: true };
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Array.isArray(value))
    return value;
  if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return value;
  if (typeof value !== 'object') throw new Unwritable();
  if (value instanceof Map) return { $map: [...value] };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return { $bare: { ...value } };
  if (prototype !== Object.prototype || MARKS.some((mark) => mark in value)) throw new Unwritable();
  return value;
}

/** Undoes `coded`, in place. */
function revived(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) if (typeof one === 'object') value[i] = revived(one);
    return value;
  }
  const fields = value as Record<string, unknown>;
  for (const name in fields) {
    const one = fields[name];
    if (typeof one === 'object') fields[name] = revived(one);
  }
  if (Array.isArray(fields['$map'])) return new Map(fields['$map'] as [unknown, unknown][]);
  if (fields['$undefined'] === true) return undefined;
  if (fields['$bare'] !== undefined) return Object.assign(Object.create(null) as object, fields['$bare']);
  return fields;
}
