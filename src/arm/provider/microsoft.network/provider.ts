import type { ResourceProvider } from '../../resource-type.ts';
import { VIRTUAL_NETWORK } from './virtual-network/resource.ts';
import { SUBNET } from './virtual-network/subnet.ts';

/** Microsoft.Network. */
export const NETWORK_PROVIDER: ResourceProvider = {
  namespace: 'Microsoft.Network',
  types: [VIRTUAL_NETWORK, SUBNET],
};
