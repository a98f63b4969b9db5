import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { ownerToken } from '../../src/testkit/control-client.ts';
import { basicOf } from '../../src/testkit/login.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { ask, head, headerOf, jsonOf, open, statusOf, untilSent } from './raw.ts';

/** One request a second, of which a minute is saved up. */
const RATE = { clientRequestsPerSecond: '1' };
const SAVED = 60;

describe('a client that asks without end', () => {
  let seawall: TestSeawall;
  let registry: { port: number };
  let control: { port: number };
  let host: Record<string, string>;
  let admin: string;
  before(async () => {
    seawall = await startSeawall({ settings: RATE });
    registry = { port: seawall.listenPort };
    control = { port: Number(new URL(seawall.control).port) };
    host = { host: seawall.host('myregistry') };
    admin = basicOf(seawall.admin('myregistry'));
  });
  after(() => seawall.close());

  /** Uses up what an address has saved, on one connection. */
  const exhaust = async (way: { port: number; from: string }, headers: Record<string, string>): Promise<void> => {
    for (let i = 0; i < SAVED + 2; i++) await ask(way, 'GET /v1/_ping', headers);
  };

  it('is answered 429 in the form of registries with when to ask again, and another address is not', async () => {
    const from = '127.0.1.1';
    await exhaust({ ...registry, from }, host);
    const answer = await ask({ ...registry, from }, 'GET /v2/', { ...host, authorization: admin });
    assert.equal(statusOf(answer), '429');
    assert.match(headerOf(answer, 'retry-after') ?? '', /^[1-9]\d?$/);
    assert.deepEqual(jsonOf(answer), {
      errors: [
        {
          code: 'TOOMANYREQUESTS',
          message: `too many requests of address ${from} in the last minute; ask again later`,
        },
      ],
    });
    assert.equal(
      statusOf(await ask({ ...registry, from: '127.0.1.2' }, 'GET /v2/', { ...host, authorization: admin })),
      '200',
    );
  });

  it('is answered 429 at the token service of a registry too', async () => {
    const from = '127.0.2.1';
    await exhaust({ ...registry, from }, host);
    const answer = await ask({ ...registry, from }, 'GET /oauth2/token?service=a', host);
    assert.equal(statusOf(answer), '429');
    assert.match(answer, /"TOOMANYREQUESTS"/);
  });

  it('is answered 429 in the forms of sign-in and of the management API, while health is told', async () => {
    const from = '127.0.3.1';
    const at = { ...control, from };
    const name = { host: new URL(seawall.control).host };
    for (let i = 0; i < SAVED + 2; i++) await ask(at, 'GET /nothing', name);
    const signIn = await ask(at, 'POST /adfs/oauth2/token', name, 'grant_type=client_credentials');
    assert.equal(statusOf(signIn), '429');
    assert.ok(headerOf(signIn, 'retry-after'));
    assert.match(signIn, /"error":"temporarily_unavailable","error_description":"AADSTS90055: /);
    const arm = await ask(at, 'GET /subscriptions?api-version=2022-12-01', name);
    assert.equal(statusOf(arm), '429');
    assert.ok(headerOf(arm, 'retry-after'));
    assert.match(arm, /^\{"error":\{"code":"TooManyRequests","message":"/m);
    assert.equal(statusOf(await ask(at, 'GET /livez', name)), '200');
    assert.match(
      await ask(at, 'GET /metrics', name),
      /seawall_client_limited_total\{share="address",excess="rate"\} \d+/,
    );
    assert.equal(statusOf(await ask({ ...at, from: '127.0.3.2' }, 'GET /nothing', name)), '404');
  });

  it('is limited as who signed in when its addresses change, and another who signed in is not', async () => {
    const bearer = { host: new URL(seawall.control).host, authorization: `Bearer ${await ownerToken(seawall)}` };
    const list = 'GET /subscriptions?api-version=2022-12-01';
    const statuses = new Set<string>();
    for (let i = 0; i < SAVED + 10; i++)
      statuses.add(statusOf(await ask({ ...control, from: `127.0.4.${1 + (i % 5)}` }, list, bearer)));
    assert.deepEqual(statuses, new Set(['200', '429']));
    const refused = await ask({ ...control, from: '127.0.4.9' }, list, bearer);
    assert.match(refused, /"TooManyRequests","message":"too many requests of service-principal\//);
    assert.equal(
      statusOf(await ask({ ...registry, from: '127.0.4.9' }, 'GET /v2/', { ...host, authorization: admin })),
      '200',
    );
  });
});

describe('a client with many requests under way', () => {
  it('is answered 429 for one too many, as soon as its first is answered it goes on, and others always do', async () => {
    await using seawall = await startSeawall({ settings: { clientRequests: '3' } });
    const { username, password } = seawall.admin('myregistry');
    const headers = {
      host: seawall.host('myregistry'),
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    };
    const from = (address: string) => ({ port: seawall.listenPort, from: address });
    const begin = async (): Promise<Socket> => {
      const socket = open(from('127.0.5.1'));
      socket.write(head('PUT /v2/a/manifests/x', { ...headers, 'content-length': '10', expect: '100-continue' }));
      await untilSent(socket, /100 Continue/);
      return socket;
    };
    const under = [await begin(), await begin(), await begin()];
    const refused = await ask(from('127.0.5.1'), 'GET /v2/', headers);
    assert.equal(statusOf(refused), '429');
    assert.equal(headerOf(refused, 'retry-after'), '1');
    // The admin user is one identity, wherever it is.
    assert.match(await ask(from('127.0.5.2'), 'GET /v2/', headers), /429[\s\S]*too many requests of admin-user\//);
    const nobody = { host: headers.host };
    assert.equal(statusOf(await ask(from('127.0.5.2'), 'GET /v2/', nobody)), '401');
    const [first] = under;
    const answered = untilSent(first as Socket, /HTTP\/1\.1 4/);
    first?.write('0123456789');
    await answered;
    assert.equal(statusOf(await ask(from('127.0.5.1'), 'GET /v2/', headers)), '200');
    for (const socket of under) socket.destroy();
  });
});
