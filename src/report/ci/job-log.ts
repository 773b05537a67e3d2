import type { Paint } from '../../term/color.ts';

/** How one CI system wants the log of a job. All texts but `said` end with a newline, or are empty. */
export interface JobLog {
  /** What stands before and behind the output of a step. The output itself begins and ends with a line. */
  frame(block: Block): Frame;
  /** A line of flow itself, which may hold words of others, so that the system takes nothing in it as a command. */
  said(text: string): string;
  /** For the overview that the system shows of a job; empty where it has none. */
  finding(finding: Finding): string;
}

/** The output of one try. */
export interface Block {
  /** `build`, `build · try 2`; one line. */
  readonly title: string;
  /** Different for every block of a job: letters, digits, `_` and `-`. */
  readonly name: string;
  /** Milliseconds UTC. */
  readonly startedAt: number;
  readonly finishedAt: number;
}

export interface Frame {
  readonly open: string;
  readonly close: string;
}

/** Something that went wrong. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
  readonly place: FindingPlace | null;
}

export interface FindingPlace {
  /** Absolute. */
  readonly file: string;
  /** From 1; null: the file as a whole. */
  readonly line: number | null;
}

/** Plain text, for Jenkins and all others: a heading before each block, as in `flow logs`. */
export function headingsLog(paint: Paint): JobLog {
  return {
    frame: ({ title }) => ({ open: `${paint('bold', `── ${title}`)}\n`, close: '' }),
    said: (text) => text,
    finding: () => '',
  };
}
