/** Where text goes: standard output or standard error, or a collector in a test. */
export interface Sink {
  write(data: string | Uint8Array): void;
  readonly isTerminal: boolean;
  /** True once the reader is gone; what is written then is dropped. */
  readonly closed: boolean;
  /** True while the reader is behind by more than a buffer. */
  readonly busy: boolean;
}
