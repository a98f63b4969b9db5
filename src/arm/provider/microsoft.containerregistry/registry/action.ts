import { objectOf } from '../../../../azure/json.ts';
import type { ResourceAction } from '../../../resource-type.ts';

/** `GET …/privateLinkResources`: what a private endpoint can be for (facts/acr.md §4.3). */
export function privateLinkResources(): ResourceAction {
  return {
    name: 'privateLinkResources',
    method: 'GET',
    permission: 'Microsoft.ContainerRegistry/registries/privateLinkResources/read',
    run: ({ settings }, { resource: { id, location = '' } }) => {
      const properties = {
        groupId: 'registry',
        requiredMembers: ['registry', `registry_data_${location}`],
        requiredZoneNames: [`privatelink.${settings.registrySuffix}`],
      };
      const type = 'Microsoft.ContainerRegistry/registries/privateLinkResources';
      return {
        kind: 'answered',
        body: { value: [{ id: `${id}/privateLinkResources/registry`, name: 'registry', type, properties }] },
      };
    },
  };
}

/** `GET …/replications`: the home region, as a Premium registry of Azure shows it; others cannot be made here. */
export function replications(): ResourceAction {
  return {
    name: 'replications',
    method: 'GET',
    permission: 'Microsoft.ContainerRegistry/registries/replications/read',
    run: (_, { resource: { id, location = '', tags, envelope } }) => {
      if (objectOf(envelope['sku'])['name'] !== 'Premium') return { kind: 'answered', body: { value: [] } };
      const properties = {
        provisioningState: 'Succeeded',
        status: { displayStatus: 'Ready' },
        regionEndpointEnabled: true,
        zoneRedundancy: 'Disabled',
      };
      const type = 'Microsoft.ContainerRegistry/registries/replications';
      return {
        kind: 'answered',
        body: { value: [{ id: `${id}/replications/${location}`, name: location, type, location, tags, properties }] },
      };
    },
  };
}
