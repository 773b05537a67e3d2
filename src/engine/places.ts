/**
 * Places for running steps in this process, shared by a run and all its child runs (CLI.md §3, `-j`). Whoever waits
 * for one is woken when one becomes free.
 */
export class Places {
  readonly #limit: number;
  readonly #seats = new Set<Seat>();
  #taken = 0;

  /** The smallest of the limits that are set; 0 is none. */
  constructor(...limits: readonly number[]) {
    this.#limit = Math.min(Number.POSITIVE_INFINITY, ...limits.filter((limit) => limit > 0));
  }

  /** For one attempt, which is woken when others free a place. */
  join(wake: () => void): Seat {
    const seat: Seat = {
      hasRoom: (mine) => this.#taken - mineOf.count + mine < this.#limit,
      take: (mine) => {
        const freed = this.#taken >= this.#limit && mine < mineOf.count;
        this.#taken += mine - mineOf.count;
        mineOf.count = mine;
        if (freed) this.#wakeOthers(seat);
      },
      leave: () => {
        seat.take(0);
        this.#seats.delete(seat);
      },
      wake,
    };
    const mineOf = { count: 0 };
    this.#seats.add(seat);
    return seat;
  }

  #wakeOthers(seat: Seat): void {
    for (const other of this.#seats) if (other !== seat) other.wake();
  }
}

/** What one attempt holds of the places. */
export interface Seat {
  /** Whether there is one more when this attempt holds `mine`. */
  hasRoom(mine: number): boolean;
  /** This attempt now holds `mine`. */
  take(mine: number): void;
  leave(): void;
  wake(): void;
}
