import { once } from 'node:events';
import http from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { errorCode, hostAndPort, HttpFailure, networkFailure } from './failure.ts';
import type { HttpLimits } from './limits.ts';
import { headersOf } from './outgoing.ts';
import type { Outgoing } from './outgoing.ts';
import type { Upload } from './upload.ts';
import { denyPrivateHost, denyPrivateName, lookupPublic } from './private-address.ts';
import { proxyOf } from './proxy.ts';
import type { Proxy } from './proxy.ts';
import { openTunnel, unauthorized } from './tunnel.ts';
import type { Watch } from './watch.ts';

/** Status and headers have arrived, the body is still to be read. */
export interface Answer {
  readonly message: IncomingMessage;
  /** The body as sent, perhaps compressed. @throws HttpFailure when it breaks off */
  readonly chunks: AsyncIterable<Buffer>;
}

/** The whole body, where it has come already; null while there may be more. An iterator costs more than a small one. */
export async function takeWhole({ message }: Answer): Promise<Buffer | null> {
  if (!message.complete) return null;
  const whole = message.read() as Buffer | null;
  // Then its connection may be used again; what ends it does not matter any more.
  message.on('error', () => undefined);
  if (!message.closed) await new Promise((resolve) => message.once('close', resolve));
  return whole ?? Buffer.alloc(0);
}

export interface Wire {
  readonly watch: Watch;
  readonly limits: HttpLimits;
  readonly skipTlsVerify: boolean;
  /** No private address is connected to (RELIABILITY.md I16). */
  readonly denyPrivate: boolean;
  /** Of the step; its proxy variables are honoured (I17). */
  readonly env: Readonly<Record<string, string>>;
}

/** Where a request goes. */
interface Route {
  readonly proxy: Proxy | null;
  /** Who answers on the connection, for people. */
  readonly peer: string;
}

// A second address is tried well before the whole connection's limit, but not before a slow network answers.
const ATTEMPT = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 2_000 };
/** Shared by the process; idle sockets do not keep it alive. */
const REUSING = {
  http: new http.Agent({ keepAlive: true, ...ATTEMPT }),
  https: new https.Agent({ keepAlive: true, ...ATTEMPT }),
};
const FRESH = { http: new http.Agent(ATTEMPT), https: new https.Agent(ATTEMPT) };
type Agents = typeof FRESH;

/** Methods that RFC 9110 §9.2.2 lets a client send again by itself. */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * Sends one request, through a proxy where the step's environment asks for it. A server may close an idle connection at the moment it is used again; a request that may
 * not be repeated therefore never takes a used connection, and any other is then sent once more on a new one.
 * @throws HttpFailure
 */
export async function send(outgoing: Outgoing, wire: Wire): Promise<Answer> {
  const proxy = proxyOf(outgoing.url, wire.env);
  // Through a tunnel the server itself answers; an http proxy answers for it.
  const isAnsweredByProxy = proxy !== null && outgoing.url.protocol === 'http:';
  const route = { proxy, peer: isAnsweredByProxy ? proxy.name : hostAndPort(outgoing.url) };
  try {
    const agents = REPEATABLE.has(outgoing.method) ? REUSING : FRESH;
    const message = await open(outgoing, agents, wire, route);
    if (isAnsweredByProxy && message.statusCode === 407) throw unauthorized(proxy);
    return { message, chunks: watchedBody(message, route, wire) };
  } catch (error) {
    throw networkFailure(error, route.peer);
  }
}

function open(outgoing: Outgoing, agents: Agents, wire: Wire, route: Route): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = create(outgoing, agents, wire, route);
    wire.watch.holds(request);
    let answered = false;
    request.once('response', (message) => {
      answered = true;
      resolve(message);
    });
    request.on('error', (error) => {
      const stale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(errorCode(error));
      if (stale && !answered) resolve(open(outgoing, FRESH, wire, route));
      else reject(error);
    });
    // After an error this changes nothing; alone it comes when the server switches protocols.
    request.once('close', () => {
      if (!answered) reject(new HttpFailure(`${route.peer} closed the connection without a response`));
    });
    for (const [name, value] of headersOf(outgoing)) request.setHeader(name, value);
    const { body } = outgoing;
    const isUpload = body !== null && 'chunks' in body;
    watchConnection(request, outgoing.url, wire, route, () => {
      if (isUpload)
        stream(body, request, route, wire).catch((error: unknown) => request.destroy(error as Error));
    });
    if (!isUpload) request.end(body ?? undefined);
  });
}

/** Sends a body as fast as the server takes it; until it has all of it, silence is ours. */
async function stream(body: Upload, request: ClientRequest, route: Route, wire: Wire): Promise<void> {
  for await (const chunk of body.chunks()) {
    if (request.destroyed) return;
    expectBytes(route, wire);
    if (!request.write(chunk)) await once(request, 'drain', { signal: wire.watch.signal });
  }
  request.end();
}

function create(outgoing: Outgoing, agents: Agents, wire: Wire, { proxy }: Route): ClientRequest {
  const { url, method } = outgoing;
  // Said explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch verification off unseen.
  const rejectUnauthorized = !wire.skipTlsVerify;
  if (proxy !== null) {
    if (wire.denyPrivate) denyPrivateName(url);
    return url.protocol === 'http:'
      ? proxied(url, proxy, { method, agent: agents.http })
      : https.request(url, {
          method,
          defaultPort: 443,
          createConnection: openTunnel(url, proxy, rejectUnauthorized, wire.watch.signal),
        });
  }
  if (wire.denyPrivate) denyPrivateHost(url);
  const lookup = wire.denyPrivate ? { lookup: lookupPublic } : {};
  const options = { method, ...lookup };
  if (url.protocol === 'http:') return http.request(url, { ...options, agent: agents.http });
  return https.request(url, { ...options, agent: agents.https, rejectUnauthorized });
}

/** The whole address is the target of the request (RFC 9112 §3.2.2). */
function proxied(url: URL, proxy: Proxy, options: http.RequestOptions): ClientRequest {
  const request = http.request(proxy.url, { ...options, path: url.href.replace(/#.*$/, ''), setHost: false });
  request.setHeader('Host', url.host);
  if (proxy.authorization !== null) request.setHeader('Proxy-Authorization', proxy.authorization);
  return request;
}

function watchConnection(
  request: ClientRequest,
  url: URL,
  wire: Wire,
  route: Route,
  connected: () => void,
): void {
  const { connectMs } = wire.limits;
  const through =
    route.proxy === null || route.peer === route.proxy.name ? '' : ` through ${route.proxy.name}`;
  wire.watch.expectWithin(
    connectMs,
    `no connection to ${route.peer}${through} within ${connectMs / 1_000} s`,
  );
  const ready = (): void => {
    expectBytes(route, wire);
    connected();
  };
  request.once('socket', (socket) => {
    if (request.reusedSocket) ready();
    else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', ready);
  });
}

function expectBytes({ peer }: Route, wire: Wire): void {
  const { silenceMs } = wire.limits;
  wire.watch.expectWithin(silenceMs, `${peer} stayed silent for ${silenceMs / 1_000} s`);
}

async function* watchedBody(message: IncomingMessage, route: Route, wire: Wire): AsyncGenerator<Buffer> {
  try {
    expectBytes(route, wire);
    for await (const chunk of message as AsyncIterable<Buffer>) {
      expectBytes(route, wire);
      yield chunk;
    }
  } catch (error) {
    throw networkFailure(error, route.peer);
  }
}
