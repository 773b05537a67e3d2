import type { HttpRequest } from '../../core/dag.ts';
import { encodeBody } from './body.ts';
import { displayBadUrl, HttpFailure } from './failure.ts';
import type { Upload } from './upload.ts';

/** One request of an exchange; each redirect makes the next. */
export interface Outgoing {
  readonly method: string;
  /** http or https, without userinfo. */
  readonly url: URL;
  /** As the author wrote them; they never leave the origin of the first request. */
  readonly authorHeaders: ReadonlyMap<string, string>;
  /** Added by flow where the author is silent; lower case. */
  readonly ownHeaders: ReadonlyMap<string, string>;
  readonly body: Uint8Array | Upload | null;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** How long a message is, is flow's to say: a wrong length corrupts what follows on the connection. */
const FRAMING = new Set(['content-length', 'transfer-encoding']);

/**
 * The first request of an exchange; `upload` is its body when it has files.
 * @throws HttpFailure when it cannot be sent at all
 */
export function firstRequest(
  request: HttpRequest,
  idempotencyKey: string,
  upload: Upload | null = null,
): Outgoing {
  const method = checkedMethod(request.method);
  const written = parseUrl(request.url);
  const authorHeaders = checkedHeaders(request.headers);
  if ((written.username !== '' || written.password !== '') && !has(authorHeaders, 'authorization')) {
    authorHeaders.set('Authorization', basicAuthorization(written));
  }
  // It names the boundary of the parts, which only flow knows.
  if (upload !== null) remove(authorHeaders, 'content-type');
  const encoded = upload === null ? encodeBody(request) : null;
  const body = upload ?? encoded?.bytes ?? null;
  const contentType = upload?.contentType ?? encoded?.contentType ?? null;
  const ownHeaders = new Map([
    ['accept', '*/*'],
    ['accept-encoding', 'gzip, deflate, br'],
    ['user-agent', 'flow'],
  ]);
  if (contentType !== null) ownHeaders.set('content-type', contentType);
  if (body !== null) ownHeaders.set('content-length', String(body.length));
  if ((method === 'POST' || method === 'PATCH') && !has(authorHeaders, 'idempotency-key')) {
    ownHeaders.set('idempotency-key', idempotencyKey);
  }
  const url = withQuery(withoutUserinfo(written), request.query);
  return { method, url, authorHeaders, ownHeaders, body };
}

/** All headers to send, the author's in the order and case written. */
export function headersOf(outgoing: Outgoing): [string, string][] {
  const own = [...outgoing.ownHeaders].filter(([name]) => !has(outgoing.authorHeaders, name));
  return [...own, ...outgoing.authorHeaders];
}

/** Only http and https (I14). @throws HttpFailure */
export function checkScheme(url: URL): void {
  if (url.protocol === 'http:' || url.protocol === 'https:') return;
  throw new HttpFailure(`expected an address with http:// or https://, found the scheme "${url.protocol}"`);
}

export function withoutUserinfo(url: URL): URL {
  if (url.username === '' && url.password === '') return url;
  const clean = new URL(url);
  clean.username = '';
  clean.password = '';
  return clean;
}

function has(headers: ReadonlyMap<string, string>, lowerName: string): boolean {
  return [...headers.keys()].some((name) => name.toLowerCase() === lowerName);
}

function remove(headers: Map<string, string>, lowerName: string): void {
  for (const name of headers.keys()) if (name.toLowerCase() === lowerName) headers.delete(name);
}

function checkedMethod(text: string): string {
  if (!TOKEN.test(text))
    throw new HttpFailure(`method ${JSON.stringify(text)} is not a word that HTTP allows`);
  const method = text.toUpperCase();
  if (method === 'CONNECT') throw new HttpFailure('method CONNECT is for proxies and has no response');
  return method;
}

function parseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new HttpFailure(`url ${displayBadUrl(text)} cannot be read, expected http://… or https://…`);
  }
  checkScheme(url);
  return url;
}

/** Values may be secrets, so only the name is ever shown (I13). */
function checkedHeaders(headers: ReadonlyMap<string, string>): Map<string, string> {
  const checked = new Map<string, string>();
  for (const [name, value] of headers) {
    const shown = JSON.stringify(name);
    if (!TOKEN.test(name)) throw new HttpFailure(`header name ${shown} is not one that HTTP allows`);
    if (/[\r\n]/.test(value)) throw new HttpFailure(`value of header ${shown} holds a line break`);
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new HttpFailure(`value of header ${shown} holds a character that HTTP does not allow`);
    }
    if (!FRAMING.has(name.toLowerCase())) checked.set(name, value);
  }
  return checked;
}

function basicAuthorization(url: URL): string {
  try {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  } catch {
    throw new HttpFailure('user or password in the url is not properly percent-encoded');
  }
}

/** What the url already asks for stays as it was written; a space becomes %20, which every server reads. */
function withQuery(url: URL, query: HttpRequest['query']): URL {
  const pairs = [...query].flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[name, value]] : value.map((one) => [name, one]),
  );
  if (pairs.length === 0) return url;
  const added = new URLSearchParams(pairs).toString().replaceAll('+', '%20');
  const result = new URL(url);
  result.search = [url.search.slice(1), added].filter((part) => part !== '').join('&');
  return result;
}
