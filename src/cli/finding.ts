/** One thing that `flow doctor` looked at. */
export interface Finding {
  readonly name: string;
  readonly value: string;
  /** What is wrong with it, null when all is well. */
  readonly problem: string | null;
  /** The line that fixes it. */
  readonly fix: string | null;
}
