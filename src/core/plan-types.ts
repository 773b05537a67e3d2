/** What a resume does with one step, and why (LANGUAGE.md §22.1, §22.2). */
export interface Decision {
  readonly step: number;
  readonly label: string;
  readonly verdict: 'keep' | 'attach' | 'wait' | 'run' | 'drop';
  /** For people: `succeeded`, `failed`, `downstream of transform`, `its process still runs (pid 4711)`. */
  readonly why: string;
}
