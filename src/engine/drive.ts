/** What one phase of an attempt does: its steps, or one handler. */
export interface Drive {
  /** The next step that may start, taken out. */
  readonly next: () => number | null;
  /** Steps that became ready and found no place, each once. */
  readonly waiting: () => number[];
  readonly done: () => boolean;
}
