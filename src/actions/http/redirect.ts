import { displayUrl, HttpFailure } from './failure.ts';
import { checkScheme, withoutUserinfo } from './outgoing.ts';
import type { Outgoing } from './outgoing.ts';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * The request that follows a response, or null when the response is the answer (LANGUAGE.md §19.2).
 * `chain` are the addresses so far, this request's last.
 * @throws HttpFailure, with the chain, when the redirect is not followed
 */
export function redirected(
  from: Outgoing,
  status: number,
  location: string | undefined,
  chain: readonly URL[],
  most: number,
): Outgoing | null {
  if (!REDIRECTS.has(status) || location === undefined) return null;
  const target = parseLocation(location, from.url, chain);
  const way = (): string => [...chain, target].map(displayUrl).join(' -> ');
  try {
    checkScheme(target);
  } catch {
    throw new HttpFailure(`redirect to something other than http or https: ${way()}`);
  }
  if (from.url.protocol === 'https:' && target.protocol === 'http:') {
    throw new HttpFailure(`redirect from https to http: ${way()}`);
  }
  if (chain.length > most) throw new HttpFailure(`more than ${most} redirects: ${way()}`);
  const next = becomesGet(from.method, status) ? asGet(from) : from;
  const authorHeaders = target.origin === from.url.origin ? next.authorHeaders : new Map<string, string>();
  return { ...next, url: withoutUserinfo(target), authorHeaders };
}

/** As browsers do (I4): 303 always, 301 and 302 for POST; 307 and 308 repeat the request as it is. */
function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}

function asGet(from: Outgoing): Outgoing {
  const ofBody = (name: string): boolean => name.toLowerCase().startsWith('content-');
  return {
    ...from,
    method: 'GET',
    body: null,
    authorHeaders: new Map([...from.authorHeaders].filter(([name]) => !ofBody(name))),
    ownHeaders: new Map([...from.ownHeaders].filter(([name]) => !ofBody(name) && name !== 'idempotency-key')),
  };
}

function parseLocation(location: string, base: URL, chain: readonly URL[]): URL {
  try {
    // Header bytes arrive as latin-1, addresses are sent as UTF-8.
    return new URL(Buffer.from(location, 'latin1').toString('utf8'), base);
  } catch {
    throw new HttpFailure(
      `redirect to an address that cannot be read: ${chain.map(displayUrl).join(' -> ')}`,
    );
  }
}
