import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { networkFailure } from '../../../src/actions/http/failure.ts';
import { httpRequest } from '../../../src/actions/http/request.ts';
import { fakeClock, messageOf, request, serve, signalOf, testIo } from './support.ts';

/** A server that speaks bytes; closed by the returned function. */
async function listen(onSocket: (socket: Socket) => void): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

describe('connections that fail', () => {
  test('I11 refused, with host and port', async () => {
    const { port, close } = await listen(() => undefined);
    close();
    const end = await httpRequest(request(`http://127.0.0.1:${port}/?token=s3cr3t`), testIo());
    expect(messageOf(end, 'R720')).toBe(
      `http.request: connection refused by 127.0.0.1:${port} (ECONNREFUSED)`,
    );
  });

  test('I11 a name without an address', () => {
    const error = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    const failure = networkFailure(error, 'nowhere.invalid:443');
    expect(failure.message).toBe('no address found for nowhere.invalid:443 (ENOTFOUND)');
  });

  test('several addresses tried: the first error is named', () => {
    const error = new AggregateError([Object.assign(new Error(), { code: 'ECONNREFUSED' })]);
    expect(networkFailure(error, 'h:80').message).toBe('connection refused by h:80 (ECONNREFUSED)');
  });

  test.each([
    ['I7 reset in mid-body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', true],
    ['I7 short body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', false],
    ['I7 chunks without an end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', false],
    [
      'I7 short compressed body',
      'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n\x1f\x8b',
      false,
    ],
    ['closed before the headers', '', false],
  ])('%s', async (_, bytes, reset) => {
    const io = testIo();
    const { port, close } = await listen((socket) => {
      socket.once('data', () => {
        if (reset) socket.write(bytes);
        else socket.end(bytes, 'latin1');
      });
      if (reset) io.onOut = () => socket.resetAndDestroy();
    });
    const end = await httpRequest(request(`http://127.0.0.1:${port}/`), io);
    close();
    expect(messageOf(end, 'R720')).toBe(
      `http.request: connection to 127.0.0.1:${port} ended before the response was complete (ECONNRESET)`,
    );
    expect(end.outputs).toEqual({});
  });

  test.each([
    ['SSH-2.0-OpenSSH\r\n', 'did not answer in HTTP (HPE_'],
    [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`, 'are too large (HPE_HEADER_OVERFLOW)'],
    ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', 'without a response'],
  ])('an answer of %j', async (bytes, part) => {
    const { port, close } = await listen((socket) => socket.once('data', () => socket.write(bytes)));
    const message = messageOf(await httpRequest(request(`http://127.0.0.1:${port}/`), testIo()), 'R720');
    close();
    expect(message).toContain(`127.0.0.1:${port}`);
    expect(message).toContain(part);
  });
});

test('I11 an address of IPv6', async () => {
  const end = await httpRequest(request('http://[::1]:1/'), testIo());
  expect(messageOf(end, 'R720')).toMatch(/^http\.request: [a-z ]+ \[::1\]:1 \(E[A-Z]+\)$/);
});

describe('keep-alive', () => {
  test('requests in a row share a connection, POST takes a new one', async () => {
    const server = await serve((_, response) => response.end('x'));
    for (const method of ['GET', 'PUT', 'POST', 'GET'])
      await httpRequest(request(server.url, { method }), testIo());
    expect(server.requests.map((seen) => seen.connection)).toEqual([1, 1, 2, 1]);
  });

  test('a used connection that the server has closed costs a GET nothing', async () => {
    const server = await serve((seen, response, socket) => {
      if (server.requests.length === 2) socket.destroy();
      else response.end(`over ${seen.connection}`);
    });
    await httpRequest(request(server.url), testIo());
    const end = await httpRequest(request(server.url), testIo());
    expect(end.outputs['body']?.text).toBe('over 2');
    expect(server.requests.map((seen) => seen.connection)).toEqual([1, 1, 2]);
  });

  test('I7 a POST is sent once, however it ends', async () => {
    const server = await serve((seen, response, socket) => {
      if (seen.method === 'POST') socket.destroy();
      else response.end();
    });
    await httpRequest(request(server.url), testIo());
    messageOf(await httpRequest(request(server.url, { method: 'POST' }), testIo()), 'R720');
    expect(server.requests.map((seen) => seen.method)).toEqual(['GET', 'POST']);
  });
});

describe('limits in time (I1)', () => {
  test('a connection that takes 10 s', async () => {
    // The handshake of TLS is part of the connection; this server never answers it.
    const hello = signalOf();
    const { port, close } = await listen((socket) => socket.once('data', hello.happen));
    const clock = fakeClock();
    const pending = httpRequest(request(`https://127.0.0.1:${port}/`), testIo({ clock }));
    await hello.happened;
    clock.advance(10_000);
    expect(messageOf(await pending, 'R720')).toBe(
      `http.request: no connection to 127.0.0.1:${port} within 10 s`,
    );
    expect(clock.waiting()).toBe(0);
    close();
  });

  test('300 s of silence before the headers', async () => {
    const asked = signalOf();
    const server = await serve(() => asked.happen());
    const clock = fakeClock();
    const pending = httpRequest(request(server.url), testIo({ clock }));
    await asked.happened;
    clock.advance(299_999);
    expect(clock.waiting()).toBe(1);
    clock.advance(1);
    expect(messageOf(await pending, 'R720')).toBe(
      `http.request: 127.0.0.1:${server.port} stayed silent for 300 s`,
    );
    expect(clock.waiting()).toBe(0);
  });

  test('a dripping body is ended by timeout only; a silent one after 300 s', async () => {
    const run = async (timeoutSec: number): Promise<[string, string]> => {
      const server = await serve((_, response) => {
        drip = () => response.write('.');
        drip();
      });
      let drip = (): unknown => undefined;
      const clock = fakeClock();
      const io = testIo({ clock });
      let printed = signalOf();
      io.onOut = () => printed.happen();
      const pending = httpRequest(request(server.url, { silent: true, timeoutSec }), io);
      for (let i = 0; i < 4; i++) {
        await printed.happened;
        printed = signalOf();
        clock.advance(200_000);
        drip();
      }
      if (timeoutSec === 0) {
        await printed.happened;
        clock.advance(300_000);
      }
      return [messageOf(await pending, 'R720'), io.printed()];
    };
    expect(await run(0)).toEqual([expect.stringMatching(/stayed silent for 300 s$/), '.....']);
    expect(await run(790)).toEqual(['http.request: not complete within its timeout of 790 s', '....']);
  });

  test('timeout covers redirects, too', async () => {
    const asked = signalOf();
    const clock = fakeClock();
    const server = await serve((seen, response) => {
      if (seen.path === '/slow') {
        asked.happen();
        return;
      }
      clock.advance(6_000);
      response.writeHead(307, { location: '/slow' }).end();
    });
    const pending = httpRequest(request(server.url, { timeoutSec: 10 }), testIo({ clock }));
    await asked.happened;
    clock.advance(4_000);
    expect(messageOf(await pending, 'R720')).toContain('timeout of 10 s');
  });
});

describe('a stop', () => {
  test.each(['before the headers', 'in mid-body'])('ends the exchange at once: %s', async (when) => {
    const asked = signalOf();
    const closed = signalOf();
    const server = await serve((_, response, socket) => {
      socket.on('close', closed.happen);
      if (when === 'in mid-body') response.write('part');
      else asked.happen();
    });
    const controller = new AbortController();
    const clock = fakeClock();
    const io = testIo({ clock, signal: controller.signal });
    io.onOut = asked.happen;
    const pending = httpRequest(request(server.url, { silent: true, timeoutSec: 60 }), io);
    await asked.happened;
    controller.abort();
    expect(messageOf(await pending, 'R720')).toBe('http.request: stopped');
    expect(clock.waiting()).toBe(0);
    await closed.happened;
  });

  test('that came earlier sends nothing', async () => {
    const server = await serve((_, response) => response.end());
    const end = await httpRequest(request(server.url), testIo({ signal: AbortSignal.abort() }));
    expect(messageOf(end, 'R720')).toBe('http.request: stopped');
    expect(server.requests).toEqual([]);
  });
});
