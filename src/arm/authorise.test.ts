import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keyOfId } from '../azure/resource-id.ts';
import type { StoredResource } from '../state/port.ts';
import { storedResource } from '../state/resource.fixture.ts';
import { viewOf } from '../state/view.ts';
import { may, notAuthorised } from './authorise.ts';
import { BUILT_IN_ROLES } from './provider/microsoft.authorization/built-in-role.ts';

const GROUP = '/subscriptions/s1/resourceGroups/g1';
const REGISTRY = `${GROUP}/providers/Microsoft.ContainerRegistry/registries/contoso`;

function assignment(scope: string, role: string, principalId: string): StoredResource {
  const guid = BUILT_IN_ROLES.find(({ name }) => name === role)?.guid;
  assert.ok(guid !== undefined);
  const roleDefinitionId = `/subscriptions/s1/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
  const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${principalId}-${role}`;
  return storedResource(id, { properties: { roleDefinitionId, principalId } });
}

const VIEW = viewOf({ epoch: 1, sequence: 1 }, [
  assignment('/subscriptions/s1', 'Owner', 'owner'),
  assignment(GROUP, 'Contributor', 'contributor'),
  assignment(REGISTRY, 'AcrPull', 'puller'),
  storedResource(`${GROUP}/providers/Microsoft.Authorization/roleAssignments/broken`, {
    properties: { principalId: 'broken', roleDefinitionId: 7 },
  }),
]);

const WRITE = 'Microsoft.ContainerRegistry/registries/write';
const PULL = 'Microsoft.ContainerRegistry/registries/pull/read';

const ROWS: readonly (readonly [string, string, string, string, boolean])[] = [
  ['an owner of the subscription writes a registry in it', 'owner', WRITE, REGISTRY, true],
  [
    'an owner of one subscription writes nothing in another',
    'owner',
    WRITE,
    '/subscriptions/s10/resourceGroups/g1',
    false,
  ],
  ['a contributor of a group writes a registry in it', 'contributor', WRITE, REGISTRY, true],
  [
    'a contributor of a group writes nothing in its namesake with a longer name',
    'contributor',
    WRITE,
    `${GROUP}0`,
    false,
  ],
  ['a contributor does not write above the group', 'contributor', WRITE, '/subscriptions/s1', false],
  ['a contributor assigns no roles', 'contributor', 'Microsoft.Authorization/roleAssignments/write', GROUP, false],
  ['a puller pulls from the registry', 'puller', PULL, REGISTRY, true],
  ['a puller does not write it', 'puller', WRITE, REGISTRY, false],
  ['somebody without a role does nothing', 'stranger', PULL, REGISTRY, false],
  ['an assignment without a role gives nothing', 'broken', PULL, GROUP, false],
];

describe('who may', () => {
  for (const [name, principal, action, scope, allowed] of ROWS)
    it(name, () => assert.equal(may(VIEW, principal, action, keyOfId(scope)), allowed));

  it('is refused in Azure’s words, with who, what and where', () => {
    const { code, message } = notAuthorised('stranger', WRITE, REGISTRY);
    assert.equal(code, 'AuthorizationFailed');
    assert.ok(message.includes(`perform action '${WRITE}' over scope '${REGISTRY}'`));
  });
});
