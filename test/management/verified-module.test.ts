import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf } from './arm.ts';

/** Azure Verified Modules, compiled, as they are published; they are not part of this repository. */
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'shared', 'azure-templates');
const MODULE = join(FOLDER, 'avm-container-registry-registry.json');
const ENDPOINT = join(FOLDER, 'avm-network-private-endpoint.json');
const skip = existsSync(MODULE) ? false : 'the compiled Azure Verified Modules are not beside the project';

describe('the verified module of registries', { skip }, () => {
  it('deploys unmodified with a private endpoint, a lock, a role assignment and diagnostic settings', async () => {
    await using seawall = await startSeawall();
    const arm = await armOf(seawall);
    const group = `${arm.subscription}/resourceGroups/verified`;
    const network = `${group}/providers/Microsoft.Network/virtualNetworks/v`;
    const zone = `${group}/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.localhost`;
    await arm.must('PUT', group, { location: 'westeurope' });
    const addressSpace = { addressPrefixes: ['10.0.0.0/16'] };
    const subnets = [{ name: 's', properties: { addressPrefix: '10.0.0.0/24' } }];
    await arm.must('PUT', network, { location: 'westeurope', properties: { addressSpace, subnets } });
    await arm.must('PUT', zone, { location: 'global' });
    const values = {
      name: 'verifiedregistry',
      acrSku: 'Premium',
      lock: { kind: 'CanNotDelete', name: 'keep' },
      roleAssignments: [{ roleDefinitionIdOrName: 'Reader', principalId: '22222222-2222-2222-2222-222222222222' }],
      diagnosticSettings: [
        { name: 'kept', workspaceResourceId: `${group}/providers/Microsoft.OperationalInsights/workspaces/w` },
      ],
      privateEndpoints: [
        {
          subnetResourceId: `${network}/subnets/s`,
          privateDnsZoneGroup: { privateDnsZoneGroupConfigs: [{ privateDnsZoneResourceId: zone }] },
        },
      ],
    };
    const parameters = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
    const template: object = JSON.parse(await readFile(MODULE, 'utf8'));
    const body = { properties: { mode: 'Incremental', template, parameters } };
    await arm.must('PUT', `${group}/providers/Microsoft.Resources/deployments/verified`, body);
    const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/verifiedregistry`;
    const made = JSON.stringify(await arm.must('GET', registry));
    assert.match(made, /"status":"Approved"/);
    const locks = await arm.must('GET', `${registry}/providers/Microsoft.Authorization/locks`);
    assert.match(JSON.stringify(locks), /"level":"CanNotDelete"/);
    const records = await arm.must('GET', `${zone}/A`);
    assert.match(JSON.stringify(records), /"ipv4Address":"10\.0\.0\.4"/);
    const again = JSON.stringify(
      await arm.must('POST', `${group}/providers/Microsoft.Resources/deployments/verified/whatIf`, body),
    );
    assert.match(again, /"changeType":"NoChange"/);
    assert.doesNotMatch(again, /"changeType":"(?:Create|Modify|Delete)"/);
  });
});

describe('the verified module of private endpoints', { skip }, () => {
  it('deploys unmodified with a lock, a role assignment and a zone group, and what-if shows no change then', async () => {
    await using seawall = await startSeawall();
    const arm = await armOf(seawall);
    const group = `${arm.subscription}/resourceGroups/verified`;
    const network = `${group}/providers/Microsoft.Network/virtualNetworks/v`;
    const zone = `${group}/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.localhost`;
    const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/endpointed`;
    await arm.must('PUT', group, { location: 'westeurope' });
    const addressSpace = { addressPrefixes: ['10.0.0.0/16'] };
    const subnets = [{ name: 's', properties: { addressPrefix: '10.0.0.0/24' } }];
    await arm.must('PUT', network, { location: 'westeurope', properties: { addressSpace, subnets } });
    await arm.must('PUT', zone, { location: 'global' });
    await arm.must('PUT', registry, { location: 'westeurope', sku: { name: 'Premium' } });
    const connection = { privateLinkServiceId: registry, groupIds: ['registry'] };
    const values = {
      name: 'endpoint',
      subnetResourceId: `${network}/subnets/s`,
      privateLinkServiceConnections: [{ name: 'endpoint', properties: connection }],
      privateDnsZoneGroup: { privateDnsZoneGroupConfigs: [{ privateDnsZoneResourceId: zone }] },
      lock: { kind: 'CanNotDelete', name: 'keep' },
      roleAssignments: [{ roleDefinitionIdOrName: 'Reader', principalId: '22222222-2222-2222-2222-222222222222' }],
      tags: { by: 'module' },
    };
    const parameters = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
    const template: object = JSON.parse(await readFile(ENDPOINT, 'utf8'));
    const body = { properties: { mode: 'Incremental', template, parameters } };
    const deployment = `${group}/providers/Microsoft.Resources/deployments/endpoint`;
    const made = JSON.stringify(await arm.must('PUT', deployment, body));
    assert.match(made, /"provisioningState":"Succeeded"/);
    const endpoint = `${group}/providers/Microsoft.Network/privateEndpoints/endpoint`;
    assert.match(JSON.stringify(await arm.must('GET', registry)), /"status":"Approved"/);
    const locks = await arm.must('GET', `${endpoint}/providers/Microsoft.Authorization/locks`);
    assert.match(JSON.stringify(locks), /"level":"CanNotDelete"/);
    assert.match(JSON.stringify(await arm.must('GET', `${zone}/A`)), /"ipv4Address":"10\.0\.0\.4"/);
    const again = JSON.stringify(await arm.must('POST', `${deployment}/whatIf`, body));
    assert.match(again, /"changeType":"NoChange"/);
    assert.doesNotMatch(again, /"changeType":"(?:Create|Modify|Delete)"/);
  });
});
