import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ownerToken } from '../../src/testkit/control-client.ts';
import { basicOf } from '../../src/testkit/login.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { ask, headerOf, statusOf } from './raw.ts';

const MIB = 1024 ** 2;
const nested = (open: string, close: string, times: number): string => open.repeat(times) + close.repeat(times);
const listed = (one: (i: number) => string, times: number): string =>
  Array.from({ length: times }, (_, i) => one(i)).join(',');

/** Bodies that are small to send and large to read. */
const BOMBS: readonly (readonly [string, string])[] = [
  ['arrays nested without end', nested('[', ']', 500_000)],
  ['objects nested without end', `${'{"properties":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  [
    'a template whose values nest without end',
    `{"properties":{"mode":"Incremental","template":{"outputs":{"a":{"type":"array","value":${nested('[', ']', 20_000)}}},"resources":[]}}}`,
  ],
  ['an array of a million numbers', `[${listed(() => '1', 1_000_000)}]`],
  ['an object of many keys', `{${listed((i) => `"k${i}":1`, 200_000)}}`],
  ['one key a hundred thousand times', `{${listed(() => '"properties":{}', 100_000)}}`],
  ['a number of a million digits', `{"properties":${'9'.repeat(1_000_000)}}`],
  ['a string of 3 MiB', `{"properties":"${'x'.repeat(3 * MIB)}"}`],
  ['keys of prototypes', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'],
  ['more than there may be', `{"properties":"${'x'.repeat(5 * MIB)}"}`],
  ['what breaks off in a string', `{"properties":"${'x'.repeat(1000)}`],
  ['a byte order mark', '\uFEFF{}'],
  ['escapes of half a character', String.raw`{"properties":"\ud800"}`],
  ['what JSON5 reads and JSON does not, nested', nested('[', ']', 10_000).replaceAll(']', '],')],
  ['single quotes that hide double ones', `{a:'"',properties:${nested('[', ']', 50_000)}}`],
];

describe('a body that is larger to read than to send', () => {
  let seawall: TestSeawall;
  let registry: { port: number };
  let control: { port: number };
  let own: Record<string, string>;
  let owner: Record<string, string>;
  before(async () => {
    seawall = await startSeawall();
    registry = { port: seawall.listenPort };
    control = { port: Number(new URL(seawall.control).port) };
    const authorization = basicOf(seawall.admin('myregistry'));
    own = { host: seawall.host('myregistry'), authorization };
    const bearer = `Bearer ${await ownerToken(seawall)}`;
    owner = { host: new URL(seawall.control).host, authorization: bearer, 'content-type': 'application/json' };
    const group = `PUT /subscriptions/${seawall.state.subscriptionId}/resourceGroups/g?api-version=2021-04-01`;
    assert.equal(statusOf(await ask(control, group, owner, '{"location":"westeurope"}')), '201');
  });
  after(() => seawall.close());

  const below = (path: string): string =>
    `/subscriptions/${seawall.state.subscriptionId}/resourceGroups/g/providers/${path}`;

  for (const [what, body] of BOMBS) {
    it(`as a manifest (${what}) is refused in the form of registries`, async () => {
      const headers = { ...own, 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
      const answer = await ask(registry, 'PUT /v2/a/manifests/x', headers, body);
      assert.match(statusOf(answer), /^(?:400|413)$/);
      assert.match(answer, /"errors":\[\{"code":"/);
      assert.equal(statusOf(await ask(registry, 'GET /v2/', own)), '200');
    });
    it(`as a network (${what}) is refused in the form of the management API`, async () => {
      const line = `PUT ${below('Microsoft.Network/virtualNetworks/n')}?api-version=2022-07-01`;
      const answer = await ask(control, line, owner, body);
      assert.match(statusOf(answer), /^(?:400|413)$/, answer.slice(0, 500));
      assert.match(answer, /"error":\{"code":"/);
      assert.ok(answer.length < 100_000);
    });
    it(`as a deployment (${what}) is refused, too`, async () => {
      const line = `PUT ${below('Microsoft.Resources/deployments/d')}?api-version=2021-04-01`;
      const answer = await ask(control, line, owner, body);
      assert.match(statusOf(answer), /^(?:400|413)$/, answer.slice(0, 500));
    });
    it(`as attributes (${what}) is refused, too`, async () => {
      const answer = await ask(registry, 'PATCH /acr/v1/a', own, body.slice(0, 64 * 1024));
      assert.match(statusOf(answer), /^(?:400|404)$/, answer.slice(0, 500));
    });
    it(`as a form (${what}) is refused, too`, async () => {
      const answer = await ask(registry, 'POST /oauth2/token', own, body);
      assert.match(statusOf(answer), /^(?:400|401|413)$/, answer.slice(0, 500));
      const signIn = await ask(control, 'POST /adfs/oauth2/token', { host: owner['host'] ?? '' }, body);
      assert.match(statusOf(signIn), /^(?:400|413)$/, signIn.slice(0, 500));
    });
  }

  it('is never unpacked: what is said to be compressed is taken as it is', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    assert.ok(bomb.length < 100_000);
    const headers = {
      ...own,
      'content-encoding': 'gzip',
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
    };
    assert.equal(statusOf(await ask(registry, 'PUT /v2/a/manifests/x', headers, bomb)), '400');
    const line = `PUT ${below('Microsoft.Network/virtualNetworks/n')}?api-version=2022-07-01`;
    assert.equal(statusOf(await ask(control, line, { ...owner, 'content-encoding': 'gzip' }, bomb)), '400');
    const started = await ask(registry, 'POST /v2/a/blobs/uploads/', own);
    const at = headerOf(started, 'location') ?? '';
    const kept = await ask(registry, `PATCH ${at}`, { ...own, 'content-encoding': 'gzip' }, bomb);
    assert.equal(headerOf(kept, 'range'), `0-${bomb.length - 1}`);
  });

  it('takes nothing from the next: a network that is sound is made', async () => {
    const line = `PUT ${below('Microsoft.Network/virtualNetworks/n')}?api-version=2022-07-01`;
    const sound = '{"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}';
    assert.match(statusOf(await ask(control, line, owner, sound)), /^20[01]$/);
    assert.ok(!('polluted' in {}));
  });
});
