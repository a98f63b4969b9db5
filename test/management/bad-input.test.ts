import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf, codeOf } from './arm.ts';

const REGION = { location: 'westeurope' };

/** What is wrong, the resource below the group, its body, the code, and what the message must name: property, value, what is allowed. */
type Row = readonly [string, string, unknown, string, readonly string[]];

const registry = (properties: object, more: object = {}): object => ({
  ...REGION,
  sku: { name: 'Premium' },
  properties,
  ...more,
});
const network = (addressPrefixes: readonly unknown[], more: object = {}): object => ({
  ...REGION,
  properties: { addressSpace: { addressPrefixes }, ...more },
});
const ipRule = (value: unknown): object =>
  registry({ networkRuleSet: { defaultAction: 'Deny', ipRules: [{ value }] } });
const NET = 'Microsoft.Network';
const REGISTRY = 'Microsoft.ContainerRegistry/registries/wrongone';
const VNET = `${NET}/virtualNetworks/wrong`;
const SUBNET = `${NET}/virtualNetworks/there/subnets/wrong`;
const INTERFACE = `${NET}/networkInterfaces/wrong`;
const nic = (privateIPAddress: string): object => ({
  ...REGION,
  properties: {
    ipConfigurations: [
      {
        name: 'c',
        properties: {
          subnet: { id: '{group}/providers/Microsoft.Network/virtualNetworks/there/subnets/first' },
          privateIPAllocationMethod: 'Static',
          privateIPAddress,
        },
      },
    ],
  },
});
const RULES = 'properties.networkRuleSet.ipRules[0].value';
const SPACE = 'properties.addressSpace.addressPrefixes';
const PREFIX = 'properties.addressPrefix';

const ROWS: readonly Row[] = [
  ['malformed JSON', REGISTRY, '{"location": westeurope}', 'InvalidRequestContent', ['westeurope']],
  ['a list in place of an object', VNET, '[1]', 'InvalidRequestContent', ['not a JSON object']],
  [
    'a text in place of a flag',
    REGISTRY,
    registry({ adminUserEnabled: 'yes' }),
    'InvalidRequestContent',
    ['properties.adminUserEnabled', '"yes"', 'boolean'],
  ],
  [
    'a text in place of a list',
    VNET,
    { ...REGION, properties: { addressSpace: { addressPrefixes: '10.0.0.0/16' } } },
    'InvalidRequestContent',
    [SPACE, '"10.0.0.0/16"', 'array'],
  ],
  [
    'a number in place of a text',
    SUBNET,
    { properties: { addressPrefix: 10 } },
    'InvalidRequestContent',
    [PREFIX, '10'],
  ],
  [
    'a word that is not listed',
    REGISTRY,
    registry({ publicNetworkAccess: 'Off' }),
    'InvalidRequestContent',
    ['properties.publicNetworkAccess', '"Off"', 'Enabled, Disabled'],
  ],
  [
    'a word for one that is not built',
    REGISTRY,
    registry({ publicNetworkAccess: 'SecuredByPerimeter' }),
    'InvalidRequestContent',
    ['properties.publicNetworkAccess', 'SecuredByPerimeter', 'Enabled, Disabled'],
  ],
  [
    'an unknown property of a registry',
    REGISTRY,
    registry({ colour: 'red' }),
    'InvalidRequestContent',
    ['properties.colour', 'not known'],
  ],
  [
    'an unknown property deep inside',
    REGISTRY,
    registry({ networkRuleSet: { defaultAction: 'Deny', ipRule: [] } }),
    'InvalidRequestContent',
    ['properties.networkRuleSet.ipRule', 'not known'],
  ],
  [
    'an unknown member at the top',
    REGISTRY,
    registry({}, { colour: 'red' }),
    'InvalidRequestContent',
    ['colour', 'not known'],
  ],
  [
    'an unknown property of a network',
    VNET,
    network(['10.0.0.0/16'], { colour: 'red' }),
    'InvalidRequestContent',
    ['properties.colour', 'not known'],
  ],
  [
    'an unknown property of a subnet',
    SUBNET,
    { properties: { addressPrefix: '10.0.9.0/24', colour: 1 } },
    'InvalidRequestContent',
    ['properties.colour', 'not known'],
  ],
  [
    'a tier that is none',
    REGISTRY,
    registry({}, { sku: { name: 'Gold' } }),
    'InvalidRequestContent',
    ['sku.name', '"Gold"', 'Basic', 'Standard', 'Premium'],
  ],
  ['no region', REGISTRY, { sku: { name: 'Premium' } }, 'LocationRequired', ['location']],
  ['a private address', REGISTRY, ipRule('10.1.2.3'), 'InvalidIPRule', [RULES, '10.1.2.3', '10.0.0.0/8', 'public']],
  ['a private block', REGISTRY, ipRule('192.168.0.0/16'), 'InvalidIPRule', [RULES, '192.168.0.0/16', 'public']],
  ['an address of IPv6', REGISTRY, ipRule('2001:4860::1'), 'InvalidIPRule', [RULES, '2001:4860::1', 'IPv4']],
  ['an address with a zone', REGISTRY, ipRule('fe80::1%eth0'), 'InvalidIPRule', [RULES, 'fe80::1%eth0', 'zone']],
  ['an octal-looking address', REGISTRY, ipRule('010.0.0.1'), 'InvalidIPRule', [RULES, '010.0.0.1', 'leading zeros']],
  [
    'a block with bits beyond its length',
    REGISTRY,
    ipRule('8.8.8.8/24'),
    'InvalidIPRule',
    [RULES, '8.8.8.8/24', '8.8.8.0/24'],
  ],
  [
    'an address twice',
    REGISTRY,
    registry({ networkRuleSet: { defaultAction: 'Deny', ipRules: [{ value: '8.8.8.8' }, { value: '8.8.8.8' }] } }),
    'InvalidRequestContent',
    ['ipRules[1].value', '8.8.8.8', 'once'],
  ],
  [
    'an action that is not there',
    REGISTRY,
    registry({ networkRuleSet: { defaultAction: 'Deny', ipRules: [{ value: '8.8.8.8', action: 'Deny' }] } }),
    'InvalidRequestContent',
    ['ipRules[0].action', '"Deny"', 'Allow'],
  ],
  [
    'a rule for what is no subnet',
    REGISTRY,
    registry({
      networkRuleSet: {
        defaultAction: 'Deny',
        virtualNetworkRules: [{ id: '{group}/providers/Microsoft.Network/virtualNetworks/there' }],
      },
    }),
    'InvalidRequestContent',
    ['virtualNetworkRules[0].id', 'virtualNetworks/there', 'subnets/SUBNET'],
  ],
  [
    'a rule for a subnet that is not there',
    REGISTRY,
    registry({
      networkRuleSet: {
        defaultAction: 'Deny',
        virtualNetworkRules: [{ id: '{group}/providers/Microsoft.Network/virtualNetworks/there/subnets/no' }],
      },
    }),
    'NetworkRuleValidationError',
    ['virtualNetworkRules', 'subnets/no'],
  ],
  [
    'a name that is too short',
    'Microsoft.ContainerRegistry/registries/abc',
    registry({}),
    'InvalidResourceName',
    ["'abc'", '5 to 50'],
  ],
  [
    'a name with a hyphen',
    'Microsoft.ContainerRegistry/registries/my-registry',
    registry({}),
    'InvalidResourceName',
    ["'my-registry'", 'letters and digits'],
  ],
  [
    'a subnet of a wrong name',
    `${NET}/virtualNetworks/there/subnets/-wrong`,
    { properties: { addressPrefix: '10.0.9.0/24' } },
    'InvalidResourceName',
    ['-wrong'],
  ],
  ['a network without addresses', VNET, network([]), 'InvalidRequestFormat', [SPACE, 'at least one']],
  [
    'the addresses of broadcasts',
    VNET,
    network(['255.255.255.248/29']),
    'InvalidAddressPrefixFormat',
    [SPACE, '255.255.255.248/29'],
  ],
  [
    'addresses of many',
    VNET,
    network(['224.0.0.0/16']),
    'InvalidAddressPrefixFormat',
    [SPACE, '224.0.0.0/16', '224.0.0.0/4'],
  ],
  [
    'addresses of this machine',
    VNET,
    network(['127.0.0.0/16']),
    'InvalidAddressPrefixFormat',
    [SPACE, '127.0.0.0/16', '127.0.0.0/8'],
  ],
  [
    'addresses of this link',
    VNET,
    network(['169.254.1.0/24']),
    'InvalidAddressPrefixFormat',
    [SPACE, '169.254.1.0/24', '169.254.0.0/16'],
  ],
  [
    'the address of Azure’s resolver',
    VNET,
    network(['168.63.129.0/24']),
    'InvalidAddressPrefixFormat',
    [SPACE, '168.63.129.0/24', '168.63.129.16/32'],
  ],
  [
    'a space within another',
    VNET,
    network(['10.0.0.0/16', '10.0.1.0/24']),
    'InvalidAddressPrefixFormat',
    [SPACE, '10.0.1.0/24', '10.0.0.0/16'],
  ],
  [
    'a space that is too small',
    VNET,
    network(['10.0.0.0/30']),
    'InvalidAddressPrefixFormat',
    [SPACE, '10.0.0.0/30', '29'],
  ],
  ['an octal-looking space', VNET, network(['010.0.0.0/16']), 'InvalidAddressPrefixFormat', [SPACE, '010.0.0.0/16']],
  [
    'subnets that overlap',
    VNET,
    network(['10.0.0.0/16'], {
      subnets: [
        { name: 'a', properties: { addressPrefix: '10.0.0.0/24' } },
        { name: 'b', properties: { addressPrefix: '10.0.0.128/25' } },
      ],
    }),
    'NetcfgSubnetRangesOverlap',
    ["'b'", '10.0.0.128/25', "'a'", '10.0.0.0/24'],
  ],
  [
    'a subnet over another',
    SUBNET,
    { properties: { addressPrefix: '10.0.0.128/25' } },
    'NetcfgSubnetRangesOverlap',
    ['10.0.0.128/25', "'first'", '10.0.0.0/24'],
  ],
  [
    'a subnet outside the space',
    SUBNET,
    { properties: { addressPrefix: '10.9.0.0/24' } },
    'NetcfgInvalidSubnet',
    ['10.9.0.0/24', '10.0.0.0/16'],
  ],
  [
    'a subnet that is too small',
    SUBNET,
    { properties: { addressPrefix: '10.0.9.0/30' } },
    'InvalidAddressPrefixFormat',
    [PREFIX, '10.0.9.0/30', '29'],
  ],
  [
    'a service endpoint of nothing',
    SUBNET,
    { properties: { addressPrefix: '10.0.9.0/24', serviceEndpoints: [{ service: 'Microsoft.Nothing' }] } },
    'InvalidServiceEndpoint',
    ['serviceEndpoints[0].service', 'Microsoft.Nothing', 'Microsoft.ContainerRegistry'],
  ],
  [
    'a group of another type',
    SUBNET,
    {
      properties: {
        addressPrefix: '10.0.9.0/24',
        networkSecurityGroup: { id: '{group}/providers/Microsoft.Network/virtualNetworks/there' },
      },
    },
    'InvalidResourceReference',
    ['networkSecurityGroup', 'virtualNetworks/there'],
  ],
  [
    'a private endpoint in what is no subnet',
    `${NET}/privateEndpoints/wrong`,
    {
      ...REGION,
      properties: {
        subnet: { id: '{group}/providers/Microsoft.Network/virtualNetworks/there' },
        privateLinkServiceConnections: [
          {
            name: 'c',
            properties: {
              privateLinkServiceId: '{group}/providers/Microsoft.ContainerRegistry/registries/there1',
              groupIds: ['registry'],
            },
          },
        ],
      },
    },
    'InvalidResourceReference',
    ['subnet', 'virtualNetworks/there'],
  ],
  [
    'a private endpoint to what is no registry',
    `${NET}/privateEndpoints/wrong`,
    {
      ...REGION,
      properties: {
        subnet: { id: '{group}/providers/Microsoft.Network/virtualNetworks/there/subnets/first' },
        privateLinkServiceConnections: [
          {
            name: 'c',
            properties: {
              privateLinkServiceId: '{group}/providers/Microsoft.Network/virtualNetworks/there',
              groupIds: ['registry'],
            },
          },
        ],
      },
    },
    'InvalidResourceReference',
    ['privateLinkServiceId', 'virtualNetworks/there'],
  ],
  [
    'an interface in what is no subnet',
    `${NET}/networkInterfaces/wrong`,
    {
      ...REGION,
      properties: {
        ipConfigurations: [
          { name: 'c', properties: { subnet: { id: '{group}/providers/Microsoft.Network/virtualNetworks/there' } } },
        ],
      },
    },
    'InvalidResourceReference',
    ['subnet', 'virtualNetworks/there'],
  ],
  [
    'an address that Azure keeps',
    INTERFACE,
    nic('10.0.0.3'),
    'PrivateIPAddressNotAvailable',
    ['privateIPAddress', '10.0.0.3'],
  ],
  [
    'the last address of a subnet',
    INTERFACE,
    nic('10.0.0.255'),
    'PrivateIPAddressNotAvailable',
    ['privateIPAddress', '10.0.0.255'],
  ],
  [
    'an address of another subnet',
    INTERFACE,
    nic('10.0.1.4'),
    'PrivateIPAddressNotAvailable',
    ['privateIPAddress', '10.0.1.4', '10.0.0.0/24'],
  ],
  ['an address that is none', INTERFACE, nic('10.0.0'), 'PrivateIPAddressNotAvailable', ['privateIPAddress', '10.0.0']],
  [
    'a peering with what is no network',
    `${NET}/virtualNetworks/there/virtualNetworkPeerings/wrong`,
    { properties: { remoteVirtualNetwork: { id: '{group}/providers/Microsoft.ContainerRegistry/registries/there1' } } },
    'InvalidResourceReference',
    ['remoteVirtualNetwork.id', 'registries/there1'],
  ],
  [
    'the id of another',
    VNET,
    { ...network(['10.0.0.0/16']), id: '{group}/providers/Microsoft.Network/virtualNetworks/there' },
    'InvalidRequestContent',
    ["'id'", 'virtualNetworks/there', 'virtualnetworks/wrong'],
  ],
];

describe('a request that is wrong', () => {
  let seawall: TestSeawall;
  let arm: Arm;
  let group: string;
  before(async () => {
    seawall = await startSeawall();
    arm = await armOf(seawall);
    group = `${arm.subscription}/resourceGroups/badinput`;
    await arm.must('PUT', group, REGION);
    const subnets = [{ name: 'first', properties: { addressPrefix: '10.0.0.0/24' } }];
    await arm.must('PUT', `${group}/providers/${NET}/virtualNetworks/there`, network(['10.0.0.0/16'], { subnets }));
    await arm.must('PUT', `${group}/providers/Microsoft.ContainerRegistry/registries/there1`, registry({}));
  });
  after(() => seawall.close());

  const generation = async (): Promise<unknown> => (await arm.ask('GET', group)).headers['x-seawall-generation'];

  for (const [name, path, body, code, parts] of ROWS)
    it(`with ${name} is refused: ${code}`, async () => {
      const was = await generation();
      const sent = typeof body === 'string' ? body : JSON.stringify(body).replaceAll('{group}', group);
      const version = path.includes('/registries/') ? { apiVersion: '2021-08-01-preview' } : {};
      const answer = await arm.ask('PUT', `${group}/providers/${path}`, sent, version);
      assert.equal(answer.status, 400, answer.text);
      const { error } = answer.json() as { readonly error: { readonly code: string; readonly message: string } };
      assert.deepEqual(Object.keys(answer.json()), ['error']);
      assert.equal(error.code, code, answer.text);
      for (const part of parts)
        assert.ok(
          JSON.stringify(error).includes(JSON.stringify(part).slice(1, -1)),
          `${part} is not in ${error.message}`,
        );
      assert.equal(await generation(), was, 'nothing was changed');
    });

  it('with an ETag that is not the newest is refused, and the newest is taken', async () => {
    const path = `${group}/providers/${NET}/virtualNetworks/there`;
    const { etag = '' } = (await arm.ask('GET', path)).headers;
    const tag = (header: string): ReturnType<Arm['ask']> =>
      arm.ask('PATCH', path, { tags: { a: header } }, { headers: { 'if-match': header } });
    assert.equal((await tag(etag)).status, 200);
    const stale = await tag(etag);
    assert.deepEqual([stale.status, codeOf(stale)], [412, 'PreconditionFailed']);
    assert.ok(stale.text.includes(JSON.stringify(etag).slice(1, -1)), stale.text);
  });

  it('by two writers at once is taken from one of them', async () => {
    const path = `${group}/providers/${NET}/virtualNetworks/raced`;
    const put = (): ReturnType<Arm['ask']> =>
      arm.ask('PUT', path, network(['10.0.0.0/16']), { headers: { 'if-none-match': '*' } });
    const statuses = (await Promise.all([put(), put(), put()])).map(({ status }) => status);
    assert.deepEqual(
      statuses.toSorted((a, b) => a - b),
      [201, 412, 412],
    );
  });
});
