/** Where text goes: standard output or standard error, or a collector in a test. */
export interface Sink {
  write(data: string | Uint8Array): void;
  readonly isTerminal: boolean;
  /** As it is now; 80 by 24 where nothing is known. */
  readonly size: Size;
  /** True once the reader is gone; what is written then is dropped. */
  readonly closed: boolean;
  /** True while the reader is behind by more than a buffer. */
  readonly busy: boolean;
}

/** Of a terminal, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export const USUAL_SIZE: Size = { columns: 80, rows: 24 };

/** For what nobody is to see. */
export const NOWHERE: Sink = {
  ...{ isTerminal: false, size: USUAL_SIZE, closed: false, busy: false },
  write: () => undefined,
};
