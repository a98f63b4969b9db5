import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Principal } from '../access/principal.ts';
import type { Directory } from './port.ts';
import { isExpired, matchSecret } from './secret.ts';

const NOW = Date.UTC(2026, 5, 1);

/** A directory's storage: opening it again finds what was written. */
export interface DirectoryStorage extends AsyncDisposable {
  open(): Directory;
}

/** What every adapter of the port {@link Directory} must pass. */
export function directoryContract(name: string, storage: () => Promise<DirectoryStorage>): void {
  const test = (title: string, body: (directory: Directory, at: DirectoryStorage) => Promise<void>): void =>
    void it(title, async () => {
      await using at = await storage();
      using directory = at.open();
      await body(directory, at);
    });

  describe(`${name}: the owner`, () => {
    test('is made once, with its secret', async (directory, at) => {
      const made = await directory.ensureOwner({ keepSecret: false, nowMs: NOW });
      assert.ok(made.clientSecret);
      assert.equal(proves(directory, { kind: 'service-principal', clientId: made.clientId }, made.clientSecret), true);
      assert.equal(proves(directory, { kind: 'service-principal', clientId: made.clientId }, 'wrong'), false);
      using again = at.open();
      const { clientSecret: _, ...known } = made;
      assert.deepEqual(await again.ensureOwner({ keepSecret: false, nowMs: NOW }), known);
      assert.deepEqual(await again.ensureOwner({ keepSecret: true, nowMs: NOW }), known);
      assert.equal(again.snapshot().servicePrincipal(made.clientId)?.role, 'owner');
      assert.equal(again.snapshot().servicePrincipal('another'), undefined);
    });

    test('is shown with its secret at every start when that is kept', async (directory, at) => {
      const made = await directory.ensureOwner({ keepSecret: true, nowMs: NOW });
      using again = at.open();
      assert.deepEqual(await again.ensureOwner({ keepSecret: true, nowMs: NOW }), made);
      assert.equal((await again.ensureOwner({ keepSecret: false, nowMs: NOW })).clientSecret, undefined);
    });

    test('has one secret: a new one ends the old', async (directory) => {
      const made = await directory.ensureOwner({ keepSecret: false, nowMs: NOW });
      const rotated = await directory.rotateOwnerSecret({ keepSecret: false, nowMs: NOW });
      assert.equal(rotated.clientId, made.clientId);
      const principal: Principal = { kind: 'service-principal', clientId: made.clientId };
      assert.equal(proves(directory, principal, made.clientSecret ?? ''), false);
      assert.equal(proves(directory, principal, rotated.clientSecret ?? ''), true);
    });
  });

  describe(`${name}: a user`, () => {
    const alice = { userPrincipalName: 'Alice@Example.com', displayName: 'Alice', createdMs: NOW };

    test('is there once under a name, which has no case', async (directory, at) => {
      const made = await directory.createUser(alice);
      assert.equal(made?.user.userPrincipalName, 'alice@example.com');
      assert.equal(await directory.createUser({ ...alice, userPrincipalName: 'ALICE@example.com' }), undefined);
      using again = at.open();
      assert.deepEqual(again.snapshot().userNamed('aLice@example.com'), made?.user);
      assert.deepEqual(again.snapshot().users(), [made?.user]);
    });

    test('has one password: a new one ends the old, and none is left when the user goes', async (directory) => {
      const made = await directory.createUser(alice);
      const principal: Principal = { kind: 'user', objectId: made?.user.objectId ?? '' };
      const rotated = await directory.rotateUser(principal.objectId, NOW);
      assert.equal(proves(directory, principal, made?.password ?? ''), false);
      assert.equal(proves(directory, principal, rotated ?? ''), true);
      assert.equal(await directory.removeUser(principal.objectId), true);
      assert.deepEqual(directory.snapshot().credentials(principal), []);
      assert.equal(await directory.rotateUser(principal.objectId, NOW), undefined);
      assert.equal(await directory.removeUser(principal.objectId), false);
    });
  });

  describe(`${name}: a federated credential`, () => {
    test('is one of its principal under a name, and goes with it', async (directory, at) => {
      const { principal } = await directory.createServicePrincipal('ci', NOW);
      const given = {
        clientId: principal.clientId,
        name: 'main',
        issuer: 'https://i',
        subject: 's',
        audience: 'a',
        createdMs: NOW,
      };
      const made = await directory.addFederatedCredential(given);
      assert.equal(await directory.addFederatedCredential({ ...given, subject: 'other' }), undefined);
      assert.equal(await directory.addFederatedCredential({ ...given, clientId: 'nobody' }), undefined);
      const second = await directory.addFederatedCredential({ ...given, name: 'second' });
      assert.equal(await directory.removeFederatedCredential(principal.clientId, second?.id ?? ''), true);
      assert.equal(await directory.removeFederatedCredential('nobody', made?.id ?? ''), false);
      using again = at.open();
      assert.deepEqual(again.snapshot().federatedCredentials(principal.clientId), [made]);
      await directory.removeServicePrincipal(principal.clientId);
      assert.deepEqual(directory.snapshot().federatedCredentials(principal.clientId), []);
    });
  });

  describe(`${name}: a registry`, () => {
    test('keeps its uid, and one made again under its name has another', async (directory, at) => {
      const uid = await directory.ensureRegistry('myregistry', NOW);
      assert.match(uid, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      using again = at.open();
      assert.equal(await again.ensureRegistry('myregistry', NOW + 1), uid);
      assert.notEqual(await again.ensureRegistry('another', NOW), uid);
      await again.removeRegistry(uid);
      assert.notEqual(await again.ensureRegistry('myregistry', NOW), uid);
    });

    test('takes its passwords with it, and leaves those of its neighbour', async (directory) => {
      const [gone, kept] = [await directory.ensureRegistry('gone1', NOW), await directory.ensureRegistry('kept1', NOW)];
      const goneSecrets = await secretsOf(directory, gone);
      const keptSecrets = await secretsOf(directory, kept);
      await directory.removeRegistry(gone);
      for (const [principal, secret] of goneSecrets) assert.equal(proves(directory, principal, secret), false);
      for (const [principal, secret] of keptSecrets) assert.equal(proves(directory, principal, secret), true);
    });

    test('that is not there is given no password', async (directory) => {
      await assert.rejects(directory.adminPasswords('no-such-uid', NOW));
      await assert.rejects(
        directory.generateTokenPassword({ registry: 'no-such-uid', token: 'ci', slot: 'password1', nowMs: NOW }),
      );
      assert.deepEqual(directory.snapshot().credentials({ kind: 'admin-user', registry: 'no-such-uid' }), []);
    });
  });

  describe(`${name}: an admin user`, () => {
    test('has two passwords that can be shown again', async (directory, at) => {
      const registry = await directory.ensureRegistry('myregistry', NOW);
      const made = await directory.adminPasswords(registry, NOW);
      assert.notEqual(made.password, made.password2);
      using again = at.open();
      assert.deepEqual(await again.adminPasswords(registry, NOW), made);
      for (const password of Object.values(made))
        assert.equal(proves(again, { kind: 'admin-user', registry }, password), true);
    });

    test('gets one of them anew without the other', async (directory) => {
      const registry = await directory.ensureRegistry('myregistry', NOW);
      const made = await directory.adminPasswords(registry, NOW);
      const before = directory.snapshot().credentials({ kind: 'admin-user', registry });
      const after = await directory.regenerateAdminPassword(registry, 'password2', NOW);
      assert.equal(after.password, made.password);
      assert.notEqual(after.password2, made.password2);
      const now = directory.snapshot().credentials({ kind: 'admin-user', registry });
      assert.equal(now[0]?.version, before[0]?.version);
      assert.notEqual(now[1]?.version, before[1]?.version);
      assert.equal(proves(directory, { kind: 'admin-user', registry }, made.password2), false);
    });
  });

  describe(`${name}: a registry token`, () => {
    test('proves itself by either password, until that expires or is replaced', async (directory) => {
      const registry = await directory.ensureRegistry('myregistry', NOW);
      const principal: Principal = { kind: 'registry-token', registry, name: 'ci' };
      const request = { registry, token: 'ci', slot: 'password1', expiresMs: NOW + 1000, nowMs: NOW } as const;
      const first = await directory.generateTokenPassword(request);
      assert.equal(proves(directory, principal, first, NOW + 999), true);
      assert.equal(proves(directory, principal, first, NOW + 1000), false);
      const second = await directory.generateTokenPassword({ registry, token: 'ci', slot: 'password2', nowMs: NOW });
      assert.equal(proves(directory, principal, second, NOW + 1e12), true);
      await directory.generateTokenPassword(request);
      assert.equal(proves(directory, principal, first, NOW), false);
      assert.equal(proves(directory, principal, second, NOW), true);
    });

    test('loses its passwords with itself, and no other token does', async (directory) => {
      const registry = await directory.ensureRegistry('myregistry', NOW);
      const make = (token: string): Promise<string> =>
        directory.generateTokenPassword({ registry, token, slot: 'password1', nowMs: NOW });
      const [gone, kept] = [await make('ci'), await make('ci2')];
      await directory.removeTokenPasswords(registry, 'ci');
      assert.equal(proves(directory, { kind: 'registry-token', registry, name: 'ci' }, gone), false);
      assert.equal(proves(directory, { kind: 'registry-token', registry, name: 'ci2' }, kept), true);
      const second = await directory.generateTokenPassword({ registry, token: 'ci2', slot: 'password2', nowMs: NOW });
      await directory.removeTokenPasswords(registry, 'ci2', 'password1');
      assert.equal(proves(directory, { kind: 'registry-token', registry, name: 'ci2' }, kept), false);
      assert.equal(proves(directory, { kind: 'registry-token', registry, name: 'ci2' }, second), true);
    });
  });

  describe(`${name}: managed identities`, () => {
    const identity = (n: number) => ({
      clientId: `00000000-0000-4000-8000-00000000000${n}`,
      objectId: `00000000-0000-4000-9000-00000000000${n}`,
      displayName: `vm${n}`,
    });

    test('are those that were told, and no other', async (directory) => {
      const { principal } = await directory.createServicePrincipal('a program', NOW);
      await directory.keepManagedIdentities([identity(1), identity(2)], NOW);
      await directory.keepManagedIdentities([identity(2)], NOW);
      const known = directory.snapshot();
      assert.equal(known.servicePrincipal(identity(1).clientId), undefined);
      assert.equal(known.servicePrincipal(identity(2).clientId)?.objectId, identity(2).objectId);
      assert.equal(known.servicePrincipal(principal.clientId)?.displayName, 'a program');
    });

    test('keep their credential while they stay, and have another when they come back', async (directory) => {
      const principal = { kind: 'service-principal', clientId: identity(1).clientId } as const;
      const version = (): string | undefined => directory.snapshot().credentials(principal)[0]?.version;
      await directory.keepManagedIdentities([identity(1)], NOW);
      const first = version();
      await directory.keepManagedIdentities([identity(1), identity(2)], NOW);
      assert.equal(version(), first);
      await directory.keepManagedIdentities([], NOW);
      assert.equal(version(), undefined);
      await directory.keepManagedIdentities([identity(1)], NOW);
      assert.notEqual(version(), first);
    });
  });

  describe(`${name}: a snapshot`, () => {
    test('never changes, and every change makes one of a higher epoch', async (directory) => {
      const registry = await directory.ensureRegistry('myregistry', NOW);
      const before = directory.snapshot();
      await directory.adminPasswords(registry, NOW);
      assert.deepEqual(before.credentials({ kind: 'admin-user', registry }), []);
      const after = directory.snapshot();
      assert.equal(after.credentials({ kind: 'admin-user', registry }).length, 2);
      assert.ok(after.authEpoch > before.authEpoch);
      await directory.adminPasswords(registry, NOW);
      assert.equal(directory.snapshot(), after);
    });

    test('names the same tenant and subscription at every start', async (directory, at) => {
      using again = at.open();
      const { tenantId, subscriptionId } = directory.snapshot();
      assert.equal(again.snapshot().tenantId, tenantId);
      assert.equal(again.snapshot().subscriptionId, subscriptionId);
      assert.notEqual(tenantId, subscriptionId);
    });
  });
}

function proves(directory: Directory, principal: Principal, secret: string, nowMs = NOW): boolean {
  const credential = matchSecret(directory.snapshot().credentials(principal), secret);
  return credential !== undefined && !isExpired(credential, nowMs);
}

async function secretsOf(directory: Directory, registry: string): Promise<readonly (readonly [Principal, string])[]> {
  const admin = await directory.adminPasswords(registry, NOW);
  const token = await directory.generateTokenPassword({ registry, token: 'ci', slot: 'password1', nowMs: NOW });
  return [
    [{ kind: 'admin-user', registry }, admin.password],
    [{ kind: 'registry-token', registry, name: 'ci' }, token],
  ];
}
