/** What a number is sorted by: the first that differs counts. */
export type Rank = readonly [number, number];

interface Item {
  readonly number: number;
  readonly rank: Rank;
}

/** A binary heap of numbers: the one with the smallest rank, which it has when it comes in, comes out first. */
export class NumberHeap {
  readonly #items: Item[] = [];
  readonly #rank: (number: number) => Rank;

  constructor(rank: (number: number) => Rank = (number) => [number, 0]) {
    this.#rank = rank;
  }

  get size(): number {
    return this.#items.length;
  }

  push(number: number): void {
    const items = this.#items;
    const item = { number, rank: this.#rank(number) };
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
    if (items.length === 0) return top.number;
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
    return top.number;
  }

  #before(a: Item | undefined, b: Item | undefined): boolean {
    if (a === undefined || b === undefined) return a !== undefined;
    const [first, second] = a.rank;
    return first < b.rank[0] || (first === b.rank[0] && second < b.rank[1]);
  }
}
