import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CompactSign } from 'jose';
import { authenticate } from './authenticate.ts';
import type { RegistryView } from './registry-view.ts';
import { ACCESS_TOKEN_LIFETIME_MS } from './token-claims.ts';
import { OVERLAP_MS } from '../trust/signing-key-ring.ts';
import {
  accessToken,
  armToken,
  basic,
  incoming,
  NOW,
  payloadOf,
  refreshToken,
  viewOf,
  type World,
  world,
} from './world.fixture.ts';
import { answerToken } from './token-endpoint.ts';

const SCOPE = 'repository:team/app:pull,push';

/** What becomes of a token: `allowed` when its bearer may pull `team/app`, else why not. */
async function verdict(w: World, token: string, view: RegistryView = w.view(), nowMs = NOW): Promise<string> {
  const who = await authenticate(w.services, `Bearer ${token}`, view, nowMs);
  if (who.kind === 'rejected') return who.why;
  return who.caller.judge('pull', 'team/app');
}

async function adminLogin(w: World): Promise<string> {
  return basic('myregistry', (await w.directory.adminPasswords(w.registry.uid, NOW)).password);
}

async function adminToken(w: World, scope = SCOPE): Promise<string> {
  return accessToken(w, await adminLogin(w), scope);
}

function signatureOf(token: string): Buffer {
  return Buffer.from(token.split('.')[2] ?? '', 'base64url');
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** A token with this payload, spelt as given, that the server's own key signs: what not even a leaked signer should get past. */
function signOwn(w: World, payload: object | string, header: object = {}): Promise<string> {
  const { kid, privateKey } = w.keys.signingKey();
  return signWith(privateKey, payload, { kid, ...header });
}

function signWith(key: KeyObject, payload: object | string, header: object): Promise<string> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: 'ES256', typ: 'JWT', ...header }).sign(key);
}

describe('a forged token', () => {
  it('that is no forgery at all is allowed: the twin of all below', async () => {
    await using w = await world();
    const token = await adminToken(w);
    assert.equal(await verdict(w, token), 'allowed');
    assert.equal(await verdict(w, await signOwn(w, payloadOf(token))), 'allowed');
  });

  it('with the algorithm none is refused, with and without the signature of another', async () => {
    await using w = await world();
    const [, payload = '', signature = ''] = (await adminToken(w)).split('.');
    for (const alg of ['none', 'None', 'NONE', ''])
      for (const tail of ['', signature]) {
        const header = encode({ alg, typ: 'JWT', kid: w.keys.signingKey().kid });
        const why = await verdict(w, `${header}.${payload}.${tail}`);
        assert.ok(why === 'algorithm-not-allowed' || why === 'malformed-token', why);
      }
  });

  it('with HS256 under the public key, in any of its forms, is refused', async () => {
    await using w = await world();
    const { kid } = w.keys.signingKey();
    const publicKey = w.keys.verifyingKey(kid, NOW);
    const [, payload = ''] = (await adminToken(w)).split('.');
    const secrets = [
      publicKey?.export({ type: 'spki', format: 'pem' }) ?? '',
      publicKey?.export({ type: 'spki', format: 'der' }) ?? '',
      JSON.stringify(w.keys.jwks(NOW).keys[0]),
    ];
    for (const secret of secrets) {
      const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${payload}`;
      const signature = createHmac('sha256', secret).update(signed).digest('base64url');
      assert.equal(await verdict(w, `${signed}.${signature}`), 'algorithm-not-allowed');
    }
  });

  it('signed with a key of the attacker is refused, whatever its header says of the key', async () => {
    await using w = await world();
    const payload = payloadOf(await adminToken(w));
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    assert.equal(await verdict(w, await signWith(privateKey, payload, { kid: 'mine' })), 'unknown-key');
    assert.equal(await verdict(w, await signWith(privateKey, payload, {})), 'unknown-key');
    assert.equal(await verdict(w, await signWith(privateKey, payload, { kid: 'mine', jwk })), 'unknown-key');
    const { kid } = w.keys.signingKey();
    assert.equal(await verdict(w, await signWith(privateKey, payload, { kid })), 'bad-signature');
    assert.equal(await verdict(w, await signWith(privateKey, payload, { kid, jwk })), 'bad-signature');
    assert.equal(
      await verdict(w, await signWith(privateKey, payload, { kid, jku: 'https://evil.example' })),
      'bad-signature',
    );
  });

  it('with a changed payload is refused', async () => {
    await using w = await world();
    const token = await adminToken(w);
    const [header, , signature] = token.split('.');
    const more = { ...payloadOf(token), access: [{ type: 'repository', name: 'secret', actions: ['pull'] }] };
    assert.equal(await verdict(w, `${header}.${encode(more)}.${signature}`), 'bad-signature');
  });

  it('whose signature is spelt in another way is refused', async () => {
    await using w = await world();
    const token = await adminToken(w);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const same = alphabet[alphabet.indexOf(token.at(-1) ?? '') + 1] ?? '';
    assert.deepEqual(signatureOf(token.slice(0, -1) + same), signatureOf(token));
    assert.equal(await verdict(w, token.slice(0, -1) + same), 'malformed-token');
    assert.notEqual(await verdict(w, `${token}=`), 'allowed');
  });

  it('that was cut short is refused, wherever it was cut', async () => {
    await using w = await world();
    const token = await adminToken(w);
    for (let end = token.length - 1; end > 0; end -= 37) {
      const why = await verdict(w, token.slice(0, end));
      assert.ok(['malformed-token', 'bad-signature', 'algorithm-not-allowed', 'unknown-key'].includes(why), why);
    }
  });

  it('of a megabyte is refused before it is looked at', async () => {
    await using w = await world();
    assert.equal(await verdict(w, 'a'.repeat(1024 * 1024)), 'header-too-large');
    const refused = await w.services.verifier.verify('a'.repeat(1024 * 1024), 1, NOW);
    assert.equal(refused.kind === 'rejected' && refused.why, 'malformed-token');
  });

  it('with a claim twice is refused, even under a right signature', async () => {
    await using w = await world();
    const text = JSON.stringify(payloadOf(await adminToken(w)));
    for (const first of ['"rid":"other",', '"aud":"other",', '"exp":1,', '"access":[],', '"principal":"anonymous",'])
      assert.equal(await verdict(w, await signOwn(w, `{${first}${text.slice(1)}`)), 'malformed-token', first);
    assert.equal(await verdict(w, await signOwn(w, text)), 'allowed');
  });

  it('with claims of other types or none is refused, even under a right signature', async () => {
    await using w = await world();
    const payload = payloadOf(await adminToken(w));
    for (const change of [
      { exp: undefined },
      { exp: '9999999999' },
      { nbf: undefined },
      { aud: ['myregistry.azurecr.test'] },
      { rid: undefined },
      { principal: undefined },
      { principal: 'root' },
      { principal: 'anonymous' },
      { credential: undefined },
      { credential: { slot: 'password' } },
      { grant_type: 'password' },
      { access: undefined },
      { access: [{ type: 'repository', name: 'team/app', actions: ['*'] }] },
    ])
      assert.equal(
        await verdict(w, await signOwn(w, { ...payload, ...change })),
        'malformed-token',
        JSON.stringify(change),
      );
    assert.equal(await verdict(w, await signOwn(w, { ...payload, iss: 'another' })), 'wrong-kind-of-token');
    for (const text of ['', 'null', '[]', '"x"', '1'])
      assert.equal(await verdict(w, await signOwn(w, text)), 'malformed-token');
  });
});

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
    const basicLogin = await authenticate(w.services, login, w.view({ uid }), NOW);
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
    const who = await authenticate(w.services, `Bearer ${token}`, w.view(), NOW);
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
      `Bearer ${await signOwn(w, { ...payloadOf(token), access })}`,
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

describe('an anonymous caller', () => {
  it('may pull where that is on, and never pushes, deletes or lists', async () => {
    await using w = await world();
    for (const anonymousPullEnabled of [true, false]) {
      const who = await authenticate(w.services, undefined, w.view({ anonymousPullEnabled }), NOW);
      assert.equal(who.kind, 'anonymous');
      assert.equal(who.caller.allows('pull', 'team/app'), anonymousPullEnabled);
      assert.equal(who.caller.allows('metadata_read', 'team/app'), anonymousPullEnabled);
      for (const action of ['push', 'delete', 'metadata_write'] as const)
        assert.equal(who.caller.judge(action, 'team/app'), 'denied');
      assert.equal(who.caller.allowsCatalog(), false);
    }
  });

  it('with a token may no more, and nothing once anonymous pull is off', async () => {
    await using w = await world();
    const on = w.view({ anonymousPullEnabled: true });
    const reply = await answerToken(w.services, incoming({ query: `scope=${SCOPE}` }), on, NOW);
    assert.equal(reply.body.kind, 'bytes');
    const token = (JSON.parse(reply.body.bytes.toString()) as { access_token: string }).access_token;
    assert.equal(await verdict(w, token, on), 'allowed');
    assert.equal(await verdict(w, token), 'principal-disabled');
  });

  it('is never what a wrong login falls back to', async () => {
    await using w = await world();
    const on = w.view({ anonymousPullEnabled: true });
    for (const header of [basic('a', 'b'), basic('', ''), 'Bearer x', 'Bearer', ['Bearer a', 'Bearer b']])
      assert.equal((await authenticate(w.services, header, on, NOW)).kind, 'rejected');
  });
});

describe('Basic on the data plane itself', () => {
  it('gives what the principal may do now, and nothing after its password is gone', async () => {
    await using w = await world();
    const login = await adminLogin(w);
    const before = await authenticate(w.services, login, w.view(), NOW);
    assert.equal(before.kind === 'caller' && before.caller.allows('delete', 'any'), true);
    assert.equal(before.kind === 'caller' && before.caller.allowsCatalog(), true);
    await w.directory.regenerateAdminPassword(w.registry.uid, 'password', NOW);
    const after = await authenticate(w.services, login, w.view(), NOW);
    assert.equal(after.kind === 'rejected' && after.why, 'wrong-credentials');
  });

  it('does not take the null GUID: its refresh token is for the token endpoint', async () => {
    await using w = await world();
    const header = basic('00000000-0000-0000-0000-000000000000', await refreshToken(w));
    const who = await authenticate(w.services, header, w.view(), NOW);
    assert.equal(who.kind === 'rejected' && who.why, 'wrong-credentials');
  });

  it('of one registry is nothing at another', async () => {
    await using w = await world();
    const uid = await w.directory.ensureRegistry('another', NOW);
    await w.directory.adminPasswords(uid, NOW);
    const another = viewOf({ ...w.registry, uid, name: 'another', loginServer: 'another.azurecr.test' });
    const { password } = await w.directory.adminPasswords(w.registry.uid, NOW);
    for (const name of ['myregistry', 'another'])
      assert.equal((await authenticate(w.services, basic(name, password), another, NOW)).kind, 'rejected');
  });
});

describe('whatever is sent as a token', () => {
  it('verification never throws and never grants, near a real token or far from it', async () => {
    await using w = await world();
    const token = await adminToken(w);
    const parts = token.split('.');
    const edit = fc.record({
      at: fc.nat(token.length - 1),
      to: fc.constantFrom('A', '.', '-', '_', '=', '~', 'é', ' '),
    });
    const near = edit.map(({ at, to }) => token.slice(0, at) + to + token.slice(at + 1));
    const header = fc.json().map((text) => `${encode(text)}.${parts[1]}.${parts[2]}`);
    const payload = fc.json().map((text) => `${parts[0]}.${encode(text)}.${parts[2]}`);
    const far = fc.array(fc.base64String({ maxLength: 40 }), { maxLength: 6 }).map((words) => words.join('.'));
    await fc.assert(
      fc.asyncProperty(fc.oneof(near, header, payload, far, fc.string()), async (text) => {
        if (text === token) return;
        assert.equal((await w.services.verifier.verify(text, 1, NOW)).kind, 'rejected');
      }),
      { numRuns: 1000 },
    );
  });

  it('any payload, though rightly signed, gives nothing to who is not in the directory', async () => {
    await using w = await world();
    const claims = fc.record({
      iss: fc.constantFrom('Azure Container Registry', 'x'),
      aud: fc.constantFrom('myregistry.azurecr.test', 'x', 1),
      rid: fc.constantFrom(w.registry.uid, 'x', null),
      nbf: fc.constantFrom(NOW / 1000, '0', -1e300),
      exp: fc.constantFrom(NOW / 1000 + 1, 1e300, null),
      grant_type: fc.constantFrom('access_token', 'refresh_token'),
      principal: fc.constantFrom(
        'anonymous',
        `admin-user/${w.registry.uid}`,
        `registry-token/${w.registry.uid}/ci`,
        'user/1',
      ),
      credential: fc.option(fc.record({ slot: fc.constantFrom('password', 'secret'), version: fc.string() }), {
        nil: undefined,
      }),
      access: fc.constantFrom([], [{ type: 'repository', name: 'team/app', actions: ['pull'] }], 'all'),
    });
    await fc.assert(
      fc.asyncProperty(claims, async (payload) => {
        assert.notEqual(await verdict(w, await signOwn(w, payload)), 'allowed');
      }),
      { numRuns: 500 },
    );
  });
});
