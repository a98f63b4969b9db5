import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { hostPrefix } from '../network/prefix.ts';
import { listenHttp } from '../testkit/http-listener.ts';
import { openDoor, OutboundFailedError, type OutboundRequest, OutboundRefusedError, readAnswer } from './door.ts';
import { type OutboundPolicy, readAddresses } from './policy.ts';

const LOOPBACK: OutboundPolicy = {
  allowed: readAddresses(['127.0.0.1']).map(hostPrefix),
  allowedHosts: [],
  lab: [],
  own: [],
};

function get(url: string, more: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'GET', url: new URL(url), headers: {}, timeoutMs: 2_000, redirects: 'follow', ...more };
}

describe('the door', () => {
  it('dials the address that was judged, although the name means another one by then', async () => {
    await using server = await listenHttp((_, response) => response.end('hello'));
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    const door = openDoor(() => LOOPBACK, { resolve: async () => answers.shift() ?? [] });
    const answer = await door.send(get(`http://name.test:${server.port}/`));
    assert.equal((await readAnswer(answer, 100)).toString(), 'hello');
    assert.equal(answers.length, 1);
    await assert.rejects(door.send(get(`http://name.test:${server.port}/`)), OutboundRefusedError);
  });

  it('does not dial a name that has a forbidden address beside an allowed one', async () => {
    let asked = 0;
    await using server = await listenHttp((_, response) => {
      asked += 1;
      response.end();
    });
    const door = openDoor(() => LOOPBACK, { resolve: async () => ['127.0.0.1', '10.0.0.1'] });
    await assert.rejects(door.send(get(`http://two.test:${server.port}/`)), /10\.0\.0\.1 is private.*outboundAllow/);
    assert.equal(asked, 0);
  });

  it('takes what looks like no address for the one it is', async () => {
    const door = openDoor(() => ({ ...LOOPBACK, allowed: [] }));
    for (const host of ['0x7f.1', '2130706433', '017700000001', '[::ffff:127.0.0.1]', 'localhost'])
      await assert.rejects(door.send(get(`http://${host}:1/`)), OutboundRefusedError, host);
  });

  it('judges where a redirect leads, and keeps what identifies the caller from others', async () => {
    const seen: IncomingMessage[] = [];
    await using other = await listenHttp((request, response) => {
      seen.push(request);
      response.end('there');
    });
    await using first = await listenHttp((request, response) => {
      const target = request.url === '/inside' ? 'http://127.0.0.2/' : `http://127.0.0.1:${other.port}/x`;
      response.writeHead(307, { location: target }).end();
    });
    const door = openDoor(() => LOOPBACK);
    const headers = { authorization: 'Bearer x', accept: 'a/b' };
    const answer = await door.send(get(`http://127.0.0.1:${first.port}/out`, { headers }));
    assert.equal((await readAnswer(answer, 100)).toString(), 'there');
    assert.deepEqual([seen[0]?.headers.authorization, seen[0]?.headers.accept], [undefined, 'a/b']);
    await assert.rejects(door.send(get(`http://127.0.0.1:${first.port}/inside`)), OutboundRefusedError);
    const kept = await door.send(get(`http://127.0.0.1:${first.port}/out`, { redirects: 'refuse' }));
    assert.equal(kept.status, 307);
    kept.discard();
  });

  it('gives up where redirects go in circles, and where an answer is larger than wanted', async () => {
    await using server = await listenHttp((request, response) => {
      if (request.url === '/large') response.end('x'.repeat(1000));
      else response.writeHead(302, { location: '/again' }).end();
    });
    const door = openDoor(() => LOOPBACK);
    await assert.rejects(door.send(get(`http://127.0.0.1:${server.port}/`)), /redirects more than 5 times/);
    const large = await door.send(get(`http://127.0.0.1:${server.port}/large`));
    await assert.rejects(readAnswer(large, 999), OutboundFailedError);
  });

  it('says of what does not answer that it could not be asked', async () => {
    const { port } = await listenHttp(() => undefined).then(async (server) => {
      await server[Symbol.asyncDispose]();
      return server;
    });
    await assert.rejects(openDoor(() => LOOPBACK).send(get(`http://127.0.0.1:${port}/`)), OutboundFailedError);
    await using silent = await listenHttp(() => undefined);
    const asked = get(`http://127.0.0.1:${silent.port}/`, { timeoutMs: 50 });
    await assert.rejects(openDoor(() => LOOPBACK).send(asked), /no answer within 50 ms/);
  });

  for (const url of ['file:///etc/passwd', 'ftp://example.com/'])
    it(`does not dial ${url}`, async () => {
      await assert.rejects(openDoor(() => LOOPBACK).send(get(url)), OutboundRefusedError);
    });
});
