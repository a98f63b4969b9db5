import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type Client, type PerimeterScene, perimeterScene } from './scene.ts';
import { basicOf } from '../../src/testkit/login.ts';

const INSIDE: Client = { address: '10.0.0.4', in: 'a' };
const OUTSIDE: Client = { address: '203.0.113.9' };
const BYTES = 'hello from a data endpoint';
const DIGEST = `sha256:${createHash('sha256').update(BYTES).digest('hex')}`;
const PATH = `/v2/hello-world/blobs/${DIGEST}`;

const statusOf = (answer: string): string => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? `none: ${answer}`;

describe('a dedicated data endpoint', () => {
  let scene: PerimeterScene;
  let admin: Readonly<Record<string, string>>;
  let host: string;
  before(async () => {
    scene = await perimeterScene();
    admin = { authorization: basicOf(scene.seawall.admin('myregistry')) };
    const started = await scene.ask(INSIDE, 'POST /v2/hello-world/blobs/uploads/', { ...admin, 'content-length': '0' });
    const url = new URL(/^location: (.+)\r$/im.exec(started)?.[1] ?? '', 'https://x');
    url.searchParams.set('digest', DIGEST);
    const sent = scene.open(INSIDE);
    sent.write(
      `PUT ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${scene.seawall.host('myregistry')}\r\n` +
        `authorization: ${admin['authorization']}\r\ncontent-length: ${BYTES.length}\r\nconnection: close\r\n\r\n${BYTES}`,
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    sent.resume().on('close', resolve);
    await promise;
    assert.match(await scene.ask(INSIDE, `GET ${PATH}`, admin), /hello from a data endpoint$/);
    await scene.patch({ dataEndpointEnabled: true });
    const { properties } = await scene.arm.must('GET', scene.registry);
    const [shown = ''] = (properties as { readonly dataEndpointHostNames: readonly string[] }).dataEndpointHostNames;
    host = shown;
    await scene.patch({
      networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules: [{ id: scene.subnet('a', 'on') }] },
    });
  });
  after(() => scene[Symbol.asyncDispose]());

  /** Where the registry sends a client for the blob. */
  const link = async (): Promise<URL> => {
    const answer = await scene.ask(INSIDE, `GET ${PATH}`, admin);
    assert.equal(statusOf(answer), '307');
    return new URL(/^location: (.+)\r$/im.exec(answer)?.[1] ?? '');
  };
  const follow = (client: Client, url: URL, method = 'GET'): Promise<string> =>
    scene.ask(client, `${method} ${url.pathname}${url.search}`, { host: url.host });

  it('serves the blob that the registry sends a client to it for, without a token', async () => {
    const url = await link();
    assert.equal(url.host, host);
    assert.match(await follow(INSIDE, url), /^HTTP\/1\.1 200[^]*hello from a data endpoint$/);
  });

  it('is judged by the same rules: a link from within is refused outside', async () => {
    const url = await link();
    assert.equal(statusOf(await follow(OUTSIDE, url)), '403');
    assert.match(await follow(OUTSIDE, url), /x-seawall-reason: default-deny/);
  });

  it('serves nothing without a link, by a changed one, and nothing but blobs', async () => {
    const url = await link();
    assert.equal(statusOf(await follow(INSIDE, new URL(PATH, url))), '403');
    const later = new URL(url);
    later.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 1));
    assert.equal(statusOf(await follow(INSIDE, later)), '403');
    const other = new URL(url);
    other.pathname = PATH.replace('hello-world', 'another');
    assert.equal(statusOf(await follow(INSIDE, other)), '403');
    assert.equal(statusOf(await scene.ask(INSIDE, 'GET /v2/_catalog', { ...admin, host })), '403');
    assert.equal(statusOf(await follow(INSIDE, url, 'HEAD')), '200');
  });

  it('says of a blob that is not there so at the registry, and serves blobs there again when it is off', async () => {
    assert.equal(statusOf(await scene.ask(INSIDE, `GET ${PATH.replace(/.$/, '0')}`, admin)), '404');
    const url = await link();
    await scene.patch({ dataEndpointEnabled: false });
    assert.equal(statusOf(await scene.ask(INSIDE, `GET ${PATH}`, admin)), '200');
    assert.equal(statusOf(await follow(INSIDE, url)), '421');
  });
});
