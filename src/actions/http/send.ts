import { once } from 'node:events';
import http from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { errorCode, hostAndPort, HttpFailure, networkFailure } from './failure.ts';
import type { HttpLimits } from './limits.ts';
import { headersOf } from './outgoing.ts';
import type { Outgoing } from './outgoing.ts';
import type { Upload } from './upload.ts';
import { denyPrivateHost, lookupPublic } from './private-address.ts';
import type { Watch } from './watch.ts';

/** Status and headers have arrived, the body is still to be read. */
export interface Answer {
  readonly message: IncomingMessage;
  /** The body as sent, perhaps compressed. @throws HttpFailure when it breaks off */
  readonly chunks: AsyncIterable<Buffer>;
}

export interface Wire {
  readonly watch: Watch;
  readonly limits: HttpLimits;
  readonly skipTlsVerify: boolean;
  /** No private address is connected to (RELIABILITY.md I16). */
  readonly denyPrivate: boolean;
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
 * Sends one request. A server may close an idle connection at the moment it is used again; a request that may
 * not be repeated therefore never takes a used connection, and any other is then sent once more on a new one.
 * @throws HttpFailure
 */
export async function send(outgoing: Outgoing, wire: Wire): Promise<Answer> {
  try {
    const agents = REPEATABLE.has(outgoing.method) ? REUSING : FRESH;
    const message = await open(outgoing, agents, wire);
    return { message, chunks: watchedBody(message, outgoing.url, wire) };
  } catch (error) {
    throw networkFailure(error, outgoing.url);
  }
}

function open(outgoing: Outgoing, agents: Agents, wire: Wire): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = create(outgoing, agents, wire);
    let answered = false;
    request.once('response', (message) => {
      answered = true;
      resolve(message);
    });
    request.on('error', (error) => {
      const stale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(errorCode(error));
      if (stale && !answered) resolve(open(outgoing, FRESH, wire));
      else reject(error);
    });
    // After the events above this changes nothing; alone it comes when the server switches protocols.
    request.once('close', () =>
      reject(new HttpFailure(`${hostAndPort(outgoing.url)} closed the connection without a response`)),
    );
    for (const [name, value] of headersOf(outgoing)) request.setHeader(name, value);
    const { body } = outgoing;
    const isUpload = body !== null && 'chunks' in body;
    watchConnection(request, outgoing.url, wire, () => {
      if (isUpload)
        stream(body, request, outgoing.url, wire).catch((error: unknown) => request.destroy(error as Error));
    });
    if (!isUpload) request.end(body ?? undefined);
  });
}

/** Sends a body as fast as the server takes it; until it has all of it, silence is ours. */
async function stream(body: Upload, request: ClientRequest, url: URL, wire: Wire): Promise<void> {
  for await (const chunk of body.chunks()) {
    if (request.destroyed) return;
    expectBytes(url, wire);
    if (!request.write(chunk)) await once(request, 'drain', { signal: wire.watch.signal });
  }
  request.end();
}

function create(outgoing: Outgoing, agents: Agents, wire: Wire): ClientRequest {
  if (wire.denyPrivate) denyPrivateHost(outgoing.url);
  const lookup = wire.denyPrivate ? { lookup: lookupPublic } : {};
  const options = { method: outgoing.method, signal: wire.watch.signal, ...lookup };
  if (outgoing.url.protocol === 'http:') {
    return http.request(outgoing.url, { ...options, agent: agents.http });
  }
  // Said explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch verification off unseen.
  const rejectUnauthorized = !wire.skipTlsVerify;
  return https.request(outgoing.url, { ...options, agent: agents.https, rejectUnauthorized });
}

function watchConnection(request: ClientRequest, url: URL, wire: Wire, connected: () => void): void {
  const { connectMs } = wire.limits;
  wire.watch.expectWithin(connectMs, `no connection to ${hostAndPort(url)} within ${connectMs / 1_000} s`);
  const ready = (): void => {
    expectBytes(url, wire);
    connected();
  };
  request.once('socket', (socket) => {
    if (request.reusedSocket) ready();
    else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', ready);
  });
}

function expectBytes(url: URL, wire: Wire): void {
  const { silenceMs } = wire.limits;
  wire.watch.expectWithin(silenceMs, `${hostAndPort(url)} stayed silent for ${silenceMs / 1_000} s`);
}

async function* watchedBody(message: IncomingMessage, url: URL, wire: Wire): AsyncGenerator<Buffer> {
  try {
    expectBytes(url, wire);
    for await (const chunk of message as AsyncIterable<Buffer>) {
      expectBytes(url, wire);
      yield chunk;
    }
  } catch (error) {
    throw networkFailure(error, url);
  }
}
