import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compactVerify, importJWK } from 'jose';
import type { Reply } from '../http/reply.ts';
import { verifyArmToken } from './arm-token.ts';
import { answerAuthorityToken } from './login-authority.ts';
import { answerInstanceDiscovery, answerOpenidConfiguration, answerSigningKeys } from './openid-configuration.ts';
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

function ask(w: World, asked: Asked, tenant = w.owner.tenantId): Promise<Reply> {
  return answerAuthorityToken(w.services, incoming(asked), tenant, NOW);
}

function formOf(w: World): Readonly<Record<string, string>> {
  return {
    grant_type: 'client_credentials',
    client_id: w.owner.clientId,
    client_secret: w.owner.clientSecret,
    scope: `${ARM}/.default`,
  };
}

describe('the token endpoint of the login authority', () => {
  it('gives a client that shows its secret a token with what az reads', async () => {
    await using w = await world();
    const reply = await ask(w, { form: formOf(w) });
    assert.equal(json(reply)['token_type'], 'Bearer');
    assert.equal(json(reply)['expires_in'], 3600);
    assert.equal(reply.headers['cache-control'], 'no-store');
    const { aud, iss, tid, appid, oid, sub, exp, iat } = payloadOf(tokenIn(reply));
    assert.deepEqual([aud, iss], [ARM, `${ARM}/${w.owner.tenantId}/v2.0`]);
    assert.deepEqual([tid, appid], [w.owner.tenantId, w.owner.clientId]);
    assert.equal(oid, sub);
    assert.equal(oid, w.directory.snapshot().servicePrincipal(w.owner.clientId)?.objectId);
    assert.equal(Number(exp) - Number(iat), 3600);
  });

  it('takes the client from a Basic header too, but not from both', async () => {
    await using w = await world();
    const { client_id, client_secret, ...form } = formOf(w);
    const headers = { authorization: basic(client_id ?? '', client_secret ?? '') };
    assert.equal((await ask(w, { form, headers })).status, 200);
    assert.equal((await ask(w, { form: formOf(w), headers })).status, 400);
    assert.equal((await ask(w, { form, headers: { authorization: basic(client_id ?? '', 'wrong') } })).status, 401);
  });

  it('takes a resource with any number of slashes at its end', async () => {
    await using w = await world();
    for (const scope of [`${ARM}/.default`, `${ARM}//.default`])
      assert.equal(payloadOf(tokenIn(await ask(w, { form: { ...formOf(w), scope } })))['aud'], ARM);
  });

  it('refuses as RFC 6749 says, with the numbers of Entra ID', async () => {
    await using w = await world();
    const form = formOf(w);
    const { grant_type: _, ...noGrant } = form;
    for (const [asked, status, error, text] of [
      [{ ...form, client_secret: 'wrong' }, 401, 'invalid_client', /^AADSTS7000215: /],
      [{ ...form, client_id: 'unknown' }, 401, 'invalid_client', /^AADSTS7000215: /],
      [
        { ...form, grant_type: 'implicit' },
        400,
        'unsupported_grant_type',
        /'implicit'; allowed are client_credentials/,
      ],
      [noGrant, 400, 'invalid_request', /'grant_type'/],
      [{ ...form, scope: 'https://graph.microsoft.com/.default' }, 400, 'invalid_resource', /^AADSTS500011: .*graph/],
      [{ ...form, scope: 'openid' }, 400, 'invalid_scope', /"openid" must be one resource followed by \/\.default/],
    ] as const) {
      const reply = await ask(w, { form: asked });
      const body = json(reply);
      assert.deepEqual([reply.status, body['error']], [status, error]);
      assert.match(String(body['error_description']), text);
    }
    const repeated = new URLSearchParams([...Object.entries(form), ['client_id', 'another']]);
    assert.equal((await ask(w, { form: repeated })).status, 400);
    assert.equal((await ask(w, { form: `x=${'x'.repeat(65536)}` })).status, 400);
  });

  it('is that of its own tenant only', async () => {
    await using w = await world();
    assert.equal((await ask(w, { form: formOf(w) }, w.owner.tenantId.toUpperCase())).status, 200);
    const other = await ask(w, { form: formOf(w) }, w.owner.subscriptionId);
    assert.match(String(json(other)['error_description']), /^AADSTS90002: Tenant/);
    assert.equal(answerOpenidConfiguration(w.services, 'consumers', 'entra').status, 400);
    assert.equal(answerSigningKeys(w.services, 'consumers', NOW).status, 400);
  });

  it('goes by the names that clients use for the tenant they do not know', async () => {
    await using w = await world();
    for (const tenant of ['adfs', 'common', 'Organizations'])
      assert.equal(payloadOf(tokenIn(await ask(w, { form: formOf(w) }, tenant)))['tid'], w.owner.tenantId);
    assert.equal((await ask(w, { form: formOf(w) }, 'consumers')).status, 400);
  });
});

describe('the discovery documents', () => {
  it('lead to the keys that verify its tokens', async () => {
    await using w = await world();
    const document = json(answerOpenidConfiguration(w.services, w.owner.tenantId, 'entra'));
    assert.equal(document['issuer'], payloadOf(await armToken(w))['iss']);
    assert.equal(document['token_endpoint'], `${ARM}/${w.owner.tenantId}/oauth2/v2.0/token`);
    assert.equal(document['jwks_uri'], `${ARM}/${w.owner.tenantId}/discovery/v2.0/keys`);
    const { keys } = json(answerSigningKeys(w.services, w.owner.tenantId, NOW)) as { keys: readonly object[] };
    assert.equal(keys.length, 1);
    const verified = await compactVerify(await armToken(w), await importJWK({ ...keys[0] }, 'ES256'));
    assert.equal(verified.protectedHeader.alg, 'ES256');
  });
});

describe('the discovery documents of clients that do not know the tenant', () => {
  it('name the endpoints of AD FS where AD FS has them, and the same issuer', async () => {
    await using w = await world();
    const adfs = json(answerOpenidConfiguration(w.services, 'adfs', 'adfs'));
    assert.equal(adfs['issuer'], payloadOf(await armToken(w))['iss']);
    assert.equal(adfs['token_endpoint'], `${ARM}/adfs/oauth2/token`);
    assert.equal(adfs['jwks_uri'], `${ARM}/adfs/discovery/keys`);
  });

  it('lead from instance discovery to the document of the tenant', async () => {
    await using w = await world();
    const found = json(answerInstanceDiscovery(w.services));
    const document = `${ARM}/${w.owner.tenantId}/v2.0/.well-known/openid-configuration`;
    assert.equal(found['tenant_discovery_endpoint'], document);
    assert.match(JSON.stringify(found['metadata']), /"aliases":\["localhost:8443"\]/);
  });
});

describe('a token for the management API', () => {
  it('names its principal, until its secret is rotated', async () => {
    await using w = await world();
    const header = `Bearer ${await armToken(w)}`;
    const who = await verifyArmToken(w.services, header, NOW);
    assert.deepEqual(who.kind === 'principal' && who.account.principal, {
      kind: 'service-principal',
      clientId: w.owner.clientId,
    });
    await w.directory.rotateOwnerSecret({ keepSecret: false, nowMs: NOW });
    const after = await verifyArmToken(w.services, header, NOW);
    assert.equal(after.kind === 'rejected' && after.why, 'credential-changed');
  });

  it('is refused when it is none, for something else, too old, or not there', async () => {
    await using w = await world();
    const token = await armToken(w);
    for (const [header, nowMs, expected] of [
      [`Bearer ${token}`, NOW + 3_600_000, 'principal'],
      [`Bearer ${token}`, NOW + 3_600_000 + 30_000, 'expired'],
      [`Bearer ${await armToken(w, 'https://containerregistry.azure.net')}`, NOW, 'wrong-audience'],
      [`Bearer ${await refreshToken(w)}`, NOW, 'wrong-kind-of-token'],
      [basic(w.owner.clientId, w.owner.clientSecret), NOW, 'malformed-header'],
      ['Bearer x', NOW, 'malformed-token'],
      [undefined, NOW, 'anonymous'],
    ] as const) {
      const who = await verifyArmToken(w.services, header, nowMs);
      assert.equal(who.kind === 'rejected' ? who.why : who.kind, expected);
    }
  });

  it('of another authority with the same keys is refused', async () => {
    await using w = await world();
    const elsewhere = { ...w.services, authority: { ...w.services.authority, issuerBase: 'https://elsewhere' } };
    const who = await verifyArmToken(elsewhere, `Bearer ${await armToken(w)}`, NOW);
    assert.equal(who.kind === 'rejected' && who.why, 'wrong-issuer');
  });
});
