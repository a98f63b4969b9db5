import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSeawall } from '../../src/testkit/start-seawall.ts';
import { armOf, codeOf } from './arm.ts';

const LIMIT = 200;

describe('the private endpoints of a registry', () => {
  it(`are ${LIMIT} at most in the profile of Azure, which its usages say (facts/acr.md §1.2)`, async () => {
    await using seawall = await startSeawall();
    const arm = await armOf(seawall);
    const group = `${arm.subscription}/resourceGroups/linked`;
    await arm.must('PUT', group, { location: 'westeurope' });
    const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/linkedregistry`;
    await arm.must('PUT', registry, { location: 'westeurope', sku: { name: 'Premium' } });
    const subnet = `${group}/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;
    await arm.must('PUT', `${group}/providers/Microsoft.Network/virtualNetworks/v`, {
      location: 'westeurope',
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: 's', properties: { addressPrefix: '10.0.0.0/22' } }],
      },
    });
    const link = (i: number): ReturnType<typeof arm.ask> =>
      arm.ask('PUT', `${group}/providers/Microsoft.Network/privateEndpoints/pe${i}`, {
        location: 'westeurope',
        properties: {
          subnet: { id: subnet },
          privateLinkServiceConnections: [
            { name: 'c', properties: { privateLinkServiceId: registry, groupIds: ['registry'] } },
          ],
        },
      });
    for (let i = 0; i < LIMIT; i += 1) assert.equal((await link(i)).status, 201, `number ${i}`);
    const { value } = await arm.must('GET', `${registry}/listUsages`);
    const usages = value as readonly { readonly name: string; readonly limit: number; readonly currentValue: number }[];
    const own = usages.find(({ name }) => name === 'PrivateEndpointConnections');
    assert.deepEqual([own?.limit, own?.currentValue], [LIMIT, LIMIT]);
    const more = await link(LIMIT);
    assert.deepEqual([more.status, codeOf(more)], [400, 'QuotaExceeded'], more.text);
    await arm.must('DELETE', `${group}/providers/Microsoft.Network/privateEndpoints/pe0`);
    assert.equal((await link(LIMIT)).status, 201);
  });
});
