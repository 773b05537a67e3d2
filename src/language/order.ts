import type { Directory } from './identity.ts';
import { field, items, keyAt } from './place.ts';
import type { At, Place } from './place.ts';
import { quote, report, suggest } from './report.ts';
import type { Report } from './report.ts';

/** What order needs to know of a step; `entry` is its place in `steps`, shared by the members of a group. */
export interface OrderedStep {
  readonly place: Place;
  readonly label: string;
  readonly entry: number;
  readonly depends: string | string[] | undefined;
}

export interface Order {
  readonly depends: readonly (readonly number[])[];
  /** Steps with a dependency that could not be resolved: what they may read is not known. */
  readonly incomplete: ReadonlySet<number>;
}

/**
 * For every step the indexes of the steps it waits for (LANGUAGE.md §5): E211–E213. `directory` leads to the steps
 * themselves, `all` to those of the whole document.
 */
export function resolveOrder(
  into: Report,
  steps: readonly OrderedStep[],
  type: 'graph' | 'chain',
  directory: Directory,
  all: Directory,
): Order {
  if (type === 'chain') return { depends: chain(into, steps), incomplete: new Set() };
  const known = [...directory.byId.keys(), ...directory.byName.keys()];
  const edges = steps.map((step, i) => resolveStep(into, step, i, directory, { known, all }));
  reportCycles(into, steps, edges);
  const incomplete = new Set(
    steps.flatMap((step, i) => (edges[i]?.length === countOf(step.depends) ? [] : [i])),
  );
  return { depends: edges.map((list) => list.map((edge) => edge.to)), incomplete };
}

function countOf(depends: OrderedStep['depends']): number {
  return depends === undefined ? 0 : typeof depends === 'string' ? 1 : new Set(depends).size;
}

function chain(into: Report, steps: readonly OrderedStep[]): number[][] {
  let before: number[] = [];
  let current: number[] = [];
  return steps.map((step, i) => {
    if (field(step.place, 'depends') !== null) {
      const text = 'depends field is not allowed in a chain';
      report(into, 'E211', keyAt(step.place, 'depends'), text, {
        hint: 'write "type: graph" to order by depends',
      });
    }
    if (steps[i - 1]?.entry !== step.entry) {
      before = current;
      current = [];
    }
    current.push(i);
    return before;
  });
}

interface Edge {
  readonly to: number;
  readonly at: At;
}

function resolveStep(
  into: Report,
  step: OrderedStep,
  index: number,
  directory: Directory,
  { known, all }: { readonly known: readonly string[]; readonly all: Directory },
): Edge[] {
  const place = field(step.place, 'depends');
  if (place === null || step.depends === undefined) return [];
  const list = typeof step.depends === 'string' ? [{ name: step.depends, at: place }] : [];
  if (typeof step.depends !== 'string') {
    const places = items(place);
    list.push(...step.depends.map((name, i) => ({ name, at: places[i] ?? place })));
  }
  const edges = new Map<number, Edge>();
  for (const { name, at } of list) {
    const to = directory.byId.get(name) ?? directory.byName.get(name);
    if (to === undefined) {
      const elsewhere = all.byId.has(name) || all.byName.has(name);
      const hint = elsewhere
        ? 'steps of a foreach body and those outside cannot depend on each other'
        : suggest(into, name, known);
      report(into, 'E212', at, `depends on non-existent step ${quote(name)}`, { hint });
    } else if (to === index) report(into, 'E213', at, `step ${quote(step.label)} depends on itself`);
    else if (!edges.has(to)) edges.set(to, { to, at });
  }
  return [...edges.values()];
}

/** One E213 for every knot of cycles, shown from its first step in file order. */
function reportCycles(into: Report, steps: readonly OrderedStep[], edges: readonly Edge[][]): void {
  const component = components(edges);
  const sizes = new Map<number, number>();
  for (const c of component) sizes.set(c, (sizes.get(c) ?? 0) + 1);
  const done = new Set<number>();
  steps.forEach((_, first) => {
    const knot = component[first] ?? -1;
    if ((sizes.get(knot) ?? 0) < 2 || done.has(knot)) return;
    done.add(knot);
    const path = shortestCycle(first, edges, component);
    const drawn = [first, ...path.map((edge) => edge.to)].map((i) => steps[i]?.label ?? '').join(' → ');
    const [edge] = path;
    if (edge !== undefined) report(into, 'E213', edge.at, `cyclic dependency: ${drawn}`);
  });
}

/** The edges of a shortest way from `first` back to itself, within its component. */
function shortestCycle(first: number, edges: readonly Edge[][], component: readonly number[]): Edge[] {
  const cameBy = new Map<number, { from: number; edge: Edge }>();
  const queue = [first];
  for (let i = 0; i < queue.length && !cameBy.has(first); i++) {
    const from = queue[i] ?? first;
    for (const edge of edges[from] ?? []) {
      if (component[edge.to] !== component[first] || cameBy.has(edge.to)) continue;
      cameBy.set(edge.to, { from, edge });
      queue.push(edge.to);
    }
  }
  const path: Edge[] = [];
  let here = first;
  do {
    const step = cameBy.get(here);
    if (step === undefined) break;
    path.push(step.edge);
    here = step.from;
  } while (here !== first);
  return path.reverse();
}

/**
 * Strongly connected components (Tarjan), as a number for every step; without recursion, in linear time, so that
 * a chain of 100,000 steps is no problem.
 */
function components(edges: readonly Edge[][]): number[] {
  const order: number[] = new Array<number>(edges.length).fill(-1);
  const low = [...order];
  const component = [...order];
  const open: number[] = [];
  let count = 0;
  let found = 0;
  for (let root = 0; root < edges.length; root++) {
    if (order[root] !== -1) continue;
    const work = [{ at: root, next: 0 }];
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const { at } = frame;
      if (frame.next === 0) {
        order[at] = low[at] = count++;
        open.push(at);
      }
      const to = edges[at]?.[frame.next++]?.to;
      if (to !== undefined) {
        if (order[to] === -1) work.push({ at: to, next: 0 });
        else if (component[to] === -1) low[at] = Math.min(low[at] ?? 0, order[to] ?? 0);
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.at;
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[at] ?? 0);
      if (low[at] === order[at]) found = close(open, at, component, found);
    }
  }
  return component;
}

function close(open: number[], root: number, component: number[], number: number): number {
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    component[at] = number;
    if (at === root) break;
  }
  return number + 1;
}
