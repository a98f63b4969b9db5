import assert from 'node:assert/strict';
import type { Directory } from '../../src/directory/port.ts';

const NOW_MS = Date.UTC(2026, 10, 23);

/** Writes what {@link check} reads: an owner whose secret is kept, a registry, both kinds of passwords. */
export async function fill(directory: Directory): Promise<void> {
  await directory.ensureOwner({ keepSecret: true, nowMs: NOW_MS });
  const uid = await directory.ensureRegistry('contoso', NOW_MS);
  await directory.adminPasswords(uid, NOW_MS);
  await directory.generateTokenPassword({ registry: uid, token: 'ci-pull', slot: 'password1', nowMs: NOW_MS });
}

/** Reads everything that {@link fill} wrote; changes nothing. */
export async function check(directory: Directory): Promise<void> {
  const owner = await directory.ensureOwner({ keepSecret: true, nowMs: NOW_MS + 1 });
  assert.ok(owner.clientSecret !== undefined && owner.clientSecret.length >= 43);
  const snapshot = directory.snapshot();
  assert.equal(snapshot.servicePrincipal(owner.clientId)?.role, 'owner');
  assert.equal(snapshot.credentials({ kind: 'service-principal', clientId: owner.clientId }).length, 1);
  const uid = await directory.ensureRegistry('contoso', NOW_MS + 1);
  assert.deepEqual(Object.keys(await directory.adminPasswords(uid, NOW_MS + 1)), ['password', 'password2']);
  const ofToken = snapshot.credentials({ kind: 'registry-token', registry: uid, name: 'ci-pull' });
  assert.deepEqual(
    ofToken.map(({ slot, createdMs }) => [slot, createdMs]),
    [['password1', NOW_MS]],
  );
}
