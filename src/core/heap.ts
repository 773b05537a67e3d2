/** What a number is sorted by: the first that differs counts. */
export type Rank = readonly [number, number];

/** A binary heap of numbers: the one with the smallest rank comes out first. */
export class NumberHeap {
  readonly #items: number[] = [];
  readonly #rank: (item: number) => Rank;

  constructor(rank: (item: number) => Rank = (item) => [item, 0]) {
    this.#rank = rank;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: number): void {
    const items = this.#items;
    items.push(item);
    let at = items.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(item, items[parent])) break;
      items[at] = items[parent] ?? item;
      at = parent;
    }
    items[at] = item;
  }

  pop(): number | null {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined) return null;
    if (items.length === 0) return top;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= items.length) break;
      const right = items[left + 1];
      const child = right !== undefined && this.#before(right, items[left]) ? left + 1 : left;
      if (!this.#before(items[child], last)) break;
      items[at] = items[child] ?? last;
      at = child;
    }
    items[at] = last;
    return top;
  }

  #before(a: number | undefined, b: number | undefined): boolean {
    if (a === undefined || b === undefined) return a !== undefined;
    const [a1, a2] = this.#rank(a);
    const [b1, b2] = this.#rank(b);
    return a1 < b1 || (a1 === b1 && a2 < b2);
  }
}
