import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { adminToken, encode, signatureOf, signOwn, signWith, verdict } from './attack.fixture.ts';
import { Token } from './token.ts';
import { NOW, payloadOf, world } from './world.fixture.ts';

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
    const refused = await w.services.verifier.verify(new Token('a'.repeat(1024 * 1024)), 1, NOW);
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
    const other = { ...payload, iss: 'another' };
    assert.equal(await verdict(w, await signOwn(w, other)), 'malformed-token');
    assert.equal(await verdict(w, await signOwn(w, { ...other, grant_type: undefined })), 'wrong-kind-of-token');
    for (const text of ['', 'null', '[]', '"x"', '1'])
      assert.equal(await verdict(w, await signOwn(w, text)), 'malformed-token');
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
        assert.equal((await w.services.verifier.verify(new Token(text), 1, NOW)).kind, 'rejected');
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
