/** What one phase of an attempt does: its steps, or one handler. */
export interface Drive {
  /** The next step that may start, taken out; without a free place one that takes none. */
  readonly next: (hasPlace: boolean) => number | null;
  /** Steps that became ready and found no place, each once. */
  readonly waiting: () => number[];
  readonly done: () => boolean;
}
