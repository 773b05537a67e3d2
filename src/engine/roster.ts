import type { Dag, Foreach, Item, Step } from '../core/dag.ts';
import { findStep } from '../core/numbers.ts';
import type { ItemPlace } from '../core/records.ts';

/**
 * The steps of an attempt by the number of their row: those of the DAG, and those of foreach bodies, which appear when
 * the items of their step are known (LANGUAGE.md §16.1).
 */
export class Roster {
  readonly #dag: Dag;
  readonly #ids: ReadonlyMap<string, Step>;
  readonly #body = new Map<number, Step>();
  /** By foreach step and index of the item: the number of the row of its first body step. */
  readonly #first = new Map<string, number>();

  constructor(dag: Dag) {
    this.#dag = dag;
    this.#ids = new Map(dag.steps.flatMap((step) => (step.id === null ? [] : [[step.id, step] as const])));
  }

  find(number: number): Step | undefined {
    return findStep(this.#dag, number) ?? this.#body.get(number);
  }

  /** @throws when there is none: a bug of flow */
  get(number: number): Step {
    const step = this.find(number);
    if (step === undefined) throw new Error(`there is no step ${number}`);
    return step;
  }

  /** What `${steps.ID}` means in a field of `from`: a step of its own item, else one of the DAG. */
  byId(id: string, from: Pick<Step, 'item'> | null): Step | undefined {
    const item = from?.item ?? null;
    if (item !== null) {
      const place = this.#bodyOf(item.parent).steps.findIndex((step) => step.id === id);
      const first = this.#first.get(`${item.parent}:${item.index}`);
      if (place >= 0 && first !== undefined) return this.find(first + place);
    }
    return this.#ids.get(id);
  }

  /** Makes the steps of one item; their rows begin with `first`. */
  addItem(item: Item, first: number): Step[] {
    const { steps } = this.#bodyOf(item.parent);
    const made = steps.map((step, place) => ({
      ...step,
      item,
      number: first + place,
      depends: step.depends.map((number) => first + number - 1),
    }));
    for (const step of made) this.#body.set(step.number, step);
    this.#first.set(`${item.parent}:${item.index}`, first);
    return made;
  }

  /** A body step whose foreach step does not run, because the run is being stopped: its item is not known. */
  addRow(row: { readonly number: number; readonly item: ItemPlace }): void {
    const { parent, body, index, key } = row.item;
    const { steps, as } = this.#bodyOf(parent);
    const step = steps[body];
    const item = { parent, index, key, as, value: null };
    if (step !== undefined) this.#body.set(row.number, { ...step, item, number: row.number, depends: [] });
  }

  #bodyOf(number: number): Foreach {
    const { action } = this.get(number);
    if (action.kind !== 'foreach') throw new Error(`step ${number} has no items`);
    return action;
  }
}
