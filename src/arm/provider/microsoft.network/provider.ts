import type { ResourceProvider } from '../../resource-type.ts';
import { PUBLIC_ADDRESS } from './interface/public-address.ts';
import { INTERFACE } from './interface/resource.ts';
import { ALL_RECORDS, RECORD_SETS } from './private-dns/record-set.ts';
import { PRIVATE_DNS_ZONE, VIRTUAL_NETWORK_LINK } from './private-dns/zone.ts';
import { PRIVATE_ENDPOINT } from './private-endpoint/resource.ts';
import { ZONE_GROUP } from './private-endpoint/zone-group.ts';
import { NETWORK_ROUTES } from './route.ts';
import { SECURITY_GROUP } from './security-group/resource.ts';
import { SECURITY_RULE } from './security-group/rule.ts';
import { PEERING } from './virtual-network/peering.ts';
import { VIRTUAL_NETWORK } from './virtual-network/resource.ts';
import { SUBNET } from './virtual-network/subnet.ts';

/** Microsoft.Network. */
export const NETWORK_PROVIDER: ResourceProvider = {
  namespace: 'Microsoft.Network',
  types: [
    VIRTUAL_NETWORK,
    SUBNET,
    PEERING,
    SECURITY_GROUP,
    SECURITY_RULE,
    PUBLIC_ADDRESS,
    INTERFACE,
    PRIVATE_ENDPOINT,
    ZONE_GROUP,
    { ...PRIVATE_DNS_ZONE, actions: [ALL_RECORDS] },
    VIRTUAL_NETWORK_LINK,
    ...RECORD_SETS,
  ],
  routes: NETWORK_ROUTES,
};
