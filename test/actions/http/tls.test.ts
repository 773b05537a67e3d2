import { describe, expect, test } from 'vitest';
import { networkFailure } from '../../../src/actions/http/failure.ts';
import { httpRequest } from '../../../src/actions/http/request.ts';
import { selfSigned } from './self-signed.ts';
import { messageOf, request, serve, testIo } from './support.ts';

const tls = selfSigned();

describe.skipIf(tls === null)('https (I6)', () => {
  test('a self-signed certificate fails with the reason', async () => {
    const server = await serve((_, response) => response.end('x'), tls!);
    const end = await httpRequest(request(server.url), testIo());
    expect(messageOf(end, 'R720')).toBe(
      `http.request: certificate of 127.0.0.1:${server.port} is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    );
    expect(server.requests).toEqual([]);
  });

  test('skip_tls_verify allows it for this request only, and says so', async () => {
    const server = await serve((_, response) => response.end('x'), tls!);
    const io = testIo();
    const end = await httpRequest(request(server.url, { skipTlsVerify: true }), io);
    expect(end.outputs['body']?.text).toBe('x');
    expect(io.noted()).toBe('http.request: TLS certificates are not verified (skip_tls_verify)\n');
    messageOf(await httpRequest(request(server.url), testIo()), 'R720');
  });

  test('I5 a redirect to http is refused', async () => {
    const plain = await serve((_, response) => response.end());
    const server = await serve((_, response) => response.writeHead(302, { location: plain.url }).end(), tls!);
    const end = await httpRequest(request(server.url, { skipTlsVerify: true }), testIo());
    expect(messageOf(end, 'R720')).toBe(
      `http.request: redirect from https to http: ${server.url}/ -> ${plain.url}/`,
    );
    expect(plain.requests).toEqual([]);
  });

  test('https where http is spoken', async () => {
    const plain = await serve((_, response) => response.end());
    const end = await httpRequest(request(plain.url.replace('http:', 'https:')), testIo());
    expect(messageOf(end, 'R720')).toContain(`TLS handshake with 127.0.0.1:${plain.port} failed (`);
  });
});

test.each([
  ['CERT_HAS_EXPIRED', 'certificate of h:443 has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate of h:443 is for another host'],
  ['CERT_REVOKED', 'certificate of h:443 was not accepted'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'TLS handshake with h:443 failed'],
  ['EMFILE', 'connection to h:443 failed'],
])('I6 %s is said in words', (code, words) => {
  const error = Object.assign(new Error('text of the system'), { code });
  expect(networkFailure(error, 'h:443').message).toBe(`${words} (${code})`);
});
