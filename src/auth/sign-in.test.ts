import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { NewUser } from '../directory/port.ts';
import type { Reply } from '../http/reply.ts';
import { verifyArmToken } from './arm-token.ts';
import { answerAuthorityToken } from './login-authority.ts';
import { answerAuthorize, answerAuthorizeForm, answerDeviceCode, answerDeviceForm } from './sign-in.ts';
import { ARM, incoming, json, NOW, payloadOf, tokenIn, type World, world } from './world.fixture.ts';

const AZ = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';
const SCOPE = `${ARM}//.default openid profile offline_access`;
const MINUTE = 60_000;

type Form = Readonly<Record<string, string>>;

function ask(w: World, form: Form, nowMs = NOW): Promise<Reply> {
  return answerAuthorityToken(w.services, incoming({ form: { client_id: AZ, ...form } }), 'common', nowMs);
}

async function alice(w: World): Promise<NewUser> {
  const made = await w.directory.createUser({
    userPrincipalName: 'alice@example.com',
    displayName: 'Alice',
    createdMs: NOW,
  });
  assert.ok(made !== undefined);
  return made;
}

function login({ password }: NewUser): Form {
  return { grant_type: 'password', username: 'Alice@example.com', password, scope: SCOPE, client_info: '1' };
}

function errorOf(reply: Reply): unknown {
  return json(reply)['error'];
}

describe('a person who signs in by name and password', () => {
  it('gets tokens that say who it is, and for which program', async () => {
    await using w = await world();
    const made = await alice(w);
    const reply = await ask(w, login(made));
    const { aud, oid, upn, appid, idtyp } = payloadOf(tokenIn(reply));
    assert.deepEqual([aud, oid, upn, appid, idtyp], [ARM, made.user.objectId, 'alice@example.com', AZ, 'user']);
    const { id_token: idToken, client_info: info, scope } = json(reply);
    const claims = payloadOf(String(idToken));
    assert.deepEqual([claims['aud'], claims['preferred_username'], claims['name']], [AZ, 'alice@example.com', 'Alice']);
    assert.equal(scope, SCOPE);
    const { uid } = JSON.parse(Buffer.from(String(info), 'base64url').toString()) as { readonly uid: string };
    assert.equal(uid, made.user.objectId);
    const who = await verifyArmToken(w.services, `Bearer ${tokenIn(reply)}`, NOW);
    assert.equal(who.kind === 'principal' && who.account.userPrincipalName, 'alice@example.com');
  });

  it('is refused with another password, and where nobody has the name', async () => {
    await using w = await world();
    const made = await alice(w);
    for (const wrong of [{ password: 'wrong' }, { username: 'bob@example.com' }, { password: w.owner.clientSecret }])
      assert.equal(errorOf(await ask(w, { ...login(made), ...wrong })), 'invalid_grant');
  });

  it('stays signed in by its refresh token, until its password changes or it goes', async () => {
    await using w = await world();
    const made = await alice(w);
    const first = await ask(w, login(made));
    const refresh = (token: string, more: Form = {}, nowMs = NOW): Promise<Reply> =>
      ask(w, { grant_type: 'refresh_token', refresh_token: token, scope: SCOPE, ...more }, nowMs);
    const second = await refresh(tokenIn(first, 'refresh_token'));
    assert.equal(payloadOf(tokenIn(second))['oid'], made.user.objectId);
    const graph = await refresh(tokenIn(second, 'refresh_token'), { scope: `${ARM}/graph/.default offline_access` });
    assert.equal(payloadOf(tokenIn(graph))['aud'], `${ARM}/graph`);
    const token = tokenIn(first, 'refresh_token');
    assert.equal(errorOf(await refresh(token, { client_id: 'another-program' })), 'invalid_grant');
    assert.equal(errorOf(await refresh(token, {}, NOW + 24 * 60 * MINUTE + MINUTE)), 'invalid_grant');
    assert.equal(errorOf(await refresh(tokenIn(first))), 'invalid_grant');
    await w.directory.rotateUser(made.user.objectId, NOW);
    assert.equal(errorOf(await refresh(token)), 'invalid_grant');
    const who = await verifyArmToken(w.services, `Bearer ${tokenIn(first)}`, NOW);
    assert.equal(who.kind === 'rejected' && who.why, 'credential-changed');
  });

  it('has no use of its refresh token as an access token', async () => {
    await using w = await world();
    const token = tokenIn(await ask(w, login(await alice(w))), 'refresh_token');
    const who = await verifyArmToken(w.services, `Bearer ${token}`, NOW);
    assert.equal(who.kind === 'rejected' && who.why, 'wrong-kind-of-token');
  });
});

describe('a sign-in at another device', () => {
  const begin = async (w: World, from = {}): Promise<{ readonly device: string; readonly user: string }> => {
    const reply = await answerDeviceCode(
      w.services,
      incoming({ form: { client_id: AZ, scope: SCOPE }, from }),
      'common',
      NOW,
    );
    const { device_code: device, user_code: user } = json(reply);
    return { device: String(device), user: String(user) };
  };
  const poll = (w: World, device: string, more: Form = {}, nowMs = NOW): Promise<Reply> =>
    ask(w, { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device, ...more }, nowMs);
  const typed = (w: World, code: string, password: string, nowMs = NOW): Promise<Reply> =>
    answerDeviceForm(
      w.services,
      incoming({ form: { user_code: code, username: 'alice@example.com', password } }),
      nowMs,
    );

  it('waits until somebody types the code, and is told once', async () => {
    await using w = await world();
    const { password } = await alice(w);
    const { device, user } = await begin(w);
    assert.equal(errorOf(await poll(w, device)), 'authorization_pending');
    assert.equal((await typed(w, user, 'wrong')).status, 400);
    assert.equal(errorOf(await poll(w, device)), 'authorization_pending');
    // People type it in their own way.
    assert.equal((await typed(w, `${user.slice(0, 4).toLowerCase()}-${user.slice(4)}`, password)).status, 200);
    assert.equal(errorOf(await poll(w, device, { client_id: 'another-program' })), 'invalid_grant');
    assert.equal(payloadOf(tokenIn(await poll(w, device)))['upn'], 'alice@example.com');
    assert.equal(errorOf(await poll(w, device)), 'invalid_grant');
  });

  it('is not pushed out by thousands that somebody else begins', async () => {
    await using w = await world();
    const { device } = await begin(w);
    const flood = {};
    const first = await begin(w, flood);
    for (let i = 0; i < 2000; i++) await begin(w, flood);
    assert.equal(errorOf(await poll(w, device)), 'authorization_pending');
    assert.equal(errorOf(await poll(w, first.device)), 'invalid_grant');
  });

  it('ends when nobody comes within fifteen minutes, and a code is used once', async () => {
    await using w = await world();
    const { password } = await alice(w);
    const { device, user } = await begin(w);
    assert.equal((await typed(w, user, password, NOW + 16 * MINUTE)).status, 400);
    assert.equal(errorOf(await poll(w, device, {}, NOW + 16 * MINUTE)), 'expired_token');
    const other = await begin(w);
    assert.equal((await typed(w, other.user, password)).status, 200);
    assert.equal((await typed(w, other.user, password)).status, 400);
    assert.equal(errorOf(await poll(w, 'nobody')), 'invalid_grant');
  });
});

describe('a sign-in by redirection', () => {
  const VERIFIER = 'a'.repeat(43);
  const REQUEST: Form = {
    client_id: AZ,
    response_type: 'code',
    redirect_uri: 'http://localhost:8400/',
    scope: SCOPE,
    state: 's & t',
    nonce: 'n',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
  };
  const signIn = async (w: World, password: string, more: Form = {}): Promise<Reply> =>
    answerAuthorizeForm(
      w.services,
      incoming({ form: { ...REQUEST, username: 'alice@example.com', password, ...more } }),
      'common',
      NOW,
    );
  const codeIn = (reply: Reply): string => new URL(String(reply.headers['location'])).searchParams.get('code') ?? '';
  const redeem = (w: World, code: string, more: Form = {}, nowMs = NOW): Promise<Reply> =>
    ask(
      w,
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: 'http://localhost:8400/',
        code_verifier: VERIFIER,
        ...more,
      },
      nowMs,
    );

  it('goes back to the program with a code, which it changes for tokens once', async () => {
    await using w = await world();
    const { password } = await alice(w);
    const reply = await signIn(w, password);
    assert.equal(reply.status, 302);
    const target = new URL(String(reply.headers['location']));
    assert.deepEqual([target.origin, target.searchParams.get('state')], ['http://localhost:8400', 's & t']);
    const tokens = await redeem(w, codeIn(reply));
    assert.equal(payloadOf(String(json(tokens)['id_token']))['nonce'], 'n');
    assert.equal(errorOf(await redeem(w, codeIn(reply))), 'invalid_grant');
  });

  const WRONG: readonly (readonly [string, Form, number])[] = [
    ['another verifier', { code_verifier: 'b'.repeat(43) }, 0],
    ['another program', { client_id: 'another-program' }, 0],
    ['another redirect URI', { redirect_uri: 'http://localhost:8401/' }, 0],
    ['too late', {}, 6 * MINUTE],
  ];
  for (const [name, more, later] of WRONG)
    it(`gives nothing for a code with ${name}`, async () => {
      await using w = await world();
      const { password } = await alice(w);
      const code = codeIn(await signIn(w, password));
      assert.equal(errorOf(await redeem(w, code, more, NOW + later)), 'invalid_grant');
      assert.equal(errorOf(await redeem(w, code)), 'invalid_grant');
    });

  it('gives no code for a wrong password, and shows the page again with what was asked', async () => {
    await using w = await world();
    await alice(w);
    const reply = await signIn(w, 'wrong');
    assert.equal(reply.status, 400);
    assert.equal(reply.headers['location'], undefined);
    assert.ok(reply.body.kind === 'bytes');
    assert.match(reply.body.bytes.toString(), /name="state" value="s &amp; t"/);
  });

  const ELSEWHERE = [
    'https://evil.test/',
    'http://localhost.evil.test/',
    'http://localhost@evil.test/',
    'javascript:alert(1)',
    '',
    '//evil.test',
  ];
  for (const uri of ELSEWHERE)
    it(`goes to no ${JSON.stringify(uri)}`, async () => {
      await using w = await world();
      const { password } = await alice(w);
      const query = new URLSearchParams({ ...REQUEST, redirect_uri: uri }).toString();
      for (const reply of [
        answerAuthorize(w.services, incoming({ query }), 'common'),
        await signIn(w, password, { redirect_uri: uri }),
      ]) {
        assert.equal(reply.status, 400);
        assert.equal(reply.headers['location'], undefined);
      }
    });

  it('is not begun without a challenge, and repeats nothing as markup', async () => {
    await using w = await world();
    const { code_challenge: _, ...without } = REQUEST;
    const ask400 = (form: Form): Reply =>
      answerAuthorize(w.services, incoming({ query: new URLSearchParams(form).toString() }), 'common');
    assert.equal(ask400(without).status, 400);
    const page = ask400({ ...REQUEST, state: '"><script>alert(1)</script>', login_hint: '"><b>' });
    assert.ok(page.body.kind === 'bytes');
    assert.doesNotMatch(page.body.bytes.toString(), /<script>|<b>/);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/);
  });
});

describe('an application that shows what an outside issuer says of it', () => {
  const ISSUER = 'https://ci.example.com';
  const scene = async (w: World) => {
    const { principal } = await w.directory.createServicePrincipal('ci', NOW);
    const clientId = principal.clientId;
    const made = await w.directory.addFederatedCredential({
      clientId,
      name: 'main',
      issuer: ISSUER,
      subject: 'repo:team/app:ref:refs/heads/main',
      audience: 'api://AzureADTokenExchange',
      createdMs: NOW,
    });
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const kid = 'k1';
    w.issuers.set(`${ISSUER}/.well-known/openid-configuration`, { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` });
    w.issuers.set(`${ISSUER}/keys`, { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'RS256' }] });
    const assertion = (claims: object = {}, key = privateKey): Promise<string> =>
      new SignJWT({
        iss: ISSUER,
        sub: 'repo:team/app:ref:refs/heads/main',
        aud: 'api://AzureADTokenExchange',
        exp: NOW / 1000 + 300,
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', kid })
        .sign(key);
    const form = async (text: Promise<string>): Promise<Form> => ({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await text,
      scope: `${ARM}/.default`,
    });
    return { clientId, credential: made?.id ?? '', assertion, form };
  };

  it('gets a token, which ends with the federated credential', async () => {
    await using w = await world();
    const { clientId, credential, assertion, form } = await scene(w);
    const token = tokenIn(await ask(w, await form(assertion())));
    assert.equal(payloadOf(token)['appid'], clientId);
    assert.equal((await verifyArmToken(w.services, `Bearer ${token}`, NOW)).kind, 'principal');
    await w.directory.removeFederatedCredential(clientId, credential);
    const who = await verifyArmToken(w.services, `Bearer ${token}`, NOW);
    assert.equal(who.kind === 'rejected' && who.why, 'credential-changed');
    assert.equal(errorOf(await ask(w, await form(assertion()))), 'invalid_client');
  });

  const CLAIMS: readonly (readonly [string, object, RegExp])[] = [
    [
      'another branch',
      { sub: 'repo:team/app:ref:refs/heads/other' },
      /No matching federated identity record.*heads\/other/,
    ],
    ['another audience', { aud: 'https://else' }, /No matching/],
    ['another issuer', { iss: 'https://evil.test' }, /No matching/],
    ['an issuer that differs by a slash', { iss: `${ISSUER}/` }, /No matching/],
    ['a time that is over', { exp: NOW / 1000 - 60 }, /"exp" claim/],
    ['no end', { exp: undefined }, /"exp" claim/],
    ['a time to come', { nbf: NOW / 1000 + 600 }, /"nbf" claim/],
  ];
  for (const [name, claims, why] of CLAIMS)
    it(`is refused with ${name}`, async () => {
      await using w = await world();
      const { assertion, form } = await scene(w);
      const reply = await ask(w, await form(assertion(claims)));
      assert.equal(errorOf(reply), 'invalid_client');
      assert.match(String(json(reply)['error_description']), why);
    });

  it('is refused when somebody else signed it, or nobody', async () => {
    await using w = await world();
    const { assertion, form } = await scene(w);
    const { privateKey } = await generateKeyPair('RS256');
    assert.equal(errorOf(await ask(w, await form(assertion({}, privateKey)))), 'invalid_client');
    const [, payload] = (await assertion()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 'k1' })).toString('base64url');
    assert.equal(errorOf(await ask(w, await form(Promise.resolve(`${none}.${payload}.`)))), 'invalid_client');
    assert.equal(errorOf(await ask(w, await form(Promise.resolve('no token')))), 'invalid_client');
  });

  it('is refused, with why, when its issuer does not answer or is another', async () => {
    await using w = await world();
    const { assertion, form } = await scene(w);
    w.issuers.set(`${ISSUER}/.well-known/openid-configuration`, {
      issuer: 'https://evil.test',
      jwks_uri: `${ISSUER}/keys`,
    });
    assert.match(String(json(await ask(w, await form(assertion())))['error_description']), /of another issuer/);
    w.issuers.clear();
    assert.match(String(json(await ask(w, await form(assertion())))['error_description']), /nobody answers/);
  });
});
