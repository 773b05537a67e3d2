import http from 'node:http';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import { hostAndPort, HttpFailure, networkFailure } from './failure.ts';
import type { Proxy } from './proxy.ts';

/**
 * Opens connections to an https server through a proxy, for `createConnection`: `CONNECT`, then TLS with the server,
 * of which the proxy sees nothing but bytes. Each request has a connection of its own.
 */
export function openTunnel(
  url: URL,
  proxy: Proxy,
  rejectUnauthorized: boolean,
  signal: AbortSignal,
): NonNullable<http.RequestOptions['createConnection']> {
  return (_, created) => {
    throughProxy(url, proxy, signal).then(
      (socket) => {
        const host = url.hostname.replace(/^\[|\]$/g, '');
        const name = isIP(host) === 0 ? { servername: host } : {};
        const secure = connect({ socket, host, ...name, rejectUnauthorized, ALPNProtocols: ['http/1.1'] });
        created(null, secure);
      },
      // The types ask for a stream beside the error; nobody looks at it.
      (error: unknown) => created(networkFailure(error, proxy.name), undefined as never),
    );
    return null;
  };
}

/** A proxy asks for a user, or for another one. */
export function unauthorized({ name }: Proxy): HttpFailure {
  return new HttpFailure(`${name} asks for a user and a password (status 407)`);
}

function throughProxy(url: URL, proxy: Proxy, signal: AbortSignal): Promise<Socket> {
  const target = hostAndPort(url);
  return new Promise((resolve, reject) => {
    const request = http.request(proxy.url, { method: 'CONNECT', path: target, signal, setHost: false });
    request.setHeader('Host', target);
    if (proxy.authorization !== null) request.setHeader('Proxy-Authorization', proxy.authorization);
    request.once('error', reject);
    request.once('connect', (response, socket: Socket, head) => {
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300 && !signal.aborted) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      const refusal = new HttpFailure(`${proxy.name} refused to connect to ${target} (status ${status})`);
      reject(status === 407 ? unauthorized(proxy) : refusal);
    });
    request.end();
  });
}
