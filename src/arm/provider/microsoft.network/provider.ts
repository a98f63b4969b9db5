import type { ResourceProvider } from '../../resource-type.ts';
import { PUBLIC_ADDRESS } from './interface/public-address.ts';
import { INTERFACE } from './interface/resource.ts';
import { SECURITY_GROUP } from './security-group/resource.ts';
import { VIRTUAL_NETWORK } from './virtual-network/resource.ts';
import { SUBNET } from './virtual-network/subnet.ts';

/** Microsoft.Network. */
export const NETWORK_PROVIDER: ResourceProvider = {
  namespace: 'Microsoft.Network',
  types: [VIRTUAL_NETWORK, SUBNET, SECURITY_GROUP, PUBLIC_ADDRESS, INTERFACE],
};
