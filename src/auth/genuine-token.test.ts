import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OVERLAP_MS } from '../trust/signing-key-ring.ts';
import { adminLogin, adminToken, SCOPE, signOwn, verdict } from './attack.fixture.ts';
import { authenticate } from './authenticate.ts';
import { parseAuthorization } from './authorization-header.ts';
import { ACCESS_TOKEN_LIFETIME_MS } from './token-claims.ts';
import { answerToken } from './token-endpoint.ts';
import {
  accessToken,
  armToken,
  basic,
  incoming,
  NOW,
  payloadOf,
  refreshToken,
  viewOf,
  world,
} from './world.fixture.ts';

describe('a genuine token', () => {
  it('is refused at another registry, though the keys are the same', async () => {
    await using w = await world();
    const token = await adminToken(w);
    const uid = await w.directory.ensureRegistry('another', NOW);
    const another = viewOf({ ...w.registry, uid, name: 'another', loginServer: 'another.azurecr.test' });
    assert.equal(await verdict(w, token), 'allowed');
    assert.equal(await verdict(w, token, another), 'wrong-audience');
  });

  it('is refused at a registry that was made again under the same name', async () => {
    await using w = await world();
    const token = await adminToken(w);
    const login = await adminLogin(w);
    await w.directory.removeRegistry(w.registry.uid);
    const uid = await w.directory.ensureRegistry('myregistry', NOW);
    await w.directory.adminPasswords(uid, NOW);
    assert.equal(await verdict(w, token, w.view({ uid })), 'wrong-registry');
    const basicLogin = await authenticate(w.services, parseAuthorization(login), w.view({ uid }), NOW);
    assert.equal(basicLogin.kind === 'rejected' && basicLogin.why, 'wrong-credentials');
  });

  it('is refused when its time is over, or has not come, give or take half a minute', async () => {
    await using w = await world();
    const token = await adminToken(w);
    const end = NOW + ACCESS_TOKEN_LIFETIME_MS;
    assert.equal(await verdict(w, token, w.view(), end + 29_999), 'allowed');
    assert.equal(await verdict(w, token, w.view(), end + 30_000), 'expired');
    assert.equal(await verdict(w, token, w.view(), NOW - 30_000), 'allowed');
    assert.equal(await verdict(w, token, w.view(), NOW - 30_001), 'not-yet-valid');
  });

  it('is refused where one of another kind is needed', async () => {
    await using w = await world();
    assert.equal(await verdict(w, await refreshToken(w)), 'wrong-kind-of-token');
    assert.equal(await verdict(w, await armToken(w)), 'wrong-kind-of-token');
    const form = { grant_type: 'refresh_token', refresh_token: await adminToken(w), scope: SCOPE };
    assert.equal((await answerToken(w.services, incoming({ form }), w.view(), NOW)).status, 401);
    const right = { ...form, refresh_token: await refreshToken(w) };
    assert.equal((await answerToken(w.services, incoming({ form: right }), w.view(), NOW)).status, 200);
  });

  it('dies with its password, at the very next request, and not with the other one', async () => {
    await using w = await world();
    const token = await adminToken(w);
    assert.equal(await verdict(w, token), 'allowed');
    await w.directory.regenerateAdminPassword(w.registry.uid, 'password2', NOW);
    assert.equal(await verdict(w, token), 'allowed');
    await w.directory.regenerateAdminPassword(w.registry.uid, 'password', NOW);
    assert.equal(await verdict(w, token), 'credential-changed');
  });

  it('dies with the admin user, and lives again with it', async () => {
    await using w = await world();
    const token = await adminToken(w);
    assert.equal(await verdict(w, token, w.view({ adminUserEnabled: false })), 'principal-disabled');
    assert.equal(await verdict(w, token), 'allowed');
  });

  it('of an owner dies, as does its refresh token, when the secret is rotated', async () => {
    await using w = await world();
    const refresh = await refreshToken(w);
    const ask = (): Promise<{ readonly status: number }> =>
      answerToken(
        w.services,
        incoming({ form: { grant_type: 'refresh_token', refresh_token: refresh } }),
        w.view(),
        NOW,
      );
    const token = await accessToken(w, basic(w.owner.clientId, w.owner.clientSecret), SCOPE);
    assert.deepEqual([await verdict(w, token), (await ask()).status], ['allowed', 200]);
    await w.directory.rotateOwnerSecret({ keepSecret: false, nowMs: NOW });
    assert.deepEqual([await verdict(w, token), (await ask()).status], ['credential-changed', 401]);
  });

  it('of a registry token dies with its status, its password and itself', async () => {
    await using w = await world();
    const request = {
      registry: w.registry.uid,
      token: 'ci',
      slot: 'password1',
      expiresMs: NOW + 60_000,
      nowMs: NOW,
    } as const;
    const token = await accessToken(w, basic('ci', await w.directory.generateTokenPassword(request)), SCOPE);
    const disabled = w.view({ tokens: [{ name: 'ci', scopeMap: 'app-pull', status: 'disabled' }] });
    assert.equal(await verdict(w, token), 'allowed');
    assert.equal(await verdict(w, token, disabled), 'principal-disabled');
    assert.equal(await verdict(w, token, w.view({ tokens: [] })), 'principal-unknown');
    assert.equal(await verdict(w, token, w.view(), NOW + 60_000), 'credential-expired');
    await w.directory.removeTokenPasswords(w.registry.uid, 'ci');
    assert.equal(await verdict(w, token), 'credential-changed');
  });

  it('shrinks with the scope map of its token', async () => {
    await using w = await world();
    const request = { registry: w.registry.uid, token: 'ci', slot: 'password1', nowMs: NOW } as const;
    const token = await accessToken(w, basic('ci', await w.directory.generateTokenPassword(request)), SCOPE);
    const less = w.view({ scopeMaps: [{ name: 'app-pull', actions: ['repositories/team/other/content/read'] }] });
    assert.equal(await verdict(w, token), 'allowed');
    assert.equal(await verdict(w, token, less), 'denied');
  });

  it('does not grow when the scope map does, nor beyond what was asked', async () => {
    await using w = await world();
    const token = await adminToken(w, 'repository:team/app:pull');
    const who = await authenticate(w.services, parseAuthorization(`Bearer ${token}`), w.view(), NOW);
    assert.equal(who.kind, 'caller');
    assert.equal(who.caller.judge('pull', 'team/app'), 'allowed');
    assert.equal(who.caller.judge('push', 'team/app'), 'insufficient-scope');
    assert.equal(who.caller.judge('pull', 'team/app2'), 'insufficient-scope');
    assert.equal(who.caller.judgeCatalog(), 'insufficient-scope');
  });

  it('with more than its principal may do, though rightly signed, gives no more than that', async () => {
    await using w = await world();
    const request = { registry: w.registry.uid, token: 'ci', slot: 'password1', nowMs: NOW } as const;
    const token = await accessToken(w, basic('ci', await w.directory.generateTokenPassword(request)), SCOPE);
    const access = [
      { type: 'repository', name: 'team/app', actions: ['pull', 'push', 'delete'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ];
    const who = await authenticate(
      w.services,
      parseAuthorization(`Bearer ${await signOwn(w, { ...payloadOf(token), access })}`),
      w.view(),
      NOW,
    );
    assert.equal(who.kind, 'caller');
    assert.equal(who.caller.allows('pull', 'team/app'), true);
    assert.equal(who.caller.allows('push', 'team/app'), false);
    assert.equal(who.caller.allows('delete', 'team/app'), false);
    assert.equal(who.caller.allowsCatalog(), false);
  });

  it('outlives the rotation of the signing key, until the overlap ends', async () => {
    await using w = await world();
    const { kid } = w.keys.signingKey();
    const payload = { ...payloadOf(await adminToken(w)), exp: (NOW + 2 * OVERLAP_MS) / 1000 };
    const token = await signOwn(w, payload);
    assert.equal(await verdict(w, token), 'allowed');
    await w.keys.rotate(NOW);
    assert.notEqual(w.keys.signingKey().kid, kid);
    assert.equal(await verdict(w, token, w.view(), NOW + OVERLAP_MS), 'allowed');
    assert.equal(await verdict(w, token, w.view(), NOW + OVERLAP_MS + 1), 'unknown-key');
  });
});
