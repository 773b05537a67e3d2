import { describe, expect, test } from 'vitest';
import { firstRequest } from '../../../src/actions/http/outgoing.ts';
import { redirected } from '../../../src/actions/http/redirect.ts';
import { httpRequest } from '../../../src/actions/http/request.ts';
import { messageOf, request, serve, signalOf, testIo } from './support.ts';

const post = { method: 'POST', body: { a: 1 } } as const;

describe('redirects (§19.2)', () => {
  test('I2 a loop ends after 10, and the error shows the chain without queries', async () => {
    const server = await serve((seen, response) => {
      response
        .writeHead(302, { location: `/hop${Number(/\d+/.exec(seen.path)?.[0] ?? 0) + 1}?token=s3cr3t` })
        .end();
    });
    const end = await httpRequest(request(`${server.url}/hop0`), testIo());
    const chain = Array.from({ length: 12 }, (_, i) => `${server.url}/hop${i}${i === 0 ? '' : '?…'}`);
    expect(messageOf(end, 'R720')).toBe(`http.request: more than 10 redirects: ${chain.join(' -> ')}`);
    expect(server.requests).toHaveLength(11);
  });

  test('10 redirects are followed', async () => {
    const server = await serve((seen, response) => {
      const hop = Number(seen.path.slice(1));
      if (hop === 10) response.end('there');
      else response.writeHead(307, { location: String(hop + 1) }).end('body of a redirect');
    });
    const io = testIo();
    const end = await httpRequest(request(`${server.url}/0`, { silent: true }), io);
    expect(end.error).toBeNull();
    expect(io.printed()).toBe('there');
  });

  test.each([
    [301, 'GET'],
    [302, 'GET'],
    [303, 'GET'],
    [307, 'POST'],
    [308, 'POST'],
  ])('I4 %d makes of a POST a %s', async (status, method) => {
    const server = await serve((seen, response) => {
      if (seen.path === '/') response.writeHead(status, { location: '/to' }).end();
      else response.end();
    });
    const headers = new Map([
      ['X-Mine', '1'],
      ['Content-Language', 'de'],
    ]);
    await httpRequest(request(server.url, { ...post, headers }), testIo());
    const { headers: seen, ...second } = server.requests[1]!;
    const kept = method === 'POST';
    expect(second).toMatchObject({ method, body: kept ? '{"a":1}' : '' });
    expect(seen['x-mine']).toBe('1');
    expect(seen['content-type']).toBe(kept ? 'application/json' : undefined);
    expect(seen['content-language']).toBe(kept ? 'de' : undefined);
    expect(seen['content-length']).toBe(kept ? '7' : undefined);
    expect(seen['idempotency-key']).toBe(kept ? 'key-of-the-step' : undefined);
  });

  test.each([
    ['PUT', 302, 'PUT'],
    ['PATCH', 301, 'PATCH'],
    ['DELETE', 303, 'GET'],
    ['HEAD', 303, 'HEAD'],
  ])('%s after %d is %s', async (method, status, then) => {
    const server = await serve((seen, response) => {
      if (seen.path === '/') response.writeHead(status, { location: '/to' }).end();
      else response.end();
    });
    await httpRequest(request(server.url, { method }), testIo());
    expect(server.requests.map((seen) => seen.method)).toEqual([method, then]);
  });

  test('I3 no header of the author reaches another origin, nor comes back', async () => {
    const other = await serve((_, response) =>
      response.writeHead(307, { location: `${first.url}/back` }).end(),
    );
    const first = await serve((seen, response) => {
      if (seen.path === '/') response.writeHead(307, { location: `${other.url}/there` }).end();
      else response.end('done');
    });
    const names = ['authorization', 'cookie', 'x-api-key', 'idempotency-key', 'content-type', 'x-anything'];
    const headers = new Map(names.map((name) => [name, 's3cr3t']));
    const io = testIo();
    const end = await httpRequest(request(first.url, { ...post, headers }), io);
    expect(end.error).toBeNull();
    expect(first.requests[0]?.headers).toMatchObject(Object.fromEntries(headers));
    for (const seen of [other.requests[0], first.requests[1]]) {
      expect(seen?.body).toBe('{"a":1}');
      expect(JSON.stringify(seen?.rawHeaders)).not.toContain('s3cr3t');
      expect(seen?.headers['content-type']).toBe('application/json');
      for (const name of ['authorization', 'cookie', 'x-api-key', 'idempotency-key', 'x-anything']) {
        expect(seen?.headers).not.toHaveProperty(name);
      }
    }
    expect(io.noted()).toBe(
      `http.request: redirect to ${other.url}/there: the headers of this step are not sent to another origin\n`,
    );
  });

  test('I3 userinfo of the url is dropped on a change of origin as well', async () => {
    const other = await serve((_, response) => response.end());
    const first = await serve((_, response) => response.writeHead(302, { location: other.url }).end());
    await httpRequest(request(first.url.replace('//', '//me:pw@')), testIo());
    expect(first.requests[0]?.headers).toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('userinfo that a server names is not used', async () => {
    const server = await serve((seen, response) => {
      const location = `http://me:pw@127.0.0.1:${server.port}/to`;
      if (seen.path === '/') response.writeHead(302, { location }).end();
      else response.end();
    });
    await httpRequest(request(server.url), testIo());
    expect(server.requests[1]?.path).toBe('/to');
    expect(server.requests[1]?.headers).not.toHaveProperty('authorization');
  });

  test('the connection of a redirect is let go at once, its body unread', async () => {
    const closed = signalOf();
    const server = await serve((seen, response, socket) => {
      if (seen.path === '/') {
        socket.on('close', closed.happen);
        response.writeHead(302, { location: '/to' }).write('a body that never ends');
      } else {
        void closed.happened.then(() => response.end('there'));
      }
    });
    const end = await httpRequest(request(server.url), testIo());
    expect(end.outputs['body']?.text).toBe('there');
  });

  test.each(['file:///etc/passwd', 'data:text/plain,s3cr3t', 'ftp://h/x'])(
    'I14 %s is not followed',
    async (location) => {
      const server = await serve((_, response) => response.writeHead(302, { location }).end());
      const message = messageOf(await httpRequest(request(server.url), testIo()), 'R720');
      expect(message).toBe(
        `http.request: redirect to something other than http or https: ${server.url}/ -> ${new URL(location).protocol}…`,
      );
    },
  );

  test('an address that cannot be read is an error', async () => {
    const server = await serve((_, response) => response.writeHead(302, { location: 'http://[bad' }).end());
    expect(messageOf(await httpRequest(request(server.url), testIo()), 'R720')).toContain('cannot be read');
  });

  test('a Location in UTF-8 is understood', async () => {
    const server = await serve((seen, response, socket) => {
      if (seen.path === '/')
        socket.end(Buffer.from('HTTP/1.1 302 Found\r\nLocation: /é\r\nContent-Length: 0\r\n\r\n'));
      else response.end();
    });
    await httpRequest(request(server.url), testIo());
    expect(server.requests[1]?.path).toBe('/%C3%A9');
  });

  test('a redirect without Location is a status that is not 2xx', async () => {
    const server = await serve((_, response) => response.writeHead(302).end());
    expect(messageOf(await httpRequest(request(server.url), testIo()), 'R721')).toBe(
      'http status not 2xx: 302',
    );
  });

  test('I5 never from https to http', () => {
    const from = firstRequest(request('https://a.example/x'), 'key');
    const decide = (location: string): unknown => redirected(from, 302, location, [from.url], 10);
    expect(() => decide('http://a.example/y?k=1')).toThrow(
      'redirect from https to http: https://a.example/x -> http://a.example/y?…',
    );
    expect(decide('https://a.example/y')).toMatchObject({ method: 'GET' });
  });
});
