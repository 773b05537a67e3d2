import { isIP } from 'node:net';
import { HopelessRequest, hostAndPort, portOf } from './failure.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** A server that requests are handed to (RELIABILITY.md I17). */
export interface Proxy {
  /** http, without userinfo. */
  readonly url: URL;
  /** For people: `proxy host:port`. */
  readonly name: string;
  /** The value of Proxy-Authorization, never shown; null without a user. */
  readonly authorization: string | null;
}

/** The proxy of a request by the variables of its step, null for none. @throws HopelessRequest */
export function proxyOf(url: URL, env: Variables): Proxy | null {
  const proxy = proxyFor(url.protocol === 'https:' ? 'https' : 'http', env);
  return proxy === null || isExcepted(url, exceptions(env)) ? null : proxy;
}

/**
 * The proxy for addresses of a scheme. The lower case name wins, also when it is empty, which is none.
 * @throws HopelessRequest, without the value, which may hold a password
 */
export function proxyFor(scheme: 'http' | 'https', env: Variables): Proxy | null {
  const [name, value] = variable(`${scheme}_proxy`, env);
  if (value === '') return null;
  let url: URL;
  try {
    url = new URL(value.includes('://') ? value : `http://${value}`);
  } catch {
    throw unreadable(name);
  }
  if (url.protocol !== 'http:' || url.hostname === '') throw unreadable(name);
  const clean = new URL(`http://${url.host}`);
  return { url: clean, name: `proxy ${hostAndPort(clean)}`, authorization: authorization(url, name) };
}

/** The entries of NO_PROXY, as written. */
export function exceptions(env: Variables): string[] {
  return variable('no_proxy', env)[1]
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
}

/** `HTTP_PROXY` of a CGI program is a header of the request that it answers, whoever sent that. */
function variable(lower: string, env: Variables): [name: string, value: string] {
  const upper = lower.toUpperCase();
  const forged = upper === 'HTTP_PROXY' && env['REQUEST_METHOD'] !== undefined;
  if (env[lower] !== undefined || forged) return [lower, (env[lower] ?? '').trim()];
  return [upper, (env[upper] ?? '').trim()];
}

function authorization(url: URL, name: string): string | null {
  if (url.username === '' && url.password === '') return null;
  try {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  } catch {
    throw unreadable(name);
  }
}

/** Each entry is `*`, an address, a host, or a domain with all below it; with a port, for this port only. */
function isExcepted(url: URL, entries: readonly string[]): boolean {
  const [host, port] = [url.hostname.replace(/\.$/, ''), portOf(url)];
  return entries.some((entry) => {
    if (entry === '*') return true;
    const [, name = '', onlyPort = port] = /^(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (onlyPort !== port) return false;
    const address = name.replace(/^\[|\]$/g, '');
    if (isIP(address) === 6) return new URL(`http://[${address}]`).hostname === host;
    const domain = name.toLowerCase().replace(/^\*?\.+|\.$/g, '');
    return domain !== '' && (host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`)));
  });
}

function unreadable(name: string): HopelessRequest {
  return new HopelessRequest(`${name} is not the address of a proxy, expected http://HOST:PORT`);
}
