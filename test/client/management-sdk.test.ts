import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ContainerRegistryManagementClient } from '@azure/arm-containerregistry';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { ClientSecretCredential } from '@azure/identity';
import { startSeawall, type TestSeawall } from '../../src/testkit/start-seawall.ts';

/** Microsoft's clients, signed in by @azure/identity as the owner, with what a cloud of one's own needs. */
function clientsOf(seawall: TestSeawall) {
  const { control, tenantId, subscriptionId, clientId, clientSecret = '' } = seawall.state;
  const tlsOptions = { ca: readFileSync(seawall.ca, 'utf8') };
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: control,
    disableInstanceDiscovery: true,
    tlsOptions,
  });
  const options = {
    endpoint: control,
    credentialScopes: `${control}/.default`,
    credentials: { scopes: [`${control}/.default`] },
    tlsOptions,
  };
  return {
    resources: new ResourceManagementClient(credential, subscriptionId, options),
    networks: new NetworkManagementClient(credential, subscriptionId, options),
    registries: new ContainerRegistryManagementClient(credential, subscriptionId, options),
  };
}

describe('Microsoft’s SDKs for JavaScript', () => {
  it('lock a registry down to a subnet, and take everything away again', async () => {
    await using seawall = await startSeawall();
    const { resources, networks, registries } = clientsOf(seawall);
    const group = await resources.resourceGroups.createOrUpdate('sdk', { location: 'westeurope' });
    assert.equal(group.properties?.provisioningState, 'Succeeded');
    const network = await networks.virtualNetworks.beginCreateOrUpdateAndWait('sdk', 'v', {
      location: 'westeurope',
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [
        { name: 's', addressPrefix: '10.0.0.0/24', serviceEndpoints: [{ service: 'Microsoft.ContainerRegistry' }] },
      ],
    });
    assert.deepEqual(network.subnets?.[0]?.serviceEndpoints?.[0]?.locations, ['*']);
    const registry = await registries.registries.create('sdk', 'sdkregistry', {
      location: 'westeurope',
      sku: { name: 'Premium' },
      networkRuleSet: { defaultAction: 'Deny', ipRules: [{ iPAddressOrRange: '8.8.8.8' }] },
    });
    assert.equal(registry.networkRuleSet?.defaultAction, 'Deny');
    await assert.rejects(
      async () =>
        registries.registries.update('sdk', 'sdkregistry', {
          networkRuleSet: { defaultAction: 'Deny', ipRules: [{ iPAddressOrRange: '10.0.0.1' }] },
        }),
      { code: 'InvalidIPRule', statusCode: 400 },
    );
    const names: string[] = [];
    for await (const one of resources.resources.list()) names.push(one.name ?? '');
    assert.deepEqual(new Set(names), new Set(['myregistry', 'sdkregistry', 'v']));
    await resources.resourceGroups.beginDeleteAndWait('sdk');
    assert.equal((await resources.resourceGroups.checkExistence('sdk')).body, false);
  });
});
