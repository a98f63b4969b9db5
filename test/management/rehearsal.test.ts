import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askControl, ownerToken, tokenOf } from '../../src/testkit/control-client.ts';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';
import { type Arm, armOf, codeOf } from './arm.ts';

const REGION = { location: 'westeurope' };
const ENDPOINTS = [{ service: 'Microsoft.ContainerRegistry' }];
const CONTRIBUTOR = 'b24988ac-6180-42a0-ab88-20f7382dd24c';

/** A group with a network of two subnets and a registry; and a person who may change that registry alone. */
async function scene(settings: object): Promise<
  AsyncDisposable & {
    readonly owner: Arm;
    readonly seawall: TestSeawall;
    readonly group: string;
    readonly subnet: (name: string) => string;
    readonly rule: (names: readonly string[], by?: Arm) => ReturnType<Arm['ask']>;
    readonly other: () => Promise<Arm>;
  }
> {
  const seawall = await startSeawall({ settings });
  const owner = await armOf(seawall);
  const group = `${owner.subscription}/resourceGroups/rehearsed`;
  const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/rehearsed`;
  const subnet = (name: string): string => `${group}/providers/Microsoft.Network/virtualNetworks/v/subnets/${name}`;
  await owner.must('PUT', group, REGION);
  return {
    seawall,
    owner,
    group,
    subnet,
    rule: (names, by = owner) =>
      by.ask(
        'PATCH',
        registry,
        { properties: { networkRuleSet: { virtualNetworkRules: names.map((name) => ({ id: subnet(name) })) } } },
        { apiVersion: '2021-08-01-preview' },
      ),
    other: async () => {
      const made = await owner.must('POST', '/seawall/principals', { displayName: 'other' }, { apiVersion: '' });
      const role = `${registry}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001`;
      const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${CONTRIBUTOR}`;
      await owner.must('PUT', role, { properties: { roleDefinitionId, principalId: made['objectId'] } });
      const [clientId, secret] = [String(made['clientId']), String(made['secret'])];
      return armOf(seawall, await tokenOf(seawall, { clientId, secret }));
    },
    [Symbol.asyncDispose]: () => seawall.close(),
  };
}

async function build({ owner, group }: { readonly owner: Arm; readonly group: string }): Promise<void> {
  const subnets = ['a', 'b'].map((name, i) => ({
    name,
    properties: { addressPrefix: `10.0.${i}.0/24`, serviceEndpoints: ENDPOINTS },
  }));
  const addressSpace = { addressPrefixes: ['10.0.0.0/16'] };
  const properties = { addressSpace, subnets };
  await owner.must('PUT', `${group}/providers/Microsoft.Network/virtualNetworks/v`, { ...REGION, properties });
  const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/rehearsed`;
  await owner.must('PUT', registry, { ...REGION, sku: { name: 'Premium' } });
}

describe('a rehearsal of what production refuses', () => {
  it('asks who adds a subnet’s rule whether they may join the subnet, and leaves rules of others alone', async () => {
    await using s = await scene({});
    await build(s);
    const other = await s.other();
    const refused = await s.rule(['a'], other);
    assert.deepEqual([refused.status, codeOf(refused)], [403, 'LinkedAuthorizationFailed']);
    assert.match(refused.text, /subnets\/joinViaServiceEndpoint\/action/);
    assert.equal((await s.rule(['a'])).status, 200);
    // The owner's rule is kept by who may not join its subnet, as it is nothing new.
    assert.equal((await s.rule(['a'], other)).status, 200);
    assert.equal((await s.rule(['a', 'b'], other)).status, 403);
    assert.equal((await s.rule([], other)).status, 200);
  });

  it('checks every subnet of the list anew where that is asked for, as Azure does', async () => {
    for (const [revalidateRules, status] of [
      [true, 400],
      [false, 200],
    ] as const) {
      await using s = await scene({ revalidateRules });
      await build(s);
      assert.equal((await s.rule(['a'])).status, 200);
      await s.owner.must('PUT', s.subnet('a'), { properties: { addressPrefix: '10.0.0.0/24', serviceEndpoints: [] } });
      const added = await s.rule(['a', 'b']);
      assert.equal(added.status, status, added.text);
      if (status === 400) assert.equal(codeOf(added), 'NetworkRuleValidationError');
    }
  });

  it('knows the clouds without service endpoints of registries', async () => {
    for (const cloud of ['AzureUSGovernment', 'AzureChinaCloud'] as const) {
      await using s = await scene({ cloud });
      await assert.rejects(build(s), /ServiceEndpointNotSupported.*not available in Azure/);
      const { value } = await s.owner.must(
        'GET',
        `${s.owner.subscription}/providers/Microsoft.Network/locations/westeurope/virtualNetworkAvailableEndpointServices`,
      );
      const names = (value as readonly { readonly name: string }[]).map(({ name }) => name);
      assert.deepEqual(
        [names.includes('Microsoft.Storage'), names.includes('Microsoft.ContainerRegistry')],
        [true, false],
      );
    }
  });

  it('needs the provider registered, for a registry and for a subnet’s endpoint', async () => {
    await using s = await scene({ autoRegistration: false });
    const provider = (namespace: string, verb: string): Promise<unknown> =>
      s.owner.must('POST', `${s.owner.subscription}/providers/${namespace}/${verb}`);
    await assert.rejects(build(s), /MissingSubscriptionRegistration.*Microsoft\.Network/);
    await provider('Microsoft.Network', 'register');
    await provider('Microsoft.ContainerRegistry', 'unregister');
    await assert.rejects(
      build(s),
      /MissingSubscriptionRegistration.*az provider register --namespace Microsoft\.ContainerRegistry/,
    );
    const registry = `${s.group}/providers/Microsoft.ContainerRegistry/registries/rehearsed`;
    const refused = await s.owner.ask('PUT', registry, { ...REGION, sku: { name: 'Premium' } });
    assert.deepEqual([refused.status, codeOf(refused)], [409, 'MissingSubscriptionRegistration']);
    await provider('Microsoft.ContainerRegistry', 'register');
    await build(s);
    assert.equal((await s.rule(['a'])).status, 200);
    // The subscription of the network lost its provider: the rule cannot be validated any more.
    await provider('Microsoft.ContainerRegistry', 'unregister');
    const lost = await s.rule(['b']);
    assert.deepEqual([lost.status, codeOf(lost)], [409, 'MissingSubscriptionRegistration'], lost.text);
  });

  it('holds 100 subnet rules and no more, which usages say', async () => {
    await using s = await scene({});
    await build(s);
    const subnets = Array.from({ length: 101 }, (_, i) => ({
      name: `n${i}`,
      properties: { addressPrefix: `10.1.${i}.0/24`, serviceEndpoints: ENDPOINTS },
    }));
    const network = `${s.group}/providers/Microsoft.Network/virtualNetworks/v`;
    const properties = { addressSpace: { addressPrefixes: ['10.1.0.0/16'] }, subnets };
    await s.owner.must('PUT', network, { ...REGION, properties });
    const names = subnets.map(({ name }) => name);
    assert.equal((await s.rule(names.slice(0, 100))).status, 200);
    const refused = await s.rule(names);
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'QuotaExceeded']);
    assert.match(refused.text, /exceeds allowed quota 100 for the SKU Premium/);
    const registry = `${s.group}/providers/Microsoft.ContainerRegistry/registries/rehearsed`;
    const { value } = await s.owner.must('GET', `${registry}/listUsages`);
    const usages = value as readonly { readonly name: string; readonly limit: number; readonly currentValue: number }[];
    const of = (name: string) => usages.filter((one) => one.name === name).map((one) => [one.limit, one.currentValue]);
    assert.deepEqual(
      [of('VNetRules'), of('IPRules'), of('PrivateEndpointConnections')],
      [[[100, 100]], [[200, 0]], [[200, 0]]],
    );
  });

  it('keeps delegations and policies of a subnet through what az sends', async () => {
    await using s = await scene({});
    await build(s);
    const delegations = [{ name: 'aci', properties: { serviceName: 'Microsoft.ContainerInstance/containerGroups' } }];
    const wanted = { addressPrefix: '10.0.1.0/24', delegations, privateEndpointNetworkPolicies: 'Enabled' };
    const put = await s.owner.must('PUT', s.subnet('b'), { properties: wanted });
    // az sends back what it read, with what it adds (facts/acr.md §4.5).
    const { properties } = put as { readonly properties: object };
    const again = await s.owner.must('PUT', s.subnet('b'), {
      ...put,
      properties: { ...properties, serviceEndpoints: ENDPOINTS },
    });
    const shown = again['properties'] as Record<string, unknown>;
    assert.match(
      JSON.stringify(shown['delegations']),
      /"name":"aci".*"serviceName":"Microsoft.ContainerInstance\/containerGroups"/,
    );
    assert.equal(shown['privateEndpointNetworkPolicies'], 'Enabled');
    assert.deepEqual(shown['serviceEndpoints'], [
      { service: 'Microsoft.ContainerRegistry', locations: ['*'], provisioningState: 'Succeeded' },
    ]);
  });

  it('lists the addresses that service tags stand for', async () => {
    await using s = await scene({});
    const path = `${s.owner.subscription}/providers/Microsoft.Network/locations/westeurope/serviceTags`;
    const { values } = await s.owner.must('GET', path);
    const tags = values as readonly {
      readonly name: string;
      readonly properties: { readonly addressPrefixes: readonly string[] };
    }[];
    const own = tags.find(({ name }) => name === 'AzureContainerRegistry');
    assert.ok(own !== undefined && own.properties.addressPrefixes.length > 0, JSON.stringify(values));
  });
});

describe('a token of the management API', () => {
  it('counts as it was signed, for this audience, by this server, and not otherwise', async () => {
    await using s = await scene({});
    await using elsewhere = await startSeawall();
    const list = async (token: string): Promise<number> =>
      (
        await askControl(s.seawall, 'GET', '/subscriptions?api-version=2020-01-01', {
          headers: { authorization: `Bearer ${token}` },
        })
      ).status;
    const token = await ownerToken(s.seawall);
    assert.equal(await list(token), 200);
    const [head = '', claims = '', signature = ''] = token.split('.');
    const changed = { ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), oid: 'somebody' };
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
    for (const forged of [
      `${head}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`,
      `${unsigned}.${claims}.`,
      await ownerToken(elsewhere),
      'no token at all',
    ])
      assert.equal(await list(forged), 401, forged);
  });
});
