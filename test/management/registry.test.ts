import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf, codeOf } from './arm.ts';
import { startWithGroup } from './group.ts';
import { askRegistry } from './data-plane.ts';

describe('a registry that is made by the management API', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let group: string;
  before(async () => {
    ({ seawall, arm, group } = await startWithGroup('registries'));
  });
  after(() => seawall.close());

  const idOf = (name: string): string => `${group}/providers/Microsoft.ContainerRegistry/registries/${name}`;
  const create = (name: string): ReturnType<Arm['ask']> =>
    arm.ask('PUT', idOf(name), {
      location: 'westeurope',
      sku: { name: 'Premium' },
      properties: { adminUserEnabled: true },
    });
  const adminOf = async (name: string): Promise<string> => {
    const { username, passwords } = await arm.must('POST', `${idOf(name)}/listCredentials`);
    const [first] = passwords as readonly { readonly value: string }[];
    return `${String(username)}:${first?.value ?? ''}`;
  };

  it('is served at once, and its namesake inherits neither content nor passwords', async () => {
    const blob = 'bytes';
    const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`;
    assert.equal((await create('namesake')).status, 201);
    const auth = await adminOf('namesake');
    const started = await askRegistry(seawall, 'namesake', ['POST', '/v2/a/blobs/uploads/'], { auth });
    const put = `${started.location ?? ''}${started.location?.includes('?') === true ? '&' : '?'}digest=${digest}`;
    assert.equal((await askRegistry(seawall, 'namesake', ['PUT', put], { auth, body: blob })).status, 201);
    assert.equal((await askRegistry(seawall, 'namesake', ['HEAD', `/v2/a/blobs/${digest}`], { auth })).status, 200);
    assert.equal((await arm.ask('DELETE', idOf('namesake'))).status, 200);
    assert.equal((await askRegistry(seawall, 'namesake', ['GET', '/v2/'], { auth })).status, 421);
    assert.equal((await create('namesake')).status, 201);
    assert.equal((await askRegistry(seawall, 'namesake', ['GET', '/v2/'], { auth })).status, 401);
    const fresh = await adminOf('namesake');
    assert.equal(
      (await askRegistry(seawall, 'namesake', ['HEAD', `/v2/a/blobs/${digest}`], { auth: fresh })).status,
      404,
    );
  });

  it('is there after a restart', async () => {
    await create('lasting');
    const auth = await adminOf('lasting');
    await seawall.restart();
    arm = await armOf(seawall);
    assert.equal((await askRegistry(seawall, 'lasting', ['GET', '/v2/'], { auth })).status, 200);
  });

  it('has a name of its own in all of the server', async () => {
    await create('unique1');
    const other = `${arm.subscription}/resourceGroups/seawall`;
    const body = { location: 'westeurope', sku: { name: 'Basic' } };
    const taken = await arm.ask('PUT', `${other}/providers/Microsoft.ContainerRegistry/registries/UNIQUE1`, body);
    assert.deepEqual([taken.status, codeOf(taken)], [409, 'AlreadyInUse']);
    const check = `${arm.subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability`;
    const type = 'Microsoft.ContainerRegistry/registries';
    assert.equal((await arm.must('POST', check, { name: 'unique1', type }))['nameAvailable'], false);
    assert.equal((await arm.must('POST', check, { name: 'unique2', type }))['nameAvailable'], true);
    assert.equal((await arm.must('POST', check, { name: 'a-b', type }))['reason'], 'Invalid');
  });

  const WRONG: readonly (readonly [string, object, string, string])[] = [
    ['a tier that is none', { sku: { name: 'Gold' } }, 'InvalidRequestContent', 'sku.name'],
    ['no tier', {}, 'InvalidRequestContent', 'sku'],
    [
      'an unknown property',
      { sku: { name: 'Basic' }, properties: { colour: 1 } },
      'InvalidRequestContent',
      'properties.colour',
    ],
    [
      'a wrong type',
      { sku: { name: 'Basic' }, properties: { adminUserEnabled: 'yes' } },
      'InvalidRequestContent',
      'properties.adminUserEnabled',
    ],
    [
      'what is not built',
      { sku: { name: 'Premium' }, properties: { encryption: { status: 'enabled' } } },
      'FeatureNotSupported',
      'properties.encryption.status',
    ],
    [
      'what its api-version lacks',
      { sku: { name: 'Premium' }, properties: { anonymousPullEnabled: true } },
      'InvalidRequestContent',
      'properties.anonymousPullEnabled',
    ],
  ];
  for (const [name, body, code, target] of WRONG)
    it(`with ${name} is refused by name`, async () => {
      const refused = await arm.ask('PUT', idOf('wrongly'), { location: 'westeurope', ...body });
      assert.deepEqual([refused.status, codeOf(refused)], [400, code], refused.text);
      assert.ok(refused.text.includes(target), refused.text);
      assert.equal((await arm.ask('GET', idOf('wrongly'))).status, 404);
    });

  it('is found among all resources by its type', async () => {
    await create('findable');
    const filter = encodeURIComponent(
      "resourceType eq 'Microsoft.ContainerRegistry/registries' and name eq 'findable'",
    );
    const { value } = await arm.must('GET', `${arm.subscription}/resources?$filter=${filter}`);
    assert.deepEqual(
      (value as readonly { readonly name: string }[]).map(({ name }) => name),
      ['findable'],
    );
    const wrong = await arm.ask(
      'GET',
      `${arm.subscription}/resources?$filter=${encodeURIComponent("colour eq 'red'")}`,
    );
    assert.equal(codeOf(wrong), 'InvalidFilterInQueryString');
  });

  it('keeps its token’s scope map, and the system’s cannot be deleted', async () => {
    await create('scoped');
    const scopeMapId = `${idOf('scoped')}/scopeMaps/mine1`;
    await arm.must('PUT', scopeMapId, { properties: { actions: ['repositories/a/content/read'] } });
    await arm.must('PUT', `${idOf('scoped')}/tokens/token1`, { properties: { scopeMapId } });
    assert.equal(codeOf(await arm.ask('DELETE', scopeMapId)), 'ScopeMapInUse');
    const system = `${idOf('scoped')}/scopeMaps/_repositories_pull`;
    assert.equal(codeOf(await arm.ask('DELETE', system)), 'SystemScopeMapCannotBeChanged');
    const { passwords } = await arm.must('POST', `${idOf('scoped')}/generateCredentials`, {
      tokenId: `${idOf('scoped')}/tokens/token1`,
    });
    const [first] = passwords as readonly { readonly value: string }[];
    assert.equal(
      (await askRegistry(seawall, 'scoped', ['GET', '/v2/'], { auth: `token1:${first?.value ?? ''}` })).status,
      200,
    );
  });
});

describe('the passwords of a token', () => {
  it('are listed with the token, go when they are left out, and are not those of its namesake', async () => {
    await using seawall = await startSeawall();
    const arm = await armOf(seawall);
    const id = `${arm.subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/tokened`;
    await arm.must('PUT', id, { location: 'westeurope', sku: { name: 'Premium' } });
    const token = `${id}/tokens/reader`;
    const make = (): ReturnType<Arm['ask']> =>
      arm.ask('PUT', token, { properties: { scopeMapId: `${id}/scopeMaps/_repositories_pull` } });
    assert.equal((await make()).status, 201);
    const { passwords } = await arm.must('POST', `${id}/generateCredentials`, { tokenId: token });
    const [first, second] = passwords as readonly { readonly name: string; readonly value: string }[];
    const login = async (password = ''): Promise<number> =>
      (await askRegistry(seawall, 'tokened', ['GET', '/v2/'], { auth: `reader:${password}` })).status;
    const listed = async (): Promise<readonly unknown[]> => {
      const { properties } = await arm.must('GET', token);
      const { credentials } = properties as { readonly credentials: { readonly passwords: readonly object[] } };
      return credentials.passwords.map((one) => [Object.keys(one), (one as { readonly name: string }).name]);
    };
    const keys = ['name', 'creationTime'];
    assert.deepEqual(await listed(), [
      [keys, 'password1'],
      [keys, 'password2'],
    ]);
    assert.deepEqual([await login(first?.value), await login(second?.value)], [200, 200]);
    await arm.must('PATCH', token, { properties: { credentials: { passwords: [{ name: 'password1' }] } } });
    assert.deepEqual(await listed(), [[keys, 'password1']]);
    assert.deepEqual([await login(first?.value), await login(second?.value)], [200, 401]);
    const strange = await arm.ask('PATCH', token, {
      properties: { credentials: { passwords: [{ name: 'password2' }] } },
    });
    assert.deepEqual([strange.status, codeOf(strange)], [400, 'InvalidRequestContent']);
    await arm.must('PATCH', token, { properties: { status: 'disabled' } });
    assert.equal(await login(first?.value), 401);
    await arm.must('PATCH', token, { properties: { status: 'enabled' } });
    assert.equal(await login(first?.value), 200);
    assert.equal((await arm.ask('DELETE', token)).status, 200);
    assert.equal((await make()).status, 201);
    assert.deepEqual([await login(first?.value), await listed()], [401, []]);
  });
});

describe('what a tier includes', () => {
  for (const [profile, third] of [
    ['azure', 400],
    ['open', 201],
  ] as const)
    it(`is ${profile === 'azure' ? 'all there is' : 'no limit'} in the profile ${profile}`, async () => {
      await using seawall = await startSeawall({ settings: { profile } });
      const arm = await armOf(seawall);
      const id = `${arm.subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/basicone`;
      await arm.must('PUT', id, { location: 'westeurope', sku: { name: 'Basic' } });
      const put = (name: string): ReturnType<Arm['ask']> =>
        arm.ask('PUT', `${id}/webhooks/${name}`, {
          location: 'westeurope',
          properties: { serviceUri: 'https://example.com/', actions: ['push'] },
        });
      for (const name of ['hook1', 'hook2']) assert.equal((await put(name)).status, 201);
      const refused = await put('hook3');
      assert.equal(refused.status, third, refused.text);
      if (third === 400) assert.equal(codeOf(refused), 'QuotaExceeded');
      assert.equal((await put('hook1')).status, 200);
    });
});

describe('the names of registries', () => {
  it('are in the hosts file and the state file when a registry was made, and not when it is gone', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'seawall-hosts-'));
    const hosts = join(folder.path, 'hosts');
    await writeFile(hosts, '127.0.0.1 localhost\n');
    await using seawall = await startSeawall({ settings: { hostsFile: hosts } });
    const arm = await armOf(seawall);
    const id = `${arm.subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/fromaz`;
    const named = async (): Promise<readonly unknown[]> => {
      const state = JSON.parse(await readFile(join(seawall.dataDir, 'run', 'seawall.json'), 'utf8')) as {
        readonly registries: readonly string[];
      };
      return [(await readFile(hosts, 'utf8')).includes('127.0.0.1 fromaz.azurecr.localhost\n'), state.registries];
    };
    assert.deepEqual(await named(), [false, ['myregistry']]);
    await arm.must('PUT', id, { location: 'westeurope', sku: { name: 'Basic' } });
    assert.deepEqual(await named(), [true, ['fromaz', 'myregistry']]);
    await arm.must('DELETE', id);
    assert.deepEqual(await named(), [false, ['myregistry']]);
    assert.match(await readFile(hosts, 'utf8'), /^127\.0\.0\.1 localhost\n/);
  });
});
