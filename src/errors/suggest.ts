/**
 * Edit distance with transpositions of neighbours (optimal string alignment), by code points.
 * Gives up beyond `limit` and then returns `limit + 1`.
 */
export function editDistance(a: string, b: string, limit: number): number {
  const s = [...a];
  const t = [...b];
  if (Math.abs(s.length - t.length) > limit) return limit + 1;
  let before: number[] = [];
  let above = Array.from({ length: t.length + 1 }, (_, j) => j);
  for (let i = 1; i <= s.length; i++) {
    const row = [i];
    for (let j = 1; j <= t.length; j++) {
      const same = s[i - 1] === t[j - 1];
      let cost = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && s[i - 1] === t[j - 2] && s[i - 2] === t[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    if (Math.min(...row) > limit) return limit + 1;
    before = above;
    above = row;
  }
  return Math.min(above[t.length] ?? limit + 1, limit + 1);
}

/** Up to three known words near `word`, nearest first (LANGUAGE.md §2.5): distance 2, or 1 for up to four letters. */
export function nearest(word: string, known: Iterable<string>): string[] {
  const limit = [...word].length <= 4 ? 1 : 2;
  return [...new Set(known)]
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate, limit) }))
    .filter((entry) => entry.distance <= limit)
    .sort((x, y) => x.distance - y.distance || (x.candidate < y.candidate ? -1 : 1))
    .slice(0, 3)
    .map((entry) => entry.candidate);
}

/** The hint `did you mean "build"?`, or null when nothing is near. */
export function didYouMean(word: string, known: Iterable<string>): string | null {
  const words = nearest(word, known).map((w) => `"${w}"`);
  if (words.length === 0) return null;
  const last = words.at(-1) ?? '';
  return `did you mean ${words.length === 1 ? last : `${words.slice(0, -1).join(', ')} or ${last}`}?`;
}
