import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adminLogin, SCOPE, verdict } from './attack.fixture.ts';
import { authenticate } from './authenticate.ts';
import { parseAuthorization } from './authorization-header.ts';
import { answerToken } from './token-endpoint.ts';
import { basic, incoming, NOW, refreshToken, viewOf, world } from './world.fixture.ts';

describe('an anonymous caller', () => {
  it('may pull where that is on, and never pushes, deletes or lists', async () => {
    await using w = await world();
    for (const anonymousPullEnabled of [true, false]) {
      const who = await authenticate(w.services, parseAuthorization(undefined), w.view({ anonymousPullEnabled }), NOW);
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
      assert.equal((await authenticate(w.services, parseAuthorization(header), on, NOW)).kind, 'rejected');
  });
});

describe('Basic on the data plane itself', () => {
  it('gives what the principal may do now, and nothing after its password is gone', async () => {
    await using w = await world();
    const login = await adminLogin(w);
    const before = await authenticate(w.services, parseAuthorization(login), w.view(), NOW);
    assert.equal(before.kind === 'caller' && before.caller.allows('delete', 'any'), true);
    assert.equal(before.kind === 'caller' && before.caller.allowsCatalog(), true);
    await w.directory.regenerateAdminPassword(w.registry.uid, 'password', NOW);
    const after = await authenticate(w.services, parseAuthorization(login), w.view(), NOW);
    assert.equal(after.kind === 'rejected' && after.why, 'wrong-credentials');
  });

  it('does not take the null GUID: its refresh token is for the token endpoint', async () => {
    await using w = await world();
    const header = basic('00000000-0000-0000-0000-000000000000', await refreshToken(w));
    const who = await authenticate(w.services, parseAuthorization(header), w.view(), NOW);
    assert.equal(who.kind === 'rejected' && who.why, 'wrong-credentials');
  });

  it('of one registry is nothing at another', async () => {
    await using w = await world();
    const uid = await w.directory.ensureRegistry('another', NOW);
    await w.directory.adminPasswords(uid, NOW);
    const another = viewOf({ ...w.registry, uid, name: 'another', loginServer: 'another.azurecr.test' });
    const { password } = await w.directory.adminPasswords(w.registry.uid, NOW);
    for (const name of ['myregistry', 'another'])
      assert.equal(
        (await authenticate(w.services, parseAuthorization(basic(name, password)), another, NOW)).kind,
        'rejected',
      );
  });
});
