import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ControlAnswer, askControl, ownerToken } from '../testkit/control-client.ts';
import { type TestSeawall, startSeawall } from '../testkit/start-seawall.ts';

const REGISTRIES = [
  {
    name: 'withadmin',
    adminUserEnabled: true,
    scopeMaps: [{ name: 'pull-app', actions: ['repositories/app/content/read'] }],
    tokens: [{ name: 'ci-pull', scopeMap: 'pull-app' }],
  },
  { name: 'withoutadmin' },
];

describe('the actions on credentials', () => {
  let seawall: TestSeawall;
  let token: string;
  before(async () => {
    seawall = await startSeawall({ registries: REGISTRIES });
    token = await ownerToken(seawall);
  });
  after(() => seawall.close());

  const pathOf = (registry: string, action: string, subscription = seawall.state.subscriptionId): string =>
    `/subscriptions/${subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/${registry}/${action}`;
  const act = (registry: string, action: string, body: object): Promise<ControlAnswer> =>
    askControl(seawall, 'POST', `${pathOf(registry, action)}?api-version=2023-07-01`, {
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${token}` },
    });
  /** The status of `GET /v2/` with a password. */
  const login = (registry: string, username: string, password: string): Promise<ControlAnswer> => {
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const host = seawall.host(registry);
    const onRegistry = { ...seawall, control: `https://127.0.0.1:${seawall.port}`, ca: seawall.ca };
    return askControl(onRegistry, 'GET', '/v2/', { headers: { authorization, host } });
  };
  const passwordOf = (answer: ControlAnswer, name: string): string => {
    const passwords = answer.json()['passwords'] as readonly { name: string; value: string }[];
    return passwords.find((one) => one.name === name)?.value ?? '';
  };

  it('list both passwords of an admin user, each of which signs in', async () => {
    const listed = await act('withadmin', 'listCredentials', {});
    assert.equal(listed.status, 200);
    assert.equal(listed.json()['username'], 'withadmin');
    for (const name of ['password', 'password2'])
      assert.equal((await login('withadmin', 'withadmin', passwordOf(listed, name))).status, 200);
    assert.equal((await login('withadmin', 'withadmin', 'guessed')).status, 401);
  });

  it('replace one password: the old one is refused at once, the other goes on', async () => {
    const listed = await act('withadmin', 'listCredentials', {});
    const renewed = await act('withadmin', 'regenerateCredential', { name: 'password' });
    assert.equal(renewed.status, 200);
    assert.equal((await login('withadmin', 'withadmin', passwordOf(listed, 'password'))).status, 401);
    assert.equal((await login('withadmin', 'withadmin', passwordOf(renewed, 'password'))).status, 200);
    assert.equal((await login('withadmin', 'withadmin', passwordOf(listed, 'password2'))).status, 200);
  });

  it('make the passwords of a token, which sign in as it and on its registry alone', async () => {
    const made = await act('withadmin', 'generateCredentials', { tokenId: '/any/tokens/ci-pull', name: 'password1' });
    assert.equal(made.status, 200);
    assert.equal((await login('withadmin', 'ci-pull', passwordOf(made, 'password1'))).status, 200);
    assert.equal((await login('withoutadmin', 'ci-pull', passwordOf(made, 'password1'))).status, 401);
  });

  it('make a password that ends, and refuse one that has ended already', async () => {
    const tokenId = '/any/tokens/ci-pull';
    const made = await act('withadmin', 'generateCredentials', { tokenId, expiry: '2999-01-01T00:00:00Z' });
    assert.equal(made.status, 200);
    assert.match(made.text, /"expiry":"2999-01-01T00:00:00.000Z"/);
    const late = await act('withadmin', 'generateCredentials', { tokenId, expiry: '2001-01-01T00:00:00Z' });
    assert.equal(late.status, 400);
    assert.match(late.text, /"target":"expiry"/);
  });

  it('are refused where the admin user is off', async () => {
    const refused = await act('withoutadmin', 'listCredentials', {});
    assert.equal(refused.status, 400);
    assert.match(refused.text, /UnAuthorizedForCredentialOperations/);
  });

  it('name the property that is wrong, its value and what is allowed', async () => {
    const slot = await act('withadmin', 'regenerateCredential', { name: 'password9' });
    assert.equal(slot.status, 400);
    assert.match(slot.text, /name is \\"password9\\", must be password or password2/);
    const unknown = await act('withadmin', 'generateCredentials', { tokenId: 'nobody' });
    assert.match(unknown.text, /tokenId is \\"nobody\\", and this registry has no such token/);
  });

  it('are given to the owner alone, by token and not by password', async () => {
    const path = `${pathOf('withadmin', 'listCredentials')}?api-version=2023-07-01`;
    assert.equal((await askControl(seawall, 'POST', path)).status, 401);
    const { clientId, clientSecret } = seawall.state;
    const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
    assert.equal((await askControl(seawall, 'POST', path, { headers: { authorization } })).status, 401);
    const forged = `Bearer ${token.slice(0, -4)}AAAA`;
    assert.equal((await askControl(seawall, 'POST', path, { headers: { authorization: forged } })).status, 401);
  });

  it('need an api-version, a registry that is there, and its own subscription; case does not matter', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const ask = (path: string): Promise<ControlAnswer> => askControl(seawall, 'POST', path, { headers });
    assert.match((await ask(pathOf('withadmin', 'listCredentials'))).text, /MissingApiVersionParameter/);
    assert.equal((await ask(`${pathOf('absent', 'listCredentials')}?api-version=2023-07-01`)).status, 404);
    const elsewhere = pathOf('withadmin', 'listCredentials', '00000000-0000-0000-0000-000000000000');
    assert.equal((await ask(`${elsewhere}?api-version=2023-07-01`)).status, 403);
    assert.match(
      (await ask(`${pathOf('withadmin', 'listCredentials')}?api-version=1`)).text,
      /NoRegisteredProviderFound/,
    );
    assert.equal((await ask(`${pathOf('WITHADMIN', 'LISTcredentials')}?api-version=2023-07-01`)).status, 200);
  });
});
