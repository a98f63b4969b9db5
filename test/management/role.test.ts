import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tokenOf } from '../../src/testkit/control-client.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf } from './arm.ts';
import { askRegistry } from './data-plane.ts';

/** What each role lets do: read the registry, tag it, give a role, pull, push, delete. The GUIDs are Azure's. */
const ROLES: readonly (readonly [string, string, readonly boolean[]])[] = [
  ['Owner', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', [true, true, true, true, true, true]],
  ['Contributor', 'b24988ac-6180-42a0-ab88-20f7382dd24c', [true, true, false, true, true, true]],
  ['Reader', 'acdd72a7-3385-48ef-bd42-f606fba81ae7', [true, false, false, true, false, false]],
  ['AcrPull', '7f951dda-4ed3-4680-a7ca-43fe172d538d', [false, false, false, true, false, false]],
  ['AcrPush', '8311e382-0749-4cb8-b61a-304f252e45ec', [false, false, false, true, true, false]],
  ['AcrDelete', 'c2f4ef07-c644-48eb-af81-4b1b4947fb11', [false, false, false, false, false, true]],
  ['AcrImageSigner', '6cef56e8-d556-48e5-a04f-b8e64114680f', [false, false, false, false, false, false]],
];

const ASSIGNMENTS = 'providers/Microsoft.Authorization/roleAssignments';

interface Principal {
  readonly clientId: string;
  readonly objectId: string;
  readonly secret: string;
}

describe('a role', () => {
  let seawall: TestSeawall;
  let owner: Arm;
  let group: string;
  let registry: string;
  before(async () => {
    seawall = await startSeawall();
    owner = await armOf(seawall);
    group = `${owner.subscription}/resourceGroups/roles`;
    registry = `${group}/providers/Microsoft.ContainerRegistry/registries/rolereg`;
    await owner.must('PUT', group, { location: 'westeurope' });
    await owner.must('PUT', registry, { location: 'westeurope', sku: { name: 'Premium' } });
  });
  after(() => seawall.close());

  const principal = async (name: string): Promise<Principal> =>
    // The route answers what the interface says; the assertions below would fail on anything else.
    (await owner.must(
      'POST',
      '/seawall/principals',
      { displayName: name },
      { apiVersion: '' },
    )) as unknown as Principal;
  const assign = (to: string, guid: string, id: string, by = owner): ReturnType<Arm['ask']> =>
    by.ask('PUT', id, {
      properties: {
        roleDefinitionId: `${owner.subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid}`,
        principalId: to,
      },
    });
  /** What somebody may do, told by doing it. */
  const may = async ({ clientId, objectId, secret }: Principal, on = 'rolereg'): Promise<readonly boolean[]> => {
    const arm = await armOf(seawall, await tokenOf(seawall, { clientId, secret }));
    const id = registry.replace(/rolereg$/, on);
    const auth = `${clientId}:${secret}`;
    const isLet = async (...ask: readonly [string, string]): Promise<boolean> => {
      const { status } = await askRegistry(seawall, on, ask, { auth });
      assert.ok([200, 202, 401, 403, 404].includes(status), `${ask.join(' ')}: ${status}`);
      return status !== 401 && status !== 403;
    };
    const own = `${id}/${ASSIGNMENTS}/00000000-0000-4000-9000-0000000000ff`;
    const given = await assign(objectId, ROLES[2]?.[1] ?? '', own, arm);
    if (given.status === 201) await owner.must('DELETE', own);
    return [
      (await arm.ask('GET', id)).status === 200,
      (await arm.ask('PATCH', id, { tags: { by: 'test' } })).status === 200,
      given.status === 201,
      await isLet('GET', '/v2/absent/manifests/v1'),
      await isLet('POST', '/v2/pushed/blobs/uploads/'),
      await isLet('DELETE', `/v2/absent/manifests/sha256:${'0'.repeat(64)}`),
    ];
  };
  const NOTHING = [false, false, false, false, false, false];

  for (const [i, [role, guid, allowed]] of ROLES.entries())
    it(`${role} lets do what it says at the registry, and nothing more`, async () => {
      const who = await principal(role);
      assert.deepEqual(await may(who), NOTHING);
      const assignment = `${registry}/${ASSIGNMENTS}/00000000-0000-4000-8000-00000000000${i}`;
      assert.equal((await assign(who.objectId, guid, assignment)).status, 201);
      assert.deepEqual(await may(who), allowed);
      await owner.must('DELETE', assignment);
      assert.deepEqual(await may(who), NOTHING);
    });

  it('acts at every scope, and below it alone', async () => {
    const other = `${owner.subscription}/resourceGroups/seawall/providers/Microsoft.ContainerRegistry/registries/otherreg`;
    await owner.must('PUT', other, { location: 'westeurope', sku: { name: 'Premium' } });
    const [reader] = ROLES.filter(([role]) => role === 'AcrPull');
    for (const [i, [scope, there, elsewhere]] of (
      [
        [owner.subscription, true, true],
        [group, true, false],
        [registry, true, false],
        [other, false, true],
      ] as const
    ).entries()) {
      const who = await principal(`scoped${i}`);
      await assign(who.objectId, reader?.[1] ?? '', `${scope}/${ASSIGNMENTS}/00000000-0000-4000-8000-0000000001${i}0`);
      const pulls = async (name: string): Promise<boolean> =>
        (
          await askRegistry(seawall, name, ['GET', '/v2/absent/manifests/v1'], {
            auth: `${who.clientId}:${who.secret}`,
          })
        ).status === 404;
      assert.deepEqual([await pulls('rolereg'), await pulls('otherreg')], [there, elsewhere], scope);
    }
  });
});
