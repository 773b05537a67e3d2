/** A crontab as data: its jobs, and what cannot become one. Offsets count in the whole text. */
export interface Crontab {
  readonly jobs: readonly CrontabJob[];
  readonly problems: readonly CrontabProblem[];
}

/** One line that cron would run. */
export interface CrontabJob {
  /** From 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** The line as it stands there. */
  readonly text: string;
  /** Five fields or a macro, with one space between them. */
  readonly schedule: string;
  /** What the shell is given: up to the first `%` that no backslash precedes. */
  readonly command: string;
  /** Standard input, which always ends in a line break; null: there is none. */
  readonly input: string | null;
  /** The variables of the lines above, each name once. */
  readonly variables: ReadonlyMap<string, string>;
  /** `CRON_TZ`; null: the zone of the machine. */
  readonly zone: string | null;
  /** `RANDOM_DELAY`: the most that a start is put off. */
  readonly delayMinutes: number;
}

export interface CrontabProblem {
  /** The job of the line is lost; or something about it is, and it stays. */
  readonly kind: 'job' | 'note';
  readonly message: string;
  readonly hint: string | null;
  readonly start: number;
  readonly end: number;
}

/** What stands above a job and holds for it. */
export interface Settings {
  readonly variables: ReadonlyMap<string, string>;
  readonly zone: string | null;
  readonly delayMinutes: number;
}

/** One line without its line break, and what its first character counts from. */
export interface Line {
  readonly number: number;
  readonly start: number;
  readonly text: string;
}
