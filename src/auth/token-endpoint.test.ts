import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Reply } from '../http/reply.ts';
import { authenticate } from './authenticate.ts';
import { parseAuthorization } from './authorization-header.ts';
import type { RegistryView } from './registry-view.ts';
import { answerExchange, answerToken } from './token-endpoint.ts';
import {
  ARM,
  armToken,
  type Asked,
  basic,
  incoming,
  json,
  NOW,
  payloadOf,
  refreshToken,
  tokenIn,
  type World,
  world,
} from './world.fixture.ts';

const SERVICE = 'service=myregistry.azurecr.test';
const NULL_GUID = '00000000-0000-0000-0000-000000000000';

function ask(w: World, asked: Asked, view: RegistryView = w.view()): Promise<Reply> {
  return answerToken(w.services, incoming(asked), view, NOW);
}

function accessIn(reply: Reply): unknown {
  return payloadOf(tokenIn(reply))['access'];
}

function messageIn(reply: Reply): string {
  const [error] = json(reply)['errors'] as readonly { readonly code: string; readonly message: string }[];
  return `${reply.status} ${error?.code} ${error?.message}`;
}

const PULL = [{ type: 'repository', name: 'team/app', actions: ['pull'] }];
const BOTH = [{ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }];

describe('GET /oauth2/token', () => {
  const query = `${SERVICE}&scope=repository:team/app:pull,push`;

  it('gives the admin user what it asks, by either password', async () => {
    await using w = await world();
    const passwords = await w.directory.adminPasswords(w.registry.uid, NOW);
    for (const password of Object.values(passwords)) {
      const authorization = basic('myregistry', password);
      assert.deepEqual(accessIn(await ask(w, { query, headers: { authorization } })), BOTH);
    }
    const wrong = await ask(w, { query, headers: { authorization: basic('myregistry', 'wrong') } });
    assert.match(
      messageIn(wrong),
      /^401 UNAUTHORIZED no user of myregistry\.azurecr\.test has this name and password$/,
    );
  });

  it('refuses an admin user that is switched off, and says so only to who knows the password', async () => {
    await using w = await world();
    const { password } = await w.directory.adminPasswords(w.registry.uid, NOW);
    const off = w.view({ adminUserEnabled: false });
    const right = await ask(w, { query, headers: { authorization: basic('myregistry', password) } }, off);
    const wrong = await ask(w, { query, headers: { authorization: basic('myregistry', 'wrong') } }, off);
    assert.match(messageIn(right), /^401 UNAUTHORIZED the admin user of the registry myregistry is disabled/);
    assert.match(messageIn(wrong), /^401 UNAUTHORIZED no user/);
  });

  it('gives a service principal everything, whatever the case of its id', async () => {
    await using w = await world();
    const authorization = basic(w.owner.clientId.toUpperCase(), w.owner.clientSecret);
    const all = `${query}&scope=registry:catalog:*`;
    assert.deepEqual(accessIn(await ask(w, { query: all, headers: { authorization } })), [
      ...BOTH,
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ]);
    assert.equal((await ask(w, { query, headers: { authorization: basic(w.owner.clientId, 'x') } })).status, 401);
  });

  it('gives a registry token what its scope map holds and no more', async () => {
    await using w = await world();
    const request = { registry: w.registry.uid, token: 'ci', slot: 'password1', nowMs: NOW } as const;
    const authorization = basic('ci', await w.directory.generateTokenPassword(request));
    assert.deepEqual(accessIn(await ask(w, { query, headers: { authorization } })), PULL);
    const elsewhere = `${SERVICE}&scope=repository:team/other:pull&scope=registry:catalog:*`;
    assert.deepEqual(accessIn(await ask(w, { query: elsewhere, headers: { authorization } })), []);
    const disabled = w.view({ tokens: [{ name: 'ci', scopeMap: 'app-pull', status: 'disabled' }] });
    assert.match(messageIn(await ask(w, { query, headers: { authorization } }, disabled)), /^401 .* is disabled/);
    assert.equal((await ask(w, { query, headers: { authorization } }, w.view({ tokens: [] }))).status, 401);
  });

  it('refuses a registry token whose password has expired, a moment before it does not', async () => {
    await using w = await world();
    const request = { registry: w.registry.uid, token: 'ci', slot: 'password1', nowMs: NOW } as const;
    const before = await w.directory.generateTokenPassword({ ...request, expiresMs: NOW + 1 });
    assert.equal((await ask(w, { query, headers: { authorization: basic('ci', before) } })).status, 200);
    const after = await w.directory.generateTokenPassword({ ...request, expiresMs: NOW });
    const refused = await ask(w, { query, headers: { authorization: basic('ci', after) } });
    assert.match(messageIn(refused), /^401 UNAUTHORIZED the password behind this login has expired/);
  });

  it('gives nobody in particular a token only where anonymous pull is on', async () => {
    await using w = await world();
    const on = w.view({ anonymousPullEnabled: true });
    assert.deepEqual(accessIn(await ask(w, { query }, on)), PULL);
    assert.equal((await ask(w, { query })).status, 401);
    assert.equal((await ask(w, { query, headers: { authorization: basic('a', 'b') } }, on)).status, 401);
  });

  it('takes a refresh token as the password of the null GUID', async () => {
    await using w = await world();
    const token = await refreshToken(w);
    assert.deepEqual(accessIn(await ask(w, { query, headers: { authorization: basic(NULL_GUID, token) } })), BOTH);
    for (const other of [
      '',
      'x',
      await armToken(w),
      tokenIn(await ask(w, { query, headers: { authorization: basic(NULL_GUID, token) } })),
    ])
      assert.equal((await ask(w, { query, headers: { authorization: basic(NULL_GUID, other) } })).status, 401);
  });

  it('understands what docker and podman add', async () => {
    await using w = await world();
    const { password } = await w.directory.adminPasswords(w.registry.uid, NOW);
    const headers = { authorization: basic('myregistry', password) };
    for (const more of ['&account=myregistry', '&client_id=docker&offline_token=true&account=myregistry']) {
      const reply = await ask(w, { query: query + more, headers });
      assert.deepEqual(accessIn(reply), BOTH);
      assert.deepEqual(Object.keys(json(reply)).sort(), ['access_token', 'expires_in']);
    }
  });

  it('without a scope gives a token that proves a login and nothing else', async () => {
    await using w = await world();
    const { password } = await w.directory.adminPasswords(w.registry.uid, NOW);
    const token = tokenIn(await ask(w, { query: SERVICE, headers: { authorization: basic('myregistry', password) } }));
    const who = await authenticate(w.services, parseAuthorization(`Bearer ${token}`), w.view(), NOW);
    assert.equal(who.kind, 'caller');
    assert.equal(who.caller.judge('pull', 'team/app'), 'insufficient-scope');
  });

  it('refuses what is malformed, saying what', async () => {
    await using w = await world();
    for (const [asked, message] of [
      [
        { query: 'service=other.azurecr.test' },
        /^400 UNSUPPORTED service is "other\.azurecr\.test", and this is myreg/,
      ],
      [{ query: `${SERVICE}&${SERVICE}` }, /service was sent more than once/],
      [{ query: `${SERVICE}&scope=repository:a:puull` }, /asks for the action "puull"; allowed are pull, push/],
      [{ query, headers: { authorization: 'Bearer x' } }, /not with Bearer/],
      [{ query, headers: { authorization: 'Basic ?' } }, /is not Basic|neither/],
    ] as const)
      assert.match(messageIn(await ask(w, asked)), message);
    assert.equal(
      (await ask(w, { query: 'service=MyRegistry.azurecr.test' }, w.view({ anonymousPullEnabled: true }))).status,
      200,
    );
  });
});

describe('POST /oauth2/token', () => {
  it('gives an access token for a refresh token', async () => {
    await using w = await world();
    const form = {
      grant_type: 'refresh_token',
      service: 'myregistry.azurecr.test',
      scope: 'repository:team/app:pull,push',
      refresh_token: await refreshToken(w),
    };
    const reply = await ask(w, { form });
    assert.deepEqual(accessIn(reply), BOTH);
    assert.equal(reply.headers['cache-control'], 'no-store');
    assert.equal((await ask(w, { form: { ...form, refresh_token: tokenIn(reply) } })).status, 401);
    assert.equal((await ask(w, { form: { ...form, refresh_token: await armToken(w) } })).status, 401);
    assert.equal((await ask(w, { form: { ...form, refresh_token: '' } })).status, 401);
  });

  it('gives an access token for a name and a password', async () => {
    await using w = await world();
    const { password } = await w.directory.adminPasswords(w.registry.uid, NOW);
    const form = { grant_type: 'password', username: 'myregistry', password, scope: 'repository:team/app:pull,push' };
    assert.deepEqual(accessIn(await ask(w, { form })), BOTH);
    assert.equal((await ask(w, { form: { ...form, password: `${password}x` } })).status, 401);
    assert.equal((await ask(w, { form: { ...form, password: '' } })).status, 401);
    assert.equal((await ask(w, { form: { ...form, username: '' } })).status, 401);
  });

  it('takes every scope of several', async () => {
    await using w = await world();
    const form = new URLSearchParams({ grant_type: 'password' });
    form.set('username', w.owner.clientId);
    form.set('password', w.owner.clientSecret);
    form.append('scope', 'repository:a:pull repository:b:pull');
    form.append('scope', 'repository:c:delete');
    const access = accessIn(await ask(w, { form })) as readonly { readonly name: string }[];
    assert.deepEqual(
      access.map(({ name }) => name),
      ['a', 'b', 'c'],
    );
  });

  it('takes the empty login of the Azure SDK for nobody in particular', async () => {
    await using w = await world();
    const form = {
      grant_type: 'password',
      service: 'myregistry.azurecr.test',
      refresh_token: '',
      scope: 'repository:team/app:pull,push',
    };
    assert.deepEqual(accessIn(await ask(w, { form }, w.view({ anonymousPullEnabled: true }))), PULL);
    assert.equal((await ask(w, { form })).status, 401);
  });

  it('refuses what is malformed, saying what', async () => {
    await using w = await world();
    const repeated = new URLSearchParams('grant_type=password&grant_type=refresh_token');
    for (const [form, message] of [
      [{ grant_type: 'access_token' }, /^400 .*grant_type is "access_token"; allowed are refresh_token and password/],
      [{}, /^400 .*grant_type is null/],
      [repeated, /^400 .*grant_type was sent more than once/],
      [`grant_type=password&password=${'x'.repeat(65536)}`, /^400 .*the form is larger than 65536 bytes/],
    ] as const)
      assert.match(messageIn(await ask(w, { form })), message);
  });
});

describe('POST /oauth2/exchange', () => {
  const exchange = (w: World, form: Asked['form'], view = w.view()): Promise<Reply> =>
    answerExchange(w.services, incoming({ form: form ?? '' }), view, NOW);
  const service = 'myregistry.azurecr.test';

  it('gives a refresh token with the claims of Azure for a token of the login authority', async () => {
    await using w = await world();
    for (const grant_type of ['access_token', 'access_token_refresh_token'])
      for (const resource of [ARM, `${ARM}/`, 'https://containerregistry.azure.net']) {
        const form = { grant_type, service, tenant: w.owner.tenantId, access_token: await armToken(w, resource) };
        const payload = payloadOf(tokenIn(await exchange(w, form), 'refresh_token'));
        assert.deepEqual(
          { ...payload, jti: typeof payload['jti'], credential: typeof payload['credential'] },
          {
            jti: 'string',
            sub: w.owner.clientId,
            nbf: NOW / 1000,
            exp: NOW / 1000 + 3 * 60 * 60,
            iat: NOW / 1000,
            iss: 'Azure Container Registry',
            aud: service,
            version: '1.0',
            rid: w.registry.uid,
            grant_type: 'refresh_token',
            permissions: { actions: ['read'], notActions: [] },
            roles: [],
            principal: `service-principal/${w.owner.clientId}`,
            credential: 'object',
          },
        );
      }
  });

  it('refuses any other token, service or grant', async () => {
    await using w = await world();
    const form = { grant_type: 'access_token', service, access_token: await armToken(w) };
    for (const [change, status] of [
      [{}, 200],
      [{ access_token: await refreshToken(w) }, 401],
      [{ access_token: 'a.b.c' }, 401],
      [{ access_token: '' }, 400],
      [{ service: 'other.azurecr.test' }, 400],
      [{ grant_type: 'refresh_token', refresh_token: 'x' }, 400],
      [{ grant_type: 'password' }, 400],
    ] as const)
      assert.equal((await exchange(w, { ...form, ...change })).status, status, JSON.stringify(change));
  });

  it('refuses a token whose secret was rotated', async () => {
    await using w = await world();
    const form = { grant_type: 'access_token', service, access_token: await armToken(w) };
    assert.equal((await exchange(w, form)).status, 200);
    await w.directory.rotateOwnerSecret({ keepSecret: false, nowMs: NOW });
    assert.match(messageIn(await exchange(w, form)), /^401 UNAUTHORIZED .* was changed or removed; log in again/);
  });
});
