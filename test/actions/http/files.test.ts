import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { httpRequest } from '../../../src/actions/http/request.ts';
import { openUpload } from '../../../src/actions/http/upload.ts';
import { HTTP_LIMITS } from '../../../src/actions/http/limits.ts';
import { dagOf, messages } from '../../support/diagnose.ts';
import { place } from '../../support/flow.ts';
import type { SeenRequest } from '../../support/http-server.ts';
import { fakeClock, messageOf, request, serve, signalOf, testIo } from './support.ts';

const NONE = new Map<string, string>();

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'flow-upload-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A request that sends files of `cwd`. */
function upload(url: string, files: Record<string, string>, form: Record<string, string> | null = null) {
  const fields = form === null ? null : new Map(Object.entries(form));
  return request(url, { method: 'POST', files: new Map(Object.entries(files)), form: fields });
}

interface Field {
  readonly name: string;
  readonly filename: string | null;
  readonly type: string | null;
  readonly text: string;
}

/** The parts of a body, taken apart by its boundary. */
function fieldsOf({ headers, body }: SeenRequest): Field[] {
  const boundary = /boundary=(\S+)/.exec(headers['content-type'] ?? '')?.[1] ?? '';
  const parts = `\r\n${body}`.split(`\r\n--${boundary}`);
  expect([parts[0], parts.at(-1)]).toEqual(['', '--\r\n']);
  return parts.slice(1, -1).map((part) => {
    const [head = '', ...text] = part.split('\r\n\r\n');
    return {
      name: / name="([^"]*)"/.exec(head)?.[1] ?? '',
      filename: / filename="([^"]*)"/.exec(head)?.[1] ?? null,
      type: /Content-Type: (.*)/.exec(head)?.[1] ?? null,
      text: text.join('\r\n\r\n'),
    };
  });
}

describe('with.files (§19.1, §19.2)', () => {
  test('fields and files are one multipart/form-data of known length', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'a.txt'), 'one\r\ntwo');
    writeFileSync(join(cwd, 'empty'), '');
    const server = await serve((_, response) => response.end());
    const sent = upload(server.url, { doc: 'a.txt', none: './empty' }, { title: 'é & "x"', note: '' });
    expect((await httpRequest(sent, testIo({ cwd }))).error).toBeNull();
    const [seen] = server.requests;
    expect(seen?.headers['content-length']).toBe(String(Buffer.byteLength(seen?.body ?? '')));
    expect(seen?.headers['transfer-encoding']).toBeUndefined();
    expect(fieldsOf(seen!)).toEqual([
      { name: 'title', filename: null, type: null, text: 'é & "x"' },
      { name: 'note', filename: null, type: null, text: '' },
      { name: 'doc', filename: 'a.txt', type: 'application/octet-stream', text: 'one\r\ntwo' },
      { name: 'none', filename: 'empty', type: 'application/octet-stream', text: '' },
    ]);
  });

  test('RFC 7578 names and file names cannot end their header', async () => {
    const cwd = folder();
    const name = 'a"b\r\nX: y; é🙂.txt';
    writeFileSync(join(cwd, name), 'x');
    const server = await serve((_, response) => response.end());
    await httpRequest(upload(server.url, { 'f"\r\nX: é': name }, { '"\n': 'v' }), testIo({ cwd }));
    const body = server.requests[0]?.body ?? '';
    expect(body).toContain(
      '\r\nContent-Disposition: form-data; name="f%22%0D%0AX: é"; filename="a%22b%0D%0AX: y; é🙂.txt"\r\n',
    );
    expect(body).toContain('name="%22%0A"\r\n\r\nv\r\n');
    expect(body).not.toMatch(/^X:/m);
  });

  test("the boundary is flow's: an author's Content-Type does not replace it", async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'a'), 'x');
    const server = await serve((_, response) => response.end());
    const headers = new Map([['Content-Type', 'multipart/form-data']]);
    await httpRequest({ ...upload(server.url, { f: 'a' }), headers }, testIo({ cwd }));
    expect(server.requests[0]?.headers['content-type']).toMatch(
      /^multipart\/form-data; boundary=flow-[0-9a-f]{32}$/,
    );
    expect(fieldsOf(server.requests[0]!)).toMatchObject([{ name: 'f', text: 'x' }]);
  });

  test.each([
    ['missing', 'no file "missing"'],
    ['.', '"." is no regular file'],
    ['pipe', '"pipe" is no regular file'],
  ])('%s is R720 before anything is sent', async (path, reason) => {
    const cwd = folder();
    writeFileSync(join(cwd, 'there'), 'x');
    if (path === 'pipe') spawnSync('mkfifo', [join(cwd, path)]);
    const server = await serve((_, response) => response.end());
    const end = await httpRequest(upload(server.url, { a: 'there', b: path }), testIo({ cwd }));
    expect(messageOf(end, 'R720')).toBe(`http.request: ${reason}`);
    expect(server.requests).toEqual([]);
  });

  test.each([307, 308])('%d sends the files again', async (status) => {
    const cwd = folder();
    writeFileSync(join(cwd, 'a'), 'again');
    const server = await serve((seen, response) => {
      if (seen.path === '/') response.writeHead(status, { location: '/there' }).end();
      else response.end('done');
    });
    const end = await httpRequest(upload(server.url, { f: 'a' }), testIo({ cwd }));
    expect(end.outputs['body']?.text).toBe('done');
    expect(server.requests.map(({ path }) => path)).toEqual(['/', '/there']);
    expect(server.requests[1]?.body).toBe(server.requests[0]?.body);
    expect(fieldsOf(server.requests[1]!)).toMatchObject([{ text: 'again' }]);
  });

  test('303 asks for the answer without the files', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'a'), 'x');
    const server = await serve((seen, response) => {
      if (seen.path === '/') response.writeHead(303, { location: '/there' }).end();
      else response.end();
    });
    await httpRequest(upload(server.url, { f: 'a' }), testIo({ cwd }));
    expect(server.requests[1]).toMatchObject({ method: 'GET', body: '' });
    expect(server.requests[1]?.headers['content-type']).toBeUndefined();
  });

  test('a retry reads the file again', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'a'), 'old');
    const server = await serve((_, response) =>
      response.writeHead(server.requests.length < 2 ? 503 : 200).end(),
    );
    const sent = upload(server.url, { f: 'a' });
    expect(messageOf(await httpRequest(sent, testIo({ cwd })), 'R721')).toContain('503');
    writeFileSync(join(cwd, 'a'), 'newer');
    expect((await httpRequest(sent, testIo({ cwd }))).error).toBeNull();
    const texts = server.requests.map(fieldsOf);
    expect(texts.map(([field]) => field?.text)).toEqual(['old', 'newer']);
  });

  test('a file that became shorter ends the request instead of sending something else', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'a'), 'x'.repeat(200_000));
    const opened = await openUpload(NONE, new Map([['f', 'a']]), cwd);
    truncateSync(join(cwd, 'a'), 10);
    const drain = async (): Promise<void> => {
      for await (const _ of opened.chunks());
    };
    await expect(drain()).rejects.toThrow('"a" became shorter while it was sent');
    await opened.close();
  });

  test('a large file goes through in pieces: what waits in memory stays small', async () => {
    const cwd = folder();
    const size = 256 * 1024 * 1024;
    writeFileSync(join(cwd, 'large'), '');
    truncateSync(join(cwd, 'large'), size);
    let most = 0;
    let received = 0;
    const url = await listen((message, response) => {
      message.on('data', (chunk: Buffer) => {
        received += chunk.length;
        most = Math.max(most, process.memoryUsage().arrayBuffers);
      });
      message.on('end', () => response.end());
    });
    expect((await httpRequest(upload(url, { f: 'large' }), testIo({ cwd }))).error).toBeNull();
    expect(received).toBeGreaterThan(size);
    expect(most).toBeLessThan(size / 2);
  });

  test('a stop ends an upload that nobody takes', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'large'), '');
    truncateSync(join(cwd, 'large'), 64 * 1024 * 1024);
    const stop = new AbortController();
    const url = await listen(() => stop.abort());
    const end = await httpRequest(upload(url, { f: 'large' }), testIo({ cwd, signal: stop.signal }));
    expect(messageOf(end, 'R720')).toBe('http.request: stopped');
  });

  test('a server that takes nothing more for the time of silence fails the request', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'large'), '');
    truncateSync(join(cwd, 'large'), 64 * 1024 * 1024);
    const clock = fakeClock();
    const arrived = signalOf();
    const url = await listen(() => arrived.happen());
    let ended = false;
    const sending = httpRequest(upload(url, { f: 'large' }), testIo({ cwd, clock }));
    void sending.then(() => (ended = true));
    await arrived.happened;
    while (!ended) {
      clock.advance(HTTP_LIMITS.silenceMs);
      await new Promise(setImmediate);
    }
    expect(messageOf(await sending, 'R720')).toMatch(/stayed silent for 300 s$/);
  });

  test('an answer before the whole body was taken is the answer', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'large'), '');
    truncateSync(join(cwd, 'large'), 64 * 1024 * 1024);
    const url = await listen((_, response) => response.writeHead(413).end('too large'));
    const end = await httpRequest(upload(url, { f: 'large' }), testIo({ cwd }));
    expect(messageOf(end, 'R721')).toBe('http status not 2xx: 413');
  });
});

describe('with.files in a file', () => {
  const withFiles = (more: string): string =>
    `steps: [{action: http.request, with: {method: POST, url: "http://localhost/", ${more}}}]`;

  test('a map of texts, beside a form, not beside a body (E702, E703)', () => {
    expect(dagOf(withFiles('files: {a: x.txt, b: 1.10}, form: {c: d}')).steps[0]?.action).toMatchObject({
      with: {
        files: new Map([
          ['a', 'x.txt'],
          ['b', '1.10'],
        ]),
        form: new Map([['c', 'd']]),
      },
    });
    expect(dagOf(withFiles('files: {}')).steps[0]?.action).toMatchObject({ with: { files: null } });
    expect(messages(withFiles('files: {a: x}, body: y'))).toEqual([
      'steps[0]: http.request needs with.body or with.files, not both',
    ]);
    expect(messages(withFiles('files: [x]'))).toEqual(['steps[0].with.files must be map, got list']);
    expect(messages(withFiles('files: {a: [x]}'))).toEqual(['steps[0].with.files.a must be text, got list']);
  });

  test('paths are resolved like all text under with, and are relative to the step', async () => {
    const at = place();
    const server = await serve((_, response) => response.end());
    at.write('work/report.html', '<p>');
    at.write(
      'dag.yaml',
      `params: [{name: kind, default: html}]
steps:
  - id: send
    working_dir: work
    action: http.request
    with:
      {method: POST, url: "${server.url}", form: {day: "\${params.kind}"}, files: {report: "report.\${params.kind}"}}
`,
    );
    expect((await at.flow(['run', 'dag.yaml'])).code).toBe(0);
    expect(fieldsOf(server.requests[0]!)).toMatchObject([
      { name: 'day', text: 'html' },
      { name: 'report', filename: 'report.html', text: '<p>' },
    ]);
  });
});

/** A server whose handler sees the body as it comes. */
async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
