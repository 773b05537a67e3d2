/** Where references and paths find variables. */
export type Lookup = Pick<ReadonlyMap<string, string>, 'get'>;

/** Variables on which many steps build, in the forms that each of them needs. */
export class SharedVariables {
  readonly map: ReadonlyMap<string, string>;
  /** As a process gets them. */
  readonly record: Readonly<Record<string, string>>;
  /** Whose values no process can be given. */
  readonly withNul: readonly string[];

  constructor(map: ReadonlyMap<string, string>) {
    this.map = map;
    this.record = Object.fromEntries(map);
    this.withNul = [...map].filter(([, value]) => value.includes('\0')).map(([name]) => name);
  }
}

/** The variables of one step: its own lie over those that it shares, most of them the environment of flow itself. */
export class Variables implements Lookup {
  readonly #shared: SharedVariables;
  readonly #own = new Map<string, string>();

  constructor(shared: SharedVariables) {
    this.#shared = shared;
  }

  get(name: string): string | undefined {
    return this.#own.get(name) ?? this.#shared.map.get(name);
  }

  set(name: string, value: string): void {
    this.#own.set(name, value);
  }

  /** All of them, as they are now. */
  toMap(): Map<string, string> {
    return new Map([...this.#shared.map, ...this.#own]);
  }

  /** The same for a process. Without a prototype: a variable may have any name. */
  toRecord(): Record<string, string> {
    const record: Record<string, string> = { __proto__: null as never, ...this.#shared.record };
    for (const [name, value] of this.#own) record[name] = value;
    return record;
  }

  /** The first one that holds a NUL byte; null: there is none. */
  withNul(): string | null {
    for (const name of this.#shared.withNul) if (!this.#own.has(name)) return name;
    for (const name of this.#own.keys()) if (this.#own.get(name)?.includes('\0') === true) return name;
    return null;
  }
}
