import type { JsonObject } from '../../../../azure/json.ts';

const RULES = [
  [
    'AllowVnetInBound',
    'Inbound',
    65_000,
    'Allow',
    'VirtualNetwork',
    'VirtualNetwork',
    'Allow inbound traffic from all VMs in VNET',
  ],
  [
    'AllowAzureLoadBalancerInBound',
    'Inbound',
    65_001,
    'Allow',
    'AzureLoadBalancer',
    '*',
    'Allow inbound traffic from azure load balancer',
  ],
  ['DenyAllInBound', 'Inbound', 65_500, 'Deny', '*', '*', 'Deny all inbound traffic'],
  [
    'AllowVnetOutBound',
    'Outbound',
    65_000,
    'Allow',
    'VirtualNetwork',
    'VirtualNetwork',
    'Allow outbound traffic from all VMs to all VMs in VNET',
  ],
  [
    'AllowInternetOutBound',
    'Outbound',
    65_001,
    'Allow',
    '*',
    'Internet',
    'Allow outbound traffic from all VMs to Internet',
  ],
  ['DenyAllOutBound', 'Outbound', 65_500, 'Deny', '*', '*', 'Deny all outbound traffic'],
] as const;

/** The rules that every network security group ends with. */
export function defaultRules(group: string, etag: string): readonly JsonObject[] {
  return RULES.map(
    ([name, direction, priority, access, sourceAddressPrefix, destinationAddressPrefix, description]) => ({
      id: `${group}/defaultSecurityRules/${name}`,
      name,
      etag: `W/${etag}`,
      type: 'Microsoft.Network/networkSecurityGroups/defaultSecurityRules',
      properties: {
        provisioningState: 'Succeeded',
        description,
        protocol: '*',
        sourcePortRange: '*',
        destinationPortRange: '*',
        sourceAddressPrefix,
        destinationAddressPrefix,
        access,
        priority,
        direction,
        sourcePortRanges: [],
        destinationPortRanges: [],
        sourceAddressPrefixes: [],
        destinationAddressPrefixes: [],
      },
    }),
  );
}
