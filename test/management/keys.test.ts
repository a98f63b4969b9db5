import assert from 'node:assert/strict';
import { createHash, type X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import { askControl, ownerToken } from '../../src/testkit/control-client.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { RegistryClient } from '../registry/client.ts';
import { type Arm, armOf } from './arm.ts';

const WEBHOOK = 'https://hooks.example.com/in?token=very-secret-token';

describe('keys of a server that serves', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let token: string;
  before(async () => {
    seawall = await startSeawall();
    token = await ownerToken(seawall);
    arm = await armOf(seawall, token);
  });
  after(() => seawall.close());

  const rotate = async (kind: string, as = token): Promise<string> => {
    const answer = await askControl(seawall, 'POST', '/seawall/keys/rotate', {
      headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
      body: JSON.stringify({ kind }),
    });
    return answer.status === 200 ? String(answer.json()['done']) : `${answer.status} ${answer.text}`;
  };
  /** The certificate that a client sees which trusts what `ca` has; an error where it does not trust it. */
  const seen = (ca: string): Promise<X509Certificate> => {
    const { promise, resolve, reject } = Promise.withResolvers<X509Certificate>();
    const [servername = ''] = seawall.host('myregistry').split(':');
    const socket: TLSSocket = tlsConnect({ port: seawall.listenPort, host: '127.0.0.1', ca, servername }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error('no certificate'));
      else resolve(certificate);
    });
    socket.on('error', reject);
    return promise;
  };

  it('are replaced by the owner alone, by a kind that there is', async () => {
    assert.match(await rotate('signing', 'x'), /^401 /);
    assert.match(await rotate('other'), /^400 .*must be one of signing, secret-box, certificate, authority/);
  });

  it('that sign tokens: one that was signed before is taken on, and new ones are signed by the new', async () => {
    const kidOf = (one: string): unknown =>
      JSON.parse(Buffer.from(one.split('.')[0] ?? '', 'base64url').toString()).kid;
    assert.match(await rotate('signing'), /a new key signs/);
    assert.equal((await arm.ask('GET', arm.subscription)).status, 200);
    const fresh = await ownerToken(seawall);
    assert.notEqual(kidOf(fresh), kidOf(token));
    assert.equal((await (await armOf(seawall, fresh)).ask('GET', arm.subscription)).status, 200);
    const listed = await askControl(seawall, 'GET', '/seawall/keys', { headers: { authorization: `Bearer ${fresh}` } });
    assert.match(listed.text, /"kind":"signing","what":"[^"]+, verifies what it signed"/);
  });

  it('of certificates: the next handshake shows a new one, and who trusted the authority trusts it', async () => {
    const ca = await readFile(seawall.ca, 'utf8');
    const before = await seen(ca);
    assert.match(await rotate('certificate'), /next handshake/);
    assert.notEqual((await seen(ca)).fingerprint256, before.fingerprint256);
  });

  it('of the authority: clients that took its file anew trust certificates before and after, and nobody is cut', async () => {
    using client = await RegistryClient.of(seawall, 'myregistry');
    const old = await readFile(seawall.ca, 'utf8');
    const { issuer } = await seen(old);
    assert.match(await rotate('authority'), /the next authority is there/);
    assert.equal((await seen(old)).issuer, issuer);
    const both = await readFile(seawall.ca, 'utf8');
    assert.equal((await seen(both)).issuer, issuer);
    assert.equal((await client.send('GET', '/v2/')).status, 200);
    assert.match(await rotate('authority'), /has taken over/);
    const after = await seen(both);
    assert.notEqual(after.issuer, issuer);
    await assert.rejects(seen(old), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    // The connection of before is kept, and its client goes on.
    assert.equal((await client.send('GET', '/v2/')).status, 200);
    await seawall.restart();
    assert.equal((await seen(both)).fingerprint256, after.fingerprint256);
    token = await ownerToken(seawall);
    arm = await armOf(seawall, token);
  });

  it('that seal what is kept: everything is sealed anew, opens as before, and not by the key before', async () => {
    const found = await arm.must('GET', `${arm.subscription}/providers/Microsoft.ContainerRegistry/registries`);
    const [registry] = found['value'] as readonly { readonly id: string }[];
    await arm.must('PUT', `${registry?.id ?? ''}/webhooks/hook1`, {
      location: 'westeurope',
      properties: { serviceUri: WEBHOOK, customHeaders: { 'x-key': 'very-secret-header' }, actions: ['push'] },
    });
    const keyFile = join(seawall.dataDir, 'trust', 'secret.key');
    const before = await readFile(keyFile, 'utf8');
    const { password } = seawall.admin('myregistry');
    assert.match(await rotate('secret-box'), /sealed with a new key/);
    const after = await readFile(keyFile, 'utf8');
    assert.notEqual(after, before);
    assert.equal(after.trim().split('\n').length, 1);
    const config = await arm.must('POST', `${registry?.id ?? ''}/webhooks/hook1/getCallbackConfig`);
    assert.equal(config['serviceUri'], WEBHOOK);
    await seawall.restart();
    assert.equal(seawall.admin('myregistry').password, password);
    arm = await armOf(seawall);
    const again = await arm.must('POST', `${registry?.id ?? ''}/webhooks/hook1/getCallbackConfig`);
    assert.deepEqual(again['customHeaders'], { 'x-key': 'very-secret-header' });
    assert.notEqual(
      createHash('sha256').update(after).digest('hex'),
      createHash('sha256').update(before).digest('hex'),
    );
  });
});
