/** What bounds every exchange (LANGUAGE.md §19.2); tests pass smaller ones. */
export interface HttpLimits {
  /** Name lookup, TCP and TLS together. */
  readonly connectMs: number;
  /** Without a byte of the response, from the connection on. */
  readonly silenceMs: number;
  /** Of a body after decompression, unless it goes to a file. */
  readonly bodyBytes: number;
  readonly redirects: number;
}

export const HTTP_LIMITS: HttpLimits = {
  connectMs: 10_000,
  silenceMs: 300_000,
  bodyBytes: 100 * 1024 * 1024,
  redirects: 10,
};
