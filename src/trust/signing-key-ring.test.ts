import assert from 'node:assert/strict';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { scratch } from './scratch.fixture.ts';
import { signingKeyFile } from './signing-key-file.ts';
import { OVERLAP_MS, openSigningKeyRing } from './signing-key-ring.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 24 * 60 * 60 * 1000;

describe('the ring of signing keys', () => {
  it('has the same key at the next start', async () => {
    await using dir = await scratch();
    const store = signingKeyFile(join(dir.path, 'signing-keys.json'));
    const first = await openSigningKeyRing(store, NOW);
    const second = await openSigningKeyRing(store, NOW + DAY);
    assert.equal(second.signingKey().kid, first.signingKey().kid);
    assert.equal(first.verifyingKey(first.signingKey().kid, NOW)?.type, 'public');
    assert.equal(first.verifyingKey('unknown', NOW), undefined);
  });

  it('signs with the newest, and trusts an older one until what it signed has expired', async () => {
    await using dir = await scratch();
    const store = signingKeyFile(join(dir.path, 'signing-keys.json'));
    const ring = await openSigningKeyRing(store, NOW);
    const old = ring.signingKey().kid;
    await ring.rotate(NOW + DAY);
    assert.notEqual(ring.signingKey().kid, old);
    for (const each of [ring, await openSigningKeyRing(store, NOW + DAY)]) {
      assert.ok(each.verifyingKey(old, NOW + DAY + OVERLAP_MS));
      assert.equal(each.verifyingKey(old, NOW + DAY + OVERLAP_MS + 1), undefined);
    }
  });

  it('forgets old keys for good at the next rotation', async () => {
    await using dir = await scratch();
    const store = signingKeyFile(join(dir.path, 'signing-keys.json'));
    const ring = await openSigningKeyRing(store, NOW);
    await ring.rotate(NOW + DAY);
    await ring.rotate(NOW + 3 * DAY);
    assert.equal((await store.load()).length, 2);
  });

  it('makes a new key when the newest is more than 90 days old', async () => {
    await using dir = await scratch();
    const store = signingKeyFile(join(dir.path, 'signing-keys.json'));
    const { kid } = (await openSigningKeyRing(store, NOW)).signingKey();
    assert.equal((await openSigningKeyRing(store, NOW + 90 * DAY)).signingKey().kid, kid);
    assert.notEqual((await openSigningKeyRing(store, NOW + 91 * DAY)).signingKey().kid, kid);
  });

  it('publishes public keys alone', async () => {
    await using dir = await scratch();
    const ring = await openSigningKeyRing(signingKeyFile(join(dir.path, 'signing-keys.json')), NOW);
    const [key, ...more] = ring.jwks(NOW).keys;
    assert.deepEqual(Object.keys(key ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    assert.deepEqual(more, []);
  });

  it('is refused when its file is damaged or open to everybody', { skip: process.platform === 'win32' }, async () => {
    await using dir = await scratch();
    const path = join(dir.path, 'signing-keys.json');
    await openSigningKeyRing(signingKeyFile(path), NOW);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await chmod(path, 0o644);
    await assert.rejects(signingKeyFile(path).load(), { name: 'ExposedFileError', message: /chmod 600/ });
    await chmod(path, 0o600);
    for (const text of ['', '{}', 'null', '{"version":2,"keys":[]}', '{"version":1,"keys":[{"kid":1}]}']) {
      await writeFile(path, text);
      await assert.rejects(signingKeyFile(path).load(), { name: 'SigningKeyFileError', message: /signing-keys\.json/ });
    }
  });
});
