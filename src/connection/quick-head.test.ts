import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { listenHttp } from '../testkit/http-listener.ts';
import { parseQuickHead } from './quick-head.ts';

const read = (...lines: readonly string[]) => parseQuickHead(Buffer.from(lines.join('\r\n'), 'latin1'));
const HEAD = ['GET /v2/a/b/manifests/v1 HTTP/1.1', 'Host: a.test', 'Accept: x, y'] as const;

describe('a plain head', () => {
  it('has its method, target and headers', () => {
    assert.deepEqual(read(...HEAD, '', ''), {
      method: 'GET',
      url: '/v2/a/b/manifests/v1',
      rawHeaders: ['Host', 'a.test', 'Accept', 'x, y'],
      headers: { host: 'a.test', accept: 'x, y' },
    });
  });

  it('may be that of a HEAD of a blob, and not that of a GET of its bytes', () => {
    assert.equal(read('HEAD /v2/a/blobs/sha256:1 HTTP/1.1', 'Host: a', '', '')?.method, 'HEAD');
    assert.equal(read('GET /v2/a/blobs/sha256:1 HTTP/1.1', 'Host: a', '', ''), undefined);
    assert.equal(read('GET /v2/a%2Fblobs%2fsha256:1 HTTP/1.1', 'Host: a', '', ''), undefined);
  });

  const left: readonly (readonly [what: string, lines: readonly string[]])[] = [
    ['a method with a body', ['POST /v2/a/blobs/uploads/ HTTP/1.1', 'Host: a', '', '']],
    ['another path', ['GET /oauth2/token HTTP/1.1', 'Host: a', '', '']],
    ['an absolute target', ['GET http://a/v2/ HTTP/1.1', 'Host: a', '', '']],
    ['an older version', ['GET /v2/ HTTP/1.0', 'Host: a', '', '']],
    ['a control character in the target', ['GET /v2/\u0001 HTTP/1.1', 'Host: a', '', '']],
    ['a body', [...HEAD, 'Content-Length: 1', '', 'x']],
    ['an empty body that is announced', [...HEAD, 'Content-Length: 0', '', '']],
    ['chunks', [...HEAD, 'Transfer-Encoding: chunked', '', '']],
    ['an expectation', [...HEAD, 'Expect: 100-continue', '', '']],
    ['a wish for the connection', [...HEAD, 'Connection: close', '', '']],
    ['an upgrade', [...HEAD, 'Upgrade: h2c', '', '']],
    ['two Host headers', [...HEAD, 'host: b.test', '', '']],
    ['a folded header', [...HEAD, ' folded', '', '']],
    ['a blank before the colon', [...HEAD, 'X : y', '', '']],
    ['a header without a name', [...HEAD, ': y', '', '']],
    ['a bare line feed', [...HEAD, 'X: y\nZ: w', '', '']],
    ['a zero byte', [...HEAD, 'X: y\u0000', '', '']],
    ['letters beyond ASCII', [...HEAD, 'X: é', '', '']],
    ['half a head', [...HEAD]],
    ['half an end', [...HEAD, '']],
    ['a second request', [...HEAD, '', ...HEAD, '', '']],
    ['more than 8 KiB', [...HEAD, `X: ${'x'.repeat(8 * 1024)}`, '', '']],
  ];
  for (const [what, lines] of left)
    it(`with ${what} is left to node:http`, () => assert.equal(read(...lines), undefined));

  it('is read as node:http reads it, whatever its headers', async () => {
    const heads: IncomingMessage[] = [];
    await using server = await listenHttp((request, response) => {
      heads.push(request);
      response.end();
    });
    const name = fc.stringMatching(/^[A-Za-z][\w-]{0,8}$/);
    const value = fc.stringMatching(/^[ \t]{0,2}[ -~\t]{0,12}[ \t]{0,2}$/);
    const path = fc.stringMatching(/^\/v2\/[\w.~%!$&'()*+,;=:@/?-]{0,12}$/);
    const asNode = async (bytes: Buffer): Promise<void> => {
      const plain = parseQuickHead(bytes);
      if (plain === undefined) return;
      const socket = connect(server.port, '127.0.0.1');
      socket.write(bytes);
      await once(socket, 'data');
      socket.destroy();
      const head = heads.pop();
      assert.deepEqual(
        [head?.method, head?.url, head?.rawHeaders, { ...head?.headers }],
        [plain.method, plain.url, plain.rawHeaders, plain.headers],
      );
    };
    await fc.assert(
      fc.asyncProperty(path, fc.array(fc.tuple(name, value), { maxLength: 5 }), (url, headers) => {
        const lines = [`GET ${url} HTTP/1.1`, 'Host: a', ...headers.map(([key, text]) => `${key}:${text}`)];
        return asNode(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
      }),
    );
  });
});
