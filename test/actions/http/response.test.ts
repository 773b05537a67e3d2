import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { HTTP_LIMITS } from '../../../src/actions/http/limits.ts';
import { httpRequest } from '../../../src/actions/http/request.ts';
import { fakeClock, messageOf, request, serve, signalOf, testIo } from './support.ts';

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

describe('outputs (§19.2)', () => {
  test('status_code, headers and body with their types; JSON keeps its text exactly', async () => {
    const text = '{ "id": 12345678901234567890, "x": 1.0 }\n';
    const server = await serve((_, response) => {
      response.writeHead(201, [
        ['Content-Type', 'application/hal+JSON'],
        ['X-Many', 'a'],
        ['x-many', 'b'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['__proto__', 'p'],
      ] as never);
      response.end(text);
    });
    const end = await httpRequest(request(server.url), testIo());
    expect(end).toMatchObject({ code: 0, error: null, retryAfterMs: null });
    expect(end.outputs['status_code']).toEqual({ type: 'json', text: '201' });
    expect(end.outputs['body']).toEqual({ type: 'json', text });
    expect(end.outputs['headers']?.type).toBe('json');
    const headers = JSON.parse(end.outputs['headers']?.text ?? '') as Record<string, unknown>;
    expect(headers).toMatchObject({ 'x-many': 'a, b', 'set-cookie': ['a=1', 'b=2'] });
    expect(Object.entries(headers)).toContainEqual(['__proto__', 'p']);
  });

  test.each([
    ['application/json', 'no json', { type: 'string', text: 'no json' }],
    ['text/plain', '{"a":1}', { type: 'string', text: '{"a":1}' }],
    ['application/json', '\uFEFF[1]', { type: 'json', text: '[1]' }],
    ['application/json', '', { type: 'string', text: '' }],
    ['text/plain', 'äö\r\n', { type: 'string', text: 'äö\r\n' }],
    ['text/plain', Buffer.from([0x66, 0xff, 0x6f]), undefined],
  ])('body of %s %j', async (type, body, output) => {
    const server = await serve((_, response) => response.writeHead(200, { 'content-type': type }).end(body));
    const io = testIo();
    const end = await httpRequest(request(server.url, { silent: true }), io);
    expect(end.outputs['body']).toEqual(output);
    expect(Buffer.concat(io.chunks)).toEqual(Buffer.from(body));
  });

  test('204 has an empty body, also with json', async () => {
    const server = await serve((_, response) => response.writeHead(204).end());
    const io = testIo();
    const end = await httpRequest(request(server.url, { json: true }), io);
    expect(end.outputs['body']).toEqual({ type: 'string', text: '' });
    expect(JSON.parse(io.printed())).toEqual({ status_code: 204, headers: expect.anything() as unknown });
  });
});

describe('what is printed (§19.2)', () => {
  const head = 'HTTP/1.1 200 OK\nX-Case: 1\nConnection: close\nTransfer-Encoding: chunked\n\n';
  const serveText = (status: number, body: string): ReturnType<typeof serve> =>
    serve((_, response) => {
      response.sendDate = false;
      response.shouldKeepAlive = false;
      response.writeHead(status, { 'X-Case': '1' });
      response.write(body);
      response.end();
    });

  test('status line, headers, empty line and body', async () => {
    const server = await serveText(200, 'the body');
    const io = testIo();
    await httpRequest(request(server.url), io);
    expect(io.printed()).toBe(`${head}the body`);
  });

  test('a head whose body comes later is shown at once; one without a body as well', async () => {
    let send = (): void => undefined;
    const server = await serve((_, response) => {
      response.writeHead(200);
      response.flushHeaders();
      send = () => void response.end('late');
    });
    const io = testIo();
    const seen: string[] = [];
    io.onOut = () => {
      seen.push(io.printed());
      if (seen.length === 1) send();
    };
    await httpRequest(request(server.url), io);
    expect(seen).toEqual([expect.stringMatching(/\n\n$/), expect.stringMatching(/\n\nlate$/)]);
    const empty = testIo();
    await httpRequest(request((await serve((_, response) => void response.end())).url), empty);
    expect(empty.printed()).toMatch(/^HTTP\/1\.1 200 OK\n[^]*\n\n$/);
  });

  test('a head is shown, although its body cannot be decompressed', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end('no gzip');
    });
    const io = testIo();
    messageOf(await httpRequest(request(server.url), io), 'R720');
    expect(io.printed()).toMatch(/^HTTP\/1\.1 200 OK\n[^]*\n\n$/);
  });

  test('silent drops all but the body, though only on 2xx', async () => {
    const printed = async (status: number): Promise<string> => {
      const io = testIo();
      await httpRequest(request((await serveText(status, 'the body')).url, { silent: true }), io);
      return io.printed();
    };
    expect(await printed(200)).toBe('the body');
    expect(await printed(500)).toMatch(/^HTTP\/1\.1 500 Internal Server Error\nX-Case: 1\n[^]*\n\nthe body$/);
  });

  test('json prints one object, whose numbers are those of the server', async () => {
    const server = await serveText(200, ' {"n":12345678901234567890}\n');
    const io = testIo();
    const silent = testIo();
    expect((await httpRequest(request(server.url, { json: true }), io)).error).toBeNull();
    await httpRequest(request(server.url, { json: true, silent: true }), silent);
    const headers = '{"x-case":"1","connection":"close","transfer-encoding":"chunked"}';
    expect(io.printed()).toBe(`{"status_code":200,"headers":${headers},"body":{"n":12345678901234567890}}\n`);
    expect(silent.printed()).toBe('{"body":{"n":12345678901234567890}}\n');
  });

  test('with json a body that is none fails, and is still shown', async () => {
    const server = await serveText(200, 'oops');
    const io = testIo();
    const end = await httpRequest(request(server.url, { json: true }), io);
    expect(messageOf(end, 'R720')).toBe('http.request: body is not JSON');
    expect(JSON.parse(io.printed())).toMatchObject({ status_code: 200, body: 'oops' });
    expect(end.outputs).toEqual({});
  });
});

describe('status other than 2xx', () => {
  test.each([304, 400, 404, 500])('R721 for %d, without outputs', async (status) => {
    const server = await serve((_, response) => response.writeHead(status).end(status === 304 ? '' : 'why'));
    const io = testIo();
    const end = await httpRequest(request(server.url), io);
    expect(messageOf(end, 'R721')).toBe(`http status not 2xx: ${status}`);
    expect(end).toMatchObject({ outputs: {}, retryAfterMs: null, signal: null });
    expect(io.printed().endsWith(status === 304 ? '\n\n' : '\n\nwhy')).toBe(true);
  });

  test('with json, R721 comes before a body that is not JSON', async () => {
    const server = await serve((_, response) => response.writeHead(502).end('<html>'));
    const io = testIo();
    messageOf(await httpRequest(request(server.url, { json: true, silent: true }), io), 'R721');
    expect(JSON.parse(io.printed())).toMatchObject({ status_code: 502, body: '<html>' });
  });

  test('I10 2xx decides, whatever the body says', async () => {
    const server = await serve((_, response) => response.writeHead(200, JSON_TYPE).end('{"error":"no"}'));
    expect((await httpRequest(request(server.url), testIo())).error).toBeNull();
  });

  test('I9 Retry-After counts for 429 and 503 only, by the wall clock; garbage gets a line', async () => {
    const clock = fakeClock(Date.UTC(2026, 0, 1));
    const ask = async (status: number, value: string): Promise<[number | null, string]> => {
      const server = await serve((_, response) => response.writeHead(status, { 'retry-after': value }).end());
      const io = testIo({ clock });
      const end = await httpRequest(request(server.url), io);
      return [end.retryAfterMs, io.noted()];
    };
    expect(await ask(429, '7')).toEqual([7_000, '']);
    expect(await ask(503, 'Thu, 01 Jan 2026 00:01:00 GMT')).toEqual([60_000, '']);
    expect(await ask(500, '7')).toEqual([null, '']);
    expect(await ask(503, 'later')).toEqual([
      null,
      'http.request: retry-after is neither seconds nor a date and is ignored: "later"\n',
    ]);
  });
});

describe('compressed and large bodies (I8)', () => {
  const text = 'text that repeats '.repeat(500);

  test.each([
    ['gzip', gzipSync(text)],
    ['X-GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity', Buffer.from(text)],
  ])('%s', async (encoding, bytes) => {
    const server = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes),
    );
    const end = await httpRequest(request(server.url), testIo());
    expect(end.outputs['body']?.text).toBe(text);
    expect(server.requests[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  test('an unknown encoding is kept as it is, with a line; __proto__ is one', async () => {
    const server = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': '__proto__' }).end('x'),
    );
    const io = testIo();
    const end = await httpRequest(request(server.url), io);
    expect(end.outputs['body']?.text).toBe('x');
    expect(io.noted()).toContain('content-encoding "__proto__" is unknown');
  });

  test.each([
    ['not gzip at all', Buffer.from('plain'), '(Z_DATA_ERROR)'],
    ['gzip that ends early', gzipSync(text).subarray(0, 40), '(Z_BUF_ERROR)'],
  ])('%s fails', async (_, bytes, code) => {
    const server = await serve((__, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes),
    );
    const message = messageOf(await httpRequest(request(server.url), testIo()), 'R720');
    expect(message).toBe(`http.request: body cannot be decompressed as "gzip" ${code}`);
  });

  test.each([
    ['GET', 204],
    ['HEAD', 200],
    ['GET', 200],
  ])('%s %d without bytes needs no decompression', async (method, status) => {
    const server = await serve((_, response) => {
      response.writeHead(status, { 'content-encoding': 'gzip' }).end();
    });
    expect((await httpRequest(request(server.url, { method }), testIo())).error).toBeNull();
  });

  test('encodings without end are refused before a decoder starts', async () => {
    const encoding = Array(100).fill('gzip').join(',');
    const server = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end('x'),
    );
    expect(messageOf(await httpRequest(request(server.url), testIo()), 'R720')).toContain(
      'compressed 100 times',
    );
  });

  test('the limit counts bytes after decompression', async () => {
    const limits = { ...HTTP_LIMITS, bodyBytes: 64 * 1024 };
    const bomb = gzipSync(Buffer.alloc(4 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(limits.bodyBytes);
    const server = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    const io = testIo();
    const end = await httpRequest(request(server.url, { silent: true }), io, limits);
    expect(messageOf(end, 'R720')).toBe(
      'http.request: body is larger than 65536 bytes, use "output" for a file',
    );
    expect(io.printed().length).toBeLessThanOrEqual(limits.bodyBytes);
  });

  test('a body of exactly the limit is allowed', async () => {
    const server = await serve((_, response) => response.end(Buffer.alloc(1000, 'x')));
    const end = await httpRequest(request(server.url), testIo(), { ...HTTP_LIMITS, bodyBytes: 1000 });
    expect(end.outputs['body']?.text).toHaveLength(1000);
  });

  test('an endless body is given up at the limit, and the server is let go', async () => {
    const closed = signalOf();
    const server = await serve((_, response, socket) => {
      const block = Buffer.alloc(64 * 1024, 'x');
      const more = (): void => {
        while (!socket.destroyed && response.write(block));
      };
      response.on('drain', more);
      socket.on('close', closed.happen);
      more();
    });
    const end = await httpRequest(request(server.url), testIo(), { ...HTTP_LIMITS, bodyBytes: 1024 * 1024 });
    expect(messageOf(end, 'R720')).toContain('body is larger than 1 MiB');
    await closed.happened;
  });

  test('20 MB arrive whole, in pieces', async () => {
    const body = Buffer.alloc(20_000_000, 'flow ');
    const server = await serve((_, response) => response.end(body));
    const io = testIo();
    const end = await httpRequest(request(server.url, { silent: true }), io);
    expect(end.outputs['body']?.text.length).toBe(body.length);
    expect(Buffer.concat(io.chunks).equals(body)).toBe(true);
    expect(Math.max(...io.chunks.map((chunk) => chunk.length))).toBeLessThan(1_000_000);
  });
});
