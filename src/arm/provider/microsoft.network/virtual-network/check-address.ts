import { parseAddress } from '../../../../network/address.ts';
import type { StateView, StoredResource } from '../../../../state/port.ts';
import type { ResourceAction } from '../../../resource-type.ts';
import { refused } from '../../../verb.ts';
import { addressRefusal, freeAddress, usedAddresses } from '../address-pool.ts';
import { subnetsOf } from './subnet.ts';

/** How many free addresses are named beside one that is taken, as in Azure. */
const NAMED = 5;

/** `GET …/CheckIPAddressAvailability?ipAddress=`: whether an address of a network is free, and the next that are. */
export const CHECK_ADDRESS: ResourceAction = {
  name: 'CheckIPAddressAvailability',
  method: 'GET',
  permission: 'Microsoft.Network/virtualNetworks/read',
  run: ({ view }, { resource, query }) => {
    const address = query.get('ipAddress') ?? '';
    if (parseAddress(address) === undefined)
      return refused({
        code: 'InvalidRequestFormat',
        target: 'ipAddress',
        message: `The value '${address}' of 'ipAddress' is not allowed: it must be an address such as 10.0.0.4.`,
      });
    const subnets = subnetsOf(view, resource);
    const available = subnets.some((subnet) => addressRefusal(subnet, address, usedIn(view, subnet)) === undefined);
    const free = subnets.flatMap((subnet) => nextFree(view, subnet)).slice(0, NAMED);
    return { kind: 'answered', body: { available, ...(available ? {} : { availableIPAddresses: free }) } };
  },
};

function usedIn(view: StateView, subnet: StoredResource): Set<string> {
  return new Set(usedAddresses(view, subnet));
}

function nextFree(view: StateView, subnet: StoredResource): readonly string[] {
  const used = usedIn(view, subnet);
  const free: string[] = [];
  for (
    let next = freeAddress(subnet, used);
    next !== undefined && free.length < NAMED;
    next = freeAddress(subnet, used)
  ) {
    free.push(next);
    used.add(next);
  }
  return free;
}
