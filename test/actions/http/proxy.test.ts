import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { proxyOf } from '../../../src/actions/http/proxy.ts';
import { httpRequest } from '../../../src/actions/http/request.ts';
import { place } from '../../support/flow.ts';
import { done } from '../support.ts';
import { selfSigned } from './self-signed.ts';
import { fakeClock, messageOf, request, serve, testIo } from './support.ts';

interface TestProxy {
  readonly port: number;
  /** `GET http://…`, `CONNECT host:port` and the credentials that came along. */
  readonly seen: string[];
}

/** A proxy on a loopback port that hands on to `to`, whatever name is asked for: nothing else is looked up. */
async function startProxy(to: number | null, refuse = 0): Promise<TestProxy> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const note = ({ method, url, headers }: http.IncomingMessage): void => {
    seen.push(`${method} ${url} ${headers.host} ${headers['proxy-authorization'] ?? '-'}`);
  };
  const server = http.createServer((message, response) => {
    note(message);
    if (refuse > 0) return void response.writeHead(refuse).end();
    const { pathname, search } = new URL(message.url ?? '');
    const { 'proxy-authorization': _, ...headers } = message.headers;
    const options = { port: to, host: '127.0.0.1', method: message.method, path: pathname + search, headers };
    message.pipe(
      http.request(options, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('connect', (message: http.IncomingMessage, socket: Socket) => {
    note(message);
    if (refuse > 0) return void socket.end(`HTTP/1.1 ${refuse} No\r\n\r\n`);
    const upstream = net.connect(to ?? 0, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    sockets.add(upstream);
    for (const one of [socket, upstream]) one.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

const withEnv = (env: Record<string, string>) => testIo({ env });
const BASIC = `Basic ${Buffer.from('ann:s3cr3t@').toString('base64')}`;

describe('I17 proxy variables: http', () => {
  test('the whole address goes to the proxy, with its user; the server sees neither', async () => {
    const server = await serve((_, response) => response.end('x'));
    const proxy = await startProxy(server.port);
    const io = withEnv({ http_proxy: `http://ann:s3cr3t%40@127.0.0.1:${proxy.port}` });
    const asked = { method: 'POST', body: 'hello', debug: true };
    const end = await httpRequest(request('http://api.invalid:81/a?b=c#d', asked), io);
    expect(end.outputs['body']?.text).toBe('x');
    expect(proxy.seen).toEqual([`POST http://api.invalid:81/a?b=c api.invalid:81 ${BASIC}`]);
    expect(server.requests).toMatchObject([
      { path: '/a?b=c', body: 'hello', headers: { host: 'api.invalid:81' } },
    ]);
    expect(io.noted()).not.toContain(BASIC);
    expect(io.noted()).not.toContain('s3cr3t');
  });

  test('each redirect is looked at anew', async () => {
    const last = await serve((_, response) => response.end('direct'));
    const first = await serve((_, response) => response.writeHead(302, { location: last.url }).end());
    const proxy = await startProxy(first.port);
    const io = withEnv({ HTTP_PROXY: `127.0.0.1:${proxy.port}`, NO_PROXY: '127.0.0.1' });
    expect((await httpRequest(request('http://api.invalid/'), io)).outputs['body']?.text).toBe('direct');
    expect(proxy.seen).toEqual(['GET http://api.invalid/ api.invalid -']);
  });

  test('a proxy that is not there, and one that asks for a user, are named without the password', async () => {
    const { port, seen } = await startProxy(null, 407);
    const asks = withEnv({ http_proxy: `http://ann:s3cr3t@127.0.0.1:${port}` });
    const end = await httpRequest(request('http://api.invalid/'), asks);
    expect(messageOf(end, 'R720')).toBe(
      `http.request: proxy 127.0.0.1:${port} asks for a user and a password (status 407)`,
    );
    expect(seen.length).toBe(1);
    const gone = withEnv({ http_proxy: `http://ann:s3cr3t@127.0.0.1:${await freePort()}` });
    expect(messageOf(await httpRequest(request('http://api.invalid/'), gone), 'R720')).toMatch(
      /^http\.request: connection refused by proxy 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/,
    );
  });

  test('wait.http asks through it too; a variable that names no proxy ends the wait', async () => {
    const server = await serve((_, response) => response.end());
    const proxy = await startProxy(server.port);
    const env = { http_proxy: `http://127.0.0.1:${proxy.port}` };
    expect((await done('wait.http', { url: 'http://api.invalid/' }, withEnv(env))).failure).toBeNull();
    expect(proxy.seen).toEqual(['GET http://api.invalid/ api.invalid -']);
    const socks = withEnv({ http_proxy: 'socks5://ann:s3cr3t@127.0.0.1:1' });
    expect((await done('wait.http', { url: 'http://api.invalid/' }, socks)).failure).toBe(
      'wait.http: http_proxy is not the address of a proxy, expected http://HOST:PORT',
    );
  });

  test('http.deny_private refuses literal addresses and localhost, not what the proxy looks up (I16)', async () => {
    const server = await serve((_, response) => response.end('x'));
    const proxy = await startProxy(server.port);
    const io = testIo({ env: { http_proxy: `http://127.0.0.1:${proxy.port}` }, denyPrivate: true });
    for (const host of ['169.254.169.254', 'localhost', 'a.localhost', '[::1]']) {
      const end = await httpRequest(request(`http://${host}/`), io);
      expect(messageOf(end, 'R720')).toContain('is a private address');
    }
    expect(proxy.seen).toEqual([]);
    expect((await httpRequest(request('http://api.invalid/'), io)).error).toBeNull();
  });

  test('the variables of the step count, over those of flow', async () => {
    const server = await serve((_, response) => response.end('x'));
    const proxy = await startProxy(server.port);
    const at = place();
    const env = `env: [{http_proxy: "http://127.0.0.1:${proxy.port}"}]`;
    const ask = 'action: http.request, with: {method: GET, url: "http://api.invalid/"}';
    at.write('dag.yaml', `steps: [{id: a, ${ask}, ${env}}]\n`);
    const outer = { http_proxy: 'http://127.0.0.1:1' };
    expect((await at.flow(['run', 'dag.yaml'], { env: outer })).code).toBe(0);
    expect(proxy.seen.length).toBe(1);
  });
});

const tls = selfSigned();

describe.skipIf(tls === null)('I17 proxy variables: https', () => {
  const ask = (url: string, env: Record<string, string>) =>
    httpRequest(request(url, { skipTlsVerify: true }), withEnv(env));

  test('CONNECT, then TLS with the server itself', async () => {
    const server = await serve((_, response) => response.end('x'), tls!);
    const proxy = await startProxy(server.port);
    const env = { HTTPS_PROXY: `http://ann:s3cr3t%40@127.0.0.1:${proxy.port}` };
    expect((await ask('https://api.invalid/a', env)).outputs['body']?.text).toBe('x');
    expect(proxy.seen).toEqual([`CONNECT api.invalid:443 api.invalid:443 ${BASIC}`]);
    expect(server.requests).toMatchObject([{ path: '/a', headers: { host: 'api.invalid' } }]);
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test('the certificate is still that of the server', async () => {
    const server = await serve((_, response) => response.end('x'), tls!);
    const proxy = await startProxy(server.port);
    const end = await httpRequest(
      request('https://api.invalid/'),
      withEnv({ https_proxy: `http://127.0.0.1:${proxy.port}` }),
    );
    expect(messageOf(end, 'R720')).toContain('certificate of api.invalid:443 is self-signed');
    expect(server.requests).toEqual([]);
  });

  test.each([
    [407, (name: string) => `${name} asks for a user and a password (status 407)`],
    [502, (name: string) => `${name} refused to connect to api.invalid:443 (status 502)`],
  ])('status %i of CONNECT names the proxy', async (status, words) => {
    const { port } = await startProxy(null, status);
    const end = await ask('https://api.invalid/', { https_proxy: `http://ann:s3cr3t@127.0.0.1:${port}` });
    expect(messageOf(end, 'R720')).toBe(`http.request: ${words(`proxy 127.0.0.1:${port}`)}`);
  });

  test('a proxy that is not there', async () => {
    const end = await ask('https://api.invalid/', { https_proxy: `http://127.0.0.1:${await freePort()}` });
    expect(messageOf(end, 'R720')).toMatch(/connection refused by proxy 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/);
  });

  test('a proxy that does not answer: both are named, and nothing stays open', async () => {
    const silent = net.createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const clock = fakeClock();
    const env = { https_proxy: `http://127.0.0.1:${port}` };
    const connected = once(silent, 'connection') as Promise<[Socket]>;
    const ended = httpRequest(request('https://api.invalid/'), testIo({ env, clock }));
    const [socket] = await connected;
    const closed = once(socket.resume(), 'close');
    clock.advance(10_000);
    expect(messageOf(await ended, 'R720')).toBe(
      `http.request: no connection to api.invalid:443 through proxy 127.0.0.1:${port} within 10 s`,
    );
    await closed;
  });
});

describe('I17 which proxy', () => {
  const chosen = (url: string, env: Record<string, string>) => proxyOf(new URL(url), env)?.url.host ?? null;
  const both = { http_proxy: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' };

  test.each<[string, Record<string, string>, string | null]>([
    ['http://h/', both, 'plain:1'],
    ['https://h/', both, 'secure:2'],
    ['http://h/', { http_proxy: 'lower:1', HTTP_PROXY: 'upper:2' }, 'lower:1'],
    ['https://h/', { https_proxy: 'lower:1', HTTPS_PROXY: 'upper:2' }, 'lower:1'],
    ['http://h/', { http_proxy: '', HTTP_PROXY: 'upper:2' }, null],
    ['http://h/', { HTTP_PROXY: 'upper:2' }, 'upper:2'],
    ['http://h/', { HTTP_PROXY: 'upper:2', REQUEST_METHOD: 'GET' }, null],
    ['http://h/', { http_proxy: 'lower:2', REQUEST_METHOD: 'GET' }, 'lower:2'],
    ['https://h/', { HTTP_PROXY: 'upper:2' }, null],
    ['http://127.0.0.1/', both, 'plain:1'],
    ['http://h/', {}, null],
  ])('%s with %j: %s', (url, env, host) => expect(chosen(url, env)).toBe(host));

  test.each([
    ['*', 'http://h/', true],
    ['a.org, h', 'http://h/', true],
    ['a.org h', 'http://H/', true],
    ['example.com', 'http://example.com/', true],
    ['example.com', 'http://api.example.com/', true],
    ['.example.com', 'http://api.example.com/', true],
    ['*.example.com', 'https://api.example.com./', true],
    ['example.com', 'http://notexample.com/', false],
    ['example.com:8080', 'http://example.com:8080/', true],
    ['example.com:8080', 'http://example.com/', false],
    ['example.com:443', 'https://example.com/', true],
    ['127.0.0.1', 'http://127.0.0.1:9/', true],
    ['0.0.1', 'http://127.0.0.1/', false],
    ['::1', 'http://[::1]/', true],
    ['[0:0::1]:9', 'http://[::1]:9/', true],
    ['[::1]:9', 'http://[::1]/', false],
    ['localhost', 'http://127.0.0.1/', false],
    ['', 'http://h/', false],
  ])('NO_PROXY %j excepts %s: %s', (list, url, excepted) => {
    const env = { http_proxy: 'p:1', https_proxy: 'p:1', NO_PROXY: list };
    expect(chosen(url, env) === null).toBe(excepted);
  });

  test.each(['https://p:1', 'socks5://s3cr3t@p:1', 'http://', 'http://a b', 'http://%zz:s3cr3t@p'])(
    '%s is no proxy, and is not shown',
    (value) => {
      expect(() => chosen('http://h/', { HTTP_PROXY: value })).toThrow(
        /^HTTP_PROXY is not the address of a proxy, expected http:\/\/HOST:PORT$/,
      );
    },
  );
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
