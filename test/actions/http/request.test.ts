import { describe, expect, test } from 'vitest';
import { httpRequest } from '../../../src/actions/http/request.ts';
import { messageOf, request, serve, testIo } from './support.ts';

describe('what is sent', () => {
  test.each(['GET', 'POST', 'put', 'Patch', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'])(
    '§19.2 method %s',
    async (method) => {
      const server = await serve((_, response) => response.end('x'));
      const end = await httpRequest(request(server.url, { method }), testIo());
      expect(end.error).toBeNull();
      expect(server.requests[0]?.method).toBe(method.toUpperCase());
      expect(end.outputs['body']?.text).toBe(method === 'HEAD' ? '' : 'x');
    },
  );

  test('§19.2 query values are encoded and added to the query of the url', async () => {
    const server = await serve((_, response) => response.end());
    const query = new Map<string, string | readonly string[]>([
      ['q', 'a b&c=d+é#?'],
      ['list', ['1', '2']],
      ['__proto__', ''],
    ]);
    await httpRequest(request(`${server.url}/p?keep=%20x+y#part`, { query }), testIo());
    expect(server.requests[0]?.path).toBe(
      '/p?keep=%20x+y&q=a%20b%26c%3Dd%2B%C3%A9%23%3F&list=1&list=2&__proto__=',
    );
  });

  test('§19.2 form', async () => {
    const server = await serve((_, response) => response.end());
    const form = new Map([
      ['a', '1 2'],
      ['b', '&ü'],
    ]);
    await httpRequest(request(server.url, { method: 'POST', form }), testIo());
    expect(server.requests[0]).toMatchObject({
      body: 'a=1+2&b=%26%C3%BC',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '17' },
    });
  });

  test('§19.2 a map is sent as JSON, text as it is, nothing as nothing', async () => {
    const server = await serve((_, response) => response.end());
    const post = (more: object): Promise<unknown> =>
      httpRequest(request(server.url, { method: 'POST', ...more }), testIo());
    await post({ body: { a: ['é', 1, null] } });
    await post({ body: [1], headers: new Map([['Content-TYPE', 'application/vnd.x+json']]) });
    await post({ body: '{"raw": true}', headers: new Map([['Content-Length', '3']]) });
    await post({});
    expect(
      server.requests.map((seen) => [
        seen.body,
        seen.headers['content-type'],
        seen.headers['content-length'],
      ]),
    ).toEqual([
      ['{"a":["é",1,null]}', 'application/json', '19'],
      ['[1]', 'application/vnd.x+json', '3'],
      ['{"raw": true}', undefined, '13'],
      ['', undefined, '0'],
    ]);
  });

  test('I12 a GET may have a body', async () => {
    const server = await serve((_, response) => response.end());
    await httpRequest(request(server.url, { body: 'find' }), testIo());
    expect(server.requests[0]).toMatchObject({ method: 'GET', body: 'find' });
  });

  test('headers keep the order and case of the author', async () => {
    const server = await serve((_, response) => response.end());
    const headers = new Map([
      ['X-Zulu', '1'],
      ['aCCept', 'text/plain'],
      ['x-alpha', ''],
    ]);
    await httpRequest(request(server.url, { headers }), testIo());
    const names = server.requests[0]?.rawHeaders.filter((_, i) => i % 2 === 0) ?? [];
    expect(names.filter((name) => /zulu|accept$|alpha/i.test(name))).toEqual(['X-Zulu', 'aCCept', 'x-alpha']);
  });

  test('I12 userinfo becomes Basic authorization, unless the author sets one', async () => {
    const server = await serve((_, response) => response.end());
    const url = server.url.replace('//', '//me%40x:p%3Aw@');
    const io = testIo();
    await httpRequest(request(url, { debug: true }), io);
    await httpRequest(request(url, { debug: true, headers: new Map([['authorization', 'Bearer t0p']]) }), io);
    expect(server.requests.map((seen) => seen.headers.authorization)).toEqual([
      `Basic ${Buffer.from('me@x:p:w').toString('base64')}`,
      'Bearer t0p',
    ]);
    expect(io.noted()).not.toMatch(/me%40x|p%3Aw|t0p|Basic/);
  });

  test('§19.3 POST and PATCH carry an Idempotency-Key unless the author sets one', async () => {
    const server = await serve((_, response) => response.end());
    for (const method of ['GET', 'PUT', 'DELETE', 'POST', 'PATCH']) {
      await httpRequest(request(server.url, { method }), testIo());
    }
    const headers = new Map([['IDEMPOTENCY-key', 'mine']]);
    await httpRequest(request(server.url, { method: 'POST', headers }), testIo());
    expect(server.requests.map((seen) => seen.headers['idempotency-key'])).toEqual([
      undefined,
      undefined,
      undefined,
      'key-of-the-step',
      'key-of-the-step',
      'mine',
    ]);
  });
});

describe('what cannot be sent', () => {
  const secret = 's3cr3t-value';

  test.each([`${secret}\r\nX-Evil: 1`, `${secret}\n`, `${secret}\u{1f600}`, `\0${secret}`])(
    'I13 header value %j',
    async (value) => {
      const server = await serve((_, response) => response.end());
      const io = testIo();
      const end = await httpRequest(
        request(server.url, { debug: true, headers: new Map([['X-Api', value]]) }),
        io,
      );
      expect(messageOf(end, 'R720')).toMatch(/^http\.request: value of header "X-Api" holds a /);
      expect(JSON.stringify(end) + io.noted() + io.printed()).not.toContain(secret);
      expect(server.requests).toEqual([]);
    },
  );

  test.each([
    [{ headers: new Map([['a b', 'x']]) }, 'header name "a b"'],
    [{ method: 'GE T' }, 'method "GE T"'],
    [{ method: 'connect' }, 'method CONNECT'],
    [{ url: 'file:///etc/passwd' }, 'the scheme "file:"'],
    [{ url: 'data:text/plain,hello' }, 'the scheme "data:"'],
    [{ url: 'localhost:80/x' }, 'the scheme "localhost:"'],
    [{ url: '' }, 'url "" cannot be read'],
    [{ url: '$HOST/x?token=abc' }, 'url "$HOST/x?…" cannot be read'],
    [{ url: 'http://user:pa/ss@host/' }, 'url "http://***@host/" cannot be read'],
    [{ url: 'http://user:%zz@127.0.0.1/' }, 'not properly percent-encoded'],
  ])('I14 %j', async (more, part) => {
    const end = await httpRequest({ ...request('http://127.0.0.1:9/'), ...more }, testIo());
    expect(messageOf(end, 'R720')).toContain(part);
  });
});

describe('debug', () => {
  test('shows both headers, but no value that looks secret', async () => {
    const server = await serve((_, response) => {
      response.setHeader('Set-Cookie', 'sid=s3cr3t');
      response.end('ok');
    });
    const names = [
      'Authorization',
      'Cookie',
      'Proxy-Authorization',
      'X-Api-Key',
      'X-Auth-Token',
      'PRIVATE-TOKEN',
    ];
    const headers = new Map([
      ...names.map((name): [string, string] => [name, 's3cr3t']),
      ['X-Plain', 'shown'],
    ]);
    const io = testIo();
    await httpRequest(request(`${server.url}/a?key=s3cr3t`, { debug: true, silent: true, headers }), io);
    expect(io.noted()).toContain(`> GET ${server.url}/a?…\n`);
    expect(io.noted()).toContain('> X-Plain: shown\n');
    for (const name of names) expect(io.noted()).toContain(`> ${name}: ***\n`);
    expect(io.noted()).toContain('< HTTP/1.1 200 OK\n');
    expect(io.noted()).toContain('< Set-Cookie: ***\n');
    expect(io.noted()).not.toContain('s3cr3t');
    expect(io.printed()).toBe('ok');
  });
});
