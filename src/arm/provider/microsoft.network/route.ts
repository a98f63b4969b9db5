import type { JsonObject } from '../../../azure/json.ts';
import { REGIONS } from '../microsoft.resources/region.ts';
import type { ArmRoute } from '../../resource-type.ts';
import { endpointServices } from './service-endpoint.ts';

const LOCATION = '/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}';

/** What of the provider is no resource. */
export const NETWORK_ROUTES: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: `${LOCATION}/virtualNetworkAvailableEndpointServices`,
    permission: 'Microsoft.Network/locations/virtualNetworkAvailableEndpointServices/read',
    run: ({ settings }, { parameters: { subscription = '' } }) => {
      const type = 'Microsoft.Network/virtualNetworkEndpointServices';
      const id = (name: string): string => `/subscriptions/${subscription}/providers/${type}/${name}`;
      const value = endpointServices(settings.cloud).map((name) => ({ name, id: id(name), type }));
      return { kind: 'answered', body: { value } };
    },
  },
  {
    method: 'GET',
    path: `${LOCATION}/serviceTags`,
    permission: 'Microsoft.Network/locations/serviceTags/read',
    run: ({ settings, view }, { parameters: { subscription = '', location = '' } }) => {
      const { sequence } = view.generation;
      const addressPrefixes = [settings.publicPrefix];
      const tag = (name: string, region: string): JsonObject => ({
        name,
        id: name,
        properties: {
          changeNumber: String(sequence),
          region,
          systemService: 'AzureContainerRegistry',
          addressPrefixes,
        },
      });
      // Every region is this server, whose registries have the addresses of one prefix.
      const regional = REGIONS.map(({ name, displayName }) =>
        tag(`AzureContainerRegistry.${displayName.replaceAll(' ', '')}`, name),
      );
      const values = [tag('AzureContainerRegistry', ''), ...regional];
      const type = 'Microsoft.Network/serviceTags';
      const id = `/subscriptions/${subscription}/providers/${type}/${location}`;
      return {
        kind: 'answered',
        body: { name: location, id, type, changeNumber: String(sequence), cloud: settings.cloud, values },
      };
    },
  },
];
