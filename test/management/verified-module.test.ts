import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf } from './arm.ts';

/** Azure Verified Modules, compiled, as they are published; they are not part of this repository. */
const MODULE = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'shared',
  'azure-templates',
  'avm-container-registry-registry.json',
);
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
