/** One word that a shell may put in. It is whole, unless it ends with `/` or `=`. */
export interface Candidate {
  readonly value: string;
  /** For shells that show one. */
  readonly description: string;
}
