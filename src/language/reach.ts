/** Nodes a search may visit before the answer is looked up in a table that serves all questions about a step. */
const NEAR = 1_000;
const TABLES = 128;

/**
 * Answers whether a step depends on another one, directly or not. Near ones are found by walking back; for far
 * ones all dependents of the step asked for are marked once, so that many questions stay linear.
 */
export function reachability(depends: readonly (readonly number[])[]): (from: number, to: number) => boolean {
  const tables = new Map<number, Uint8Array>();
  let dependents: number[][] | null = null;
  return (from, to) => {
    const known = tables.get(to);
    if (known !== undefined) return known[from] === 1;
    const near = walkBack(depends, from, to);
    if (near !== null) return near;
    dependents ??= invert(depends);
    const table = markDependents(dependents, to);
    if (tables.size >= TABLES) tables.clear();
    tables.set(to, table);
    return table[from] === 1;
  };
}

/** Null: not found among the nearest. */
function walkBack(depends: readonly (readonly number[])[], from: number, to: number): boolean | null {
  const seen = new Set([from]);
  const queue = [from];
  for (let i = 0; i < queue.length; i++) {
    for (const next of depends[queue[i] ?? from] ?? []) {
      if (next === to) return true;
      if (seen.has(next)) continue;
      if (seen.size >= NEAR) return null;
      seen.add(next);
      queue.push(next);
    }
  }
  return false;
}

function invert(depends: readonly (readonly number[])[]): number[][] {
  const dependents: number[][] = depends.map(() => []);
  depends.forEach((list, step) => {
    for (const dependency of list) dependents[dependency]?.push(step);
  });
  return dependents;
}

function markDependents(dependents: readonly (readonly number[])[], of: number): Uint8Array {
  const marked = new Uint8Array(dependents.length);
  const stack = [of];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const next of dependents[at] ?? []) {
      if (marked[next] === 1) continue;
      marked[next] = 1;
      stack.push(next);
    }
  }
  return marked;
}
