import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, codeOf } from './arm.ts';
import { startWithGroup } from './group.ts';

const SERVICE_ENDPOINTS = [{ service: 'Microsoft.ContainerRegistry' }];

describe('network rules of a registry', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let group: string;
  before(async () => {
    ({ seawall, arm, group } = await startWithGroup('ruled'));
    await network('net');
    await subnet('open', '10.0.1.0/24', SERVICE_ENDPOINTS);
    await subnet('bare', '10.0.2.0/24', []);
  });
  after(() => seawall.close());

  const networkOf = (name: string): string => `${group}/providers/Microsoft.Network/virtualNetworks/${name}`;
  const subnetOf = (name: string): string => `${networkOf('net')}/subnets/${name}`;
  const registryOf = (name: string): string => `${group}/providers/Microsoft.ContainerRegistry/registries/${name}`;
  const network = (name: string): Promise<unknown> =>
    arm.must('PUT', networkOf(name), {
      location: 'westeurope',
      properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } },
    });
  const subnet = (name: string, addressPrefix: string, serviceEndpoints: readonly object[]): Promise<unknown> =>
    arm.must('PUT', subnetOf(name), { properties: { addressPrefix, serviceEndpoints } });
  const create = (name: string, sku = 'Premium', properties: object = {}): ReturnType<Arm['ask']> =>
    arm.ask('PUT', registryOf(name), { location: 'westeurope', sku: { name: sku }, properties });
  const patch = (name: string, properties: object, apiVersion = '2021-08-01-preview'): ReturnType<Arm['ask']> =>
    arm.ask('PATCH', registryOf(name), { properties }, { apiVersion });
  const rulesOf = async (
    name: string,
  ): Promise<{
    readonly defaultAction: string;
    readonly virtualNetworkRules: readonly { readonly id: string }[];
    readonly ipRules: readonly { readonly value: string }[];
  }> => {
    const { properties } = await arm.must('GET', registryOf(name), undefined, { apiVersion: '2021-08-01-preview' });
    return (properties as { readonly networkRuleSet: never }).networkRuleSet;
  };

  it('are merged by a PATCH, and an array that is given replaces the one before', async () => {
    assert.equal((await create('merged')).status, 201);
    await patch('merged', {
      networkRuleSet: { ipRules: [{ value: '8.8.8.8' }], virtualNetworkRules: [{ id: subnetOf('open') }] },
    });
    await patch('merged', { networkRuleSet: { defaultAction: 'Deny' } }, '2022-02-01-preview');
    const { defaultAction, ipRules, virtualNetworkRules } = await rulesOf('merged');
    assert.deepEqual([defaultAction, ipRules.length, virtualNetworkRules.length], ['Deny', 1, 1]);
    await patch('merged', { networkRuleSet: { ipRules: [] } });
    assert.deepEqual(
      [(await rulesOf('merged')).ipRules, (await rulesOf('merged')).virtualNetworkRules.length],
      [[], 1],
    );
  });

  it('name a subnet in either spelling, and not two at once', async () => {
    await create('spelled');
    assert.equal(
      (
        await patch('spelled', {
          networkRuleSet: { virtualNetworkRules: [{ virtualNetworkSubnetResourceId: subnetOf('open') }] },
        })
      ).status,
      200,
    );
    const both = { id: subnetOf('open'), virtualNetworkSubnetResourceId: subnetOf('bare') };
    assert.equal((await patch('spelled', { networkRuleSet: { virtualNetworkRules: [both] } })).status, 400);
  });

  it('are out of sight of versions without them, and live on when such a version writes', async () => {
    await create('hidden', 'Premium', {
      networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules: [{ id: subnetOf('open') }] },
    });
    const seen = await arm.must('GET', registryOf('hidden'), undefined, { apiVersion: '2023-07-01' });
    assert.doesNotMatch(JSON.stringify(seen), /virtualNetworkRules/);
    const written = await create('hidden', 'Premium', { networkRuleSet: { defaultAction: 'Deny' } });
    assert.equal(written.status, 200, written.text);
    assert.equal((await rulesOf('hidden')).virtualNetworkRules.length, 1);
  });

  it('need the service endpoint, and say how to add it', async () => {
    await create('needing');
    const refused = await patch('needing', { networkRuleSet: { virtualNetworkRules: [{ id: subnetOf('bare') }] } });
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'NetworkRuleValidationError']);
    assert.match(
      refused.text,
      /az network vnet subnet update .*--name bare --service-endpoints Microsoft\.ContainerRegistry/,
    );
    assert.deepEqual((await rulesOf('needing')).virtualNetworkRules, []);
  });

  it('of a subnet that is gone keep nobody from adding one', async () => {
    await subnet('shortlived', '10.0.3.0/24', SERVICE_ENDPOINTS);
    await create('outliving');
    await patch('outliving', { networkRuleSet: { virtualNetworkRules: [{ id: subnetOf('shortlived') }] } });
    assert.equal((await arm.ask('DELETE', subnetOf('shortlived'))).status, 200);
    const kept = (await rulesOf('outliving')).virtualNetworkRules;
    const added = await patch('outliving', {
      networkRuleSet: { virtualNetworkRules: [...kept, { id: subnetOf('open') }] },
    });
    assert.equal(added.status, 200, added.text);
  });

  const WRONG_ADDRESSES = [
    '10.0.0.1',
    '192.168.0.0/16',
    '2001:db8::1',
    '010.0.0.1',
    '8.8.8.8/24',
    '8.8.8.8%eth0',
    '8.8.8',
    'all',
    '127.0.0.1',
  ];
  for (const value of WRONG_ADDRESSES)
    it(`do not name the address ${value}, and nothing is changed`, async () => {
      await create('addressed');
      const refused = await patch('addressed', { networkRuleSet: { defaultAction: 'Deny', ipRules: [{ value }] } });
      assert.deepEqual([refused.status, codeOf(refused)], [400, 'InvalidIPRule']);
      assert.ok(refused.text.includes(value));
      assert.equal((await rulesOf('addressed')).defaultAction, 'Allow');
    });

  it('name each address once, at most 200, and a block of one address', async () => {
    await create('counted');
    const ipRules = (count: number): object[] =>
      Array.from({ length: count }, (_, i) => ({ value: `20.0.${i >> 8}.${i & 255}` }));
    assert.equal((await patch('counted', { networkRuleSet: { ipRules: ipRules(200) } })).status, 200);
    const over = await patch('counted', { networkRuleSet: { ipRules: ipRules(201) } });
    assert.match(over.text, /The requested feature IP rule exceeds allowed quota 200 for the SKU Premium\./);
    const twice = await patch('counted', { networkRuleSet: { ipRules: [{ value: '8.8.8.8' }, { value: '8.8.8.8' }] } });
    assert.equal(twice.status, 400);
    assert.equal((await patch('counted', { networkRuleSet: { ipRules: [{ value: '8.8.8.8/32' }] } })).status, 200);
  });

  const PREMIUM_ONLY: readonly (readonly [string, object, string])[] = [
    ['network rules', { networkRuleSet: { defaultAction: 'Deny' } }, 'FeatureNotSupportedForSku'],
    ['no public access', { publicNetworkAccess: 'Disabled' }, 'DisablingPublicNetworkAccessNotSupported'],
    ['a data endpoint', { dataEndpointEnabled: true }, 'FeatureNotSupportedForSku'],
  ];
  for (const [name, properties, code] of PREMIUM_ONLY)
    it(`are of the tier Premium alone: ${name}`, async () => {
      const refused = await create('standard', 'Standard', properties);
      assert.deepEqual([refused.status, codeOf(refused)], [400, code]);
      assert.equal((await create('premium', 'Premium', properties)).status < 300, true);
    });

  it('that admit subnets, and private endpoints, exclude one another both ways', async () => {
    await create('linked');
    const endpoint = (name: string, registry: string): ReturnType<Arm['ask']> =>
      arm.ask('PUT', `${group}/providers/Microsoft.Network/privateEndpoints/${name}`, {
        location: 'westeurope',
        properties: {
          subnet: { id: subnetOf('bare') },
          privateLinkServiceConnections: [
            { name: 'c', properties: { privateLinkServiceId: registryOf(registry), groupIds: ['registry'] } },
          ],
        },
      });
    assert.equal((await endpoint('pe', 'linked')).status, 201);
    const rule = { networkRuleSet: { virtualNetworkRules: [{ id: subnetOf('open') }] } };
    const refused = await patch('linked', rule);
    assert.deepEqual([refused.status, codeOf(refused)], [409, 'PrivateEndpointAndNetworkRulesConflict']);
    assert.match(refused.text, /az acr private-endpoint-connection delete/);
    await create('subnetted', 'Premium');
    assert.equal((await patch('subnetted', rule)).status, 200);
    const other = await endpoint('pe2', 'subnetted');
    assert.deepEqual([other.status, codeOf(other)], [409, 'PrivateEndpointAndNetworkRulesConflict']);
    assert.match(other.text, /az acr network-rule remove/);
  });

  const WRONG_NETWORKS: readonly (readonly [string, string, string])[] = [
    ['outside the space', '10.9.0.0/24', 'NetcfgInvalidSubnet'],
    ['over another', '10.0.1.0/25', 'NetcfgSubnetRangesOverlap'],
    ['with host bits', '10.0.9.1/24', 'InvalidAddressPrefixFormat'],
    ['too small', '10.0.9.0/30', 'InvalidAddressPrefixFormat'],
    ['octal-looking', '010.0.9.0/24', 'InvalidAddressPrefixFormat'],
  ];
  for (const [name, addressPrefix, code] of WRONG_NETWORKS)
    it(`have no subnet ${name}`, async () => {
      const refused = await arm.ask('PUT', subnetOf('wrong'), { properties: { addressPrefix } });
      assert.deepEqual([refused.status, codeOf(refused)], [400, code], refused.text);
      assert.equal((await arm.ask('GET', subnetOf('wrong'))).status, 404);
    });
});
