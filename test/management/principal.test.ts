import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tokenOf } from '../../src/testkit/control-client.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf, codeOf } from './arm.ts';
import { askRegistry } from './data-plane.ts';

const ROLE = { Reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7', AcrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d' };

interface Principal {
  readonly clientId: string;
  readonly objectId: string;
  readonly secret: string;
}

describe('a service principal', () => {
  let seawall: TestSeawall;
  let owner: Arm;
  let group: string;
  before(async () => {
    seawall = await startSeawall();
    owner = await armOf(seawall);
    group = `${owner.subscription}/resourceGroups/seawall`;
  });
  after(() => seawall.close());

  const create = async (displayName: string): Promise<Principal> =>
    // The route answers what the interface says; the assertions below would fail on anything else.
    (await owner.must('POST', '/seawall/principals', { displayName }, { apiVersion: '' })) as unknown as Principal;

  const assign = async (
    principal: Principal,
    role: keyof typeof ROLE,
    scope: string,
    name: string,
  ): Promise<string> => {
    const roleDefinitionId = `${owner.subscription}/providers/Microsoft.Authorization/roleDefinitions/${ROLE[role]}`;
    const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    await owner.must('PUT', id, { properties: { roleDefinitionId, principalId: principal.objectId } });
    return id;
  };

  /** The status of `GET /v2/_catalog` with the principal's own secret. */
  const catalog = async ({ clientId, secret }: Principal): Promise<number> =>
    (await askRegistry(seawall, 'myregistry', ['GET', '/v2/_catalog'], { auth: `${clientId}:${secret}` })).status;

  it('without a role may nothing, with one what it says, and nothing again when it is taken away', async () => {
    const reader = await create('reader');
    const arm = await armOf(seawall, await tokenOf(seawall, reader));
    assert.equal(codeOf(await arm.ask('GET', group)), 'AuthorizationFailed');
    const assignment = await assign(reader, 'Reader', group, '00000000-0000-4000-8000-000000000001');
    assert.equal((await arm.ask('GET', group)).status, 200);
    assert.equal(codeOf(await arm.ask('PUT', group, { location: 'westeurope' })), 'AuthorizationFailed');
    assert.equal((await owner.ask('DELETE', assignment)).status, 200);
    assert.equal(codeOf(await arm.ask('GET', group)), 'AuthorizationFailed');
  });

  it('reads the content of a registry with AcrPull, and not without', async () => {
    const puller = await create('puller');
    const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/myregistry`;
    assert.equal(await catalog(puller), 403);
    const assignment = await assign(puller, 'AcrPull', registry, '00000000-0000-4000-8000-000000000002');
    assert.equal(await catalog(puller), 200);
    const removed = await owner.must('DELETE', assignment);
    assert.equal(removed['type'], 'Microsoft.Authorization/roleAssignments', 'az reads what it deleted');
    assert.equal(await catalog(puller), 403);
  });

  it('has no use of its old secret when it is rotated, nor of any when it is removed', async () => {
    const rotated = await create('rotated');
    const old = await armOf(seawall, await tokenOf(seawall, rotated));
    const path = `/seawall/principals/${rotated.clientId}`;
    const { secret } = await owner.must('POST', `${path}/rotate`, {}, { apiVersion: '' });
    assert.equal((await old.ask('GET', group)).status, 401);
    const fresh = await armOf(seawall, await tokenOf(seawall, { ...rotated, secret: String(secret) }));
    assert.equal((await fresh.ask('GET', group)).status, 403);
    assert.equal((await owner.ask('DELETE', path, undefined, { apiVersion: '' })).status, 204);
    assert.equal((await fresh.ask('GET', group)).status, 401);
  });

  it('keeps no directory, which the owner does', async () => {
    const member = await armOf(seawall, await tokenOf(seawall, await create('member')));
    for (const path of ['/seawall/principals', '/graph/v1.0/servicePrincipals']) {
      assert.equal((await member.ask('GET', path, undefined, { apiVersion: '' })).status, 403);
      assert.equal((await owner.ask('GET', path, undefined, { apiVersion: '' })).status, 200);
    }
  });

  it('sees the subscriptions that it has a role in, and the owner one more when it is made', async () => {
    const { subscriptionId } = await owner.must(
      'POST',
      '/seawall/subscriptions',
      { displayName: 'other' },
      { apiVersion: '' },
    );
    const seen = async (arm: Arm): Promise<readonly unknown[]> => {
      const { value } = await arm.must('GET', '/subscriptions');
      return (value as readonly { readonly subscriptionId: string }[]).map((one) => one.subscriptionId);
    };
    assert.ok((await seen(owner)).includes(subscriptionId));
    const visitor = await create('visitor');
    const arm = await armOf(seawall, await tokenOf(seawall, visitor));
    assert.deepEqual(await seen(arm), []);
    await assign(visitor, 'Reader', `/subscriptions/${String(subscriptionId)}`, '00000000-0000-4000-8000-000000000006');
    assert.deepEqual(await seen(arm), [subscriptionId]);
  });

  it('is assigned one role once, and no role that is not there', async () => {
    const twice = await create('twice');
    await assign(twice, 'Reader', group, '00000000-0000-4000-8000-000000000003');
    await assert.rejects(
      assign(twice, 'Reader', group, '00000000-0000-4000-8000-000000000004'),
      /RoleAssignmentExists/,
    );
    const properties = {
      roleDefinitionId: `${owner.subscription}/providers/Microsoft.Authorization/roleDefinitions/none`,
      principalId: twice.objectId,
    };
    const path = `${group}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000005`;
    assert.equal(codeOf(await owner.ask('PUT', path, { properties })), 'RoleDefinitionDoesNotExist');
  });
});
