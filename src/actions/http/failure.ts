/** A reason of R720, written for people: host and port, never a header value, userinfo or a query. */
export class HttpFailure extends Error {}

/** What asking again does not help. */
export class HopelessRequest extends HttpFailure {}

const REASONS: Readonly<Record<string, (target: string) => string>> = {
  ECONNREFUSED: (target) => `connection refused by ${target}`,
  ENOTFOUND: (target) => `no address found for ${target}`,
  EAI_AGAIN: (target) => `name lookup failed for ${target}`,
  ECONNRESET: (target) => `connection to ${target} ended before the response was complete`,
  EPIPE: (target) => `connection to ${target} ended before the request was sent`,
  ETIMEDOUT: (target) => `connection to ${target} timed out`,
  EHOSTUNREACH: (target) => `no route to ${target}`,
  ENETUNREACH: (target) => `no network to ${target}`,
  CERT_HAS_EXPIRED: (target) => `certificate of ${target} has expired`,
  CERT_NOT_YET_VALID: (target) => `certificate of ${target} is not valid yet`,
  DEPTH_ZERO_SELF_SIGNED_CERT: (target) => `certificate of ${target} is self-signed`,
  SELF_SIGNED_CERT_IN_CHAIN: (target) => `certificate of ${target} has a self-signed issuer`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: (target) => `certificate of ${target} has an unknown issuer`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: (target) => `certificate of ${target} has an unknown issuer`,
  ERR_TLS_CERT_ALTNAME_INVALID: (target) => `certificate of ${target} is for another host`,
  HPE_HEADER_OVERFLOW: (target) => `response headers of ${target} are too large`,
};

const FAMILIES: readonly (readonly [RegExp, (target: string) => string])[] = [
  [/^CERT_|_CERT/, (target) => `certificate of ${target} was not accepted`],
  [/^(EPROTO$|ERR_SSL_|ERR_TLS_)/, (target) => `TLS handshake with ${target} failed`],
  [/^HPE_/, (target) => `${target} did not answer in HTTP`],
];

/**
 * A failure of the network as one, with the system's short name of it: `connection refused by a:1 (ECONNREFUSED)`.
 * @param target host and port, or which proxy
 */
export function networkFailure(error: unknown, target: string): HttpFailure {
  if (error instanceof HttpFailure) return error;
  const code = errorCode(error);
  const family = FAMILIES.find(([pattern]) => pattern.test(code))?.[1];
  const reason = (REASONS[code] ?? family ?? (() => `connection to ${target} failed`))(target);
  return new HttpFailure(code === '' ? reason : `${reason} (${code})`, { cause: error });
}

/** `ECONNRESET` and the like; the first one when several addresses were tried. Empty if there is none. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? errorCode(error.errors[0]) : '';
}

export function hostAndPort(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

export function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}

/** An address as messages show it: queries often carry tokens, so only a mark remains of them. */
export function displayUrl(url: URL): string {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.protocol}…`;
  return shorten(`${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`);
}

/** Text that was meant to be an address, without what may be a password or a query. */
export function displayBadUrl(text: string): string {
  return JSON.stringify(shorten(text.replace(/\/\/.*@/s, '//***@').replace(/[?#].*$/s, '?…')));
}

function shorten(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}
