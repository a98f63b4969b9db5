import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArmPath, parseResourceId } from './resource-id.ts';

const GROUP = '/subscriptions/s1/resourceGroups/g1';

const RESOURCES: readonly (readonly [string, string, string, string | undefined])[] = [
  ['/subscriptions/s1', 'Microsoft.Resources/subscriptions', 's1', undefined],
  [GROUP, 'Microsoft.Resources/resourceGroups', 'g1', '/subscriptions/s1'],
  [`${GROUP}/providers/Microsoft.Network/virtualNetworks/v`, 'Microsoft.Network/virtualNetworks', 'v', GROUP],
  [
    `${GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/s`,
    'Microsoft.Network/virtualNetworks/subnets',
    's',
    `${GROUP}/providers/Microsoft.Network/virtualNetworks/v`,
  ],
  [
    `${GROUP}/providers/Microsoft.Network/virtualNetworks/v/providers/Microsoft.Authorization/locks/l`,
    'Microsoft.Authorization/locks',
    'l',
    `${GROUP}/providers/Microsoft.Network/virtualNetworks/v`,
  ],
  ['/providers/Microsoft.Management/managementGroups/m', 'Microsoft.Management/managementGroups', 'm', undefined],
];

describe('a resource id', () => {
  for (const [id, type, name, parent] of RESOURCES)
    it(`${id} is of type ${type}`, () => {
      const parsed = parseResourceId(id);
      assert.deepEqual([parsed?.type, parsed?.name, parsed?.parent?.id], [type, name, parent]);
    });

  it('knows its subscription and group at any depth, and is one however it is spelled', () => {
    const parsed = parseResourceId(`${GROUP.toUpperCase()}/providers/Microsoft.Network/virtualNetworks/V/subnets/S`);
    assert.deepEqual([parsed?.subscription, parsed?.group], ['S1', 'G1']);
    assert.equal(parsed?.key, `${GROUP}/providers/microsoft.network/virtualnetworks/v/subnets/s`.toLowerCase());
  });

  for (const id of [
    '',
    '/',
    '/subscriptions',
    '/subscriptions/s1/resourceGroups',
    '/groups/g1',
    '/subscriptions//g',
    '/subscriptions/a?b',
  ])
    it(`is not ${JSON.stringify(id)}`, () => assert.equal(parseResourceId(id), undefined));
});

describe('a path of the management API', () => {
  it('names a collection where a name is missing at its end, with what that is in', () => {
    const path = parseArmPath(`${GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets`);
    assert.ok(path?.kind === 'collection');
    assert.equal(path.type, 'Microsoft.Network/virtualNetworks/subnets');
    assert.equal(path.scope?.id, `${GROUP}/providers/Microsoft.Network/virtualNetworks/v`);
  });

  it('names a collection of the tenant where nothing stands before it', () => {
    const path = parseArmPath('/subscriptions');
    assert.ok(path?.kind === 'collection');
    assert.deepEqual([path.type, path.scope], ['Microsoft.Resources/subscriptions', undefined]);
  });
});
