import http from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as the server received it; `rawHeaders` keeps order and case. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** Number of the connection it came over, from 1. */
  readonly connection: number;
}

export interface TestServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** In order of arrival. */
  readonly requests: SeenRequest[];
  close(): Promise<void>;
}

export type Handler = (
  request: SeenRequest,
  response: ServerResponse,
  socket: IncomingMessage['socket'],
) => void;

/** A real server on a free loopback port; with `tls`, an https one. The handler runs once the request's body is there. */
export async function startServer(
  handler: Handler,
  tls?: { key: string; cert: string },
): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const connections = new Map<unknown, number>();
  const listener: RequestListener = (message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const connection = connections.get(message.socket) ?? connections.size + 1;
      connections.set(message.socket, connection);
      const seen: SeenRequest = {
        method: message.method ?? '',
        path: message.url ?? '',
        headers: message.headers,
        rawHeaders: message.rawHeaders,
        body: Buffer.concat(chunks).toString(),
        connection,
      };
      requests.push(seen);
      handler(seen, response, message.socket);
    });
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
