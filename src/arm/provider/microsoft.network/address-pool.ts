import { keyOfId } from '../../../azure/resource-id.ts';
import { formatAddress, parseAddress } from '../../../network/address.ts';
import { addressAt, containsAddress, parsePrefix, type Prefix, sizeOf, formatPrefix } from '../../../network/prefix.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';
import { ipConfigurations } from './subnet-user.ts';
import { prefixesOf } from './virtual-network/subnet.ts';

/** Addresses at the start of a subnet that are Azure's: network, gateway, DNS (facts/acr.md §5). */
const RESERVED = 4;

/** The addresses that are in use in a subnet. */
export function usedAddresses(view: StateView, subnet: Pick<StoredResource, 'key'>): ReadonlySet<string> {
  return new Set(ipConfigurations(view).flatMap((one) => (keyOfId(one.subnet) === subnet.key ? [one.address] : [])));
}

/** The first address of a subnet that is free: `.4` in an empty one. `undefined`: it is full. */
export function freeAddress(subnet: StoredResource, used: ReadonlySet<string>): string | undefined {
  const [prefix] = prefixesOf(subnet);
  return prefix === undefined ? undefined : firstFree(prefix, RESERVED, used);
}

/** Why an address cannot be asked for; `undefined` when it can. */
export function addressRefusal(subnet: StoredResource, address: string, used: ReadonlySet<string>): string | undefined {
  const parsed = parseAddress(address);
  const prefix = parsed === undefined ? undefined : prefixesOf(subnet).find((one) => containsAddress(one, parsed));
  if (parsed === undefined || prefix === undefined)
    return `it is not in the subnet '${subnet.name}' (${prefixesOf(subnet).map(formatPrefix).join(', ')})`;
  const reserved = [0, 1, 2, 3, sizeOf(prefix) - 1].map((index) => formatAddress(addressAt(prefix, index)));
  if (reserved.includes(formatAddress(parsed)))
    return `it is one of the addresses that are reserved in every subnet (${reserved.join(', ')})`;
  return used.has(address) ? 'it is in use' : undefined;
}

/** The first public address that no resource has and by which no virtual network goes out. */
export function freePublicAddress(view: StateView, range: string): string | undefined {
  const parsed = parsePrefix(range);
  const used = [
    ...view.ofType('microsoft.network/publicipaddresses').map(({ properties }) => properties['ipAddress']),
    ...view.ofType('microsoft.network/virtualnetworks').map(({ properties }) => properties['egressAddress']),
  ];
  const taken = new Set(used.filter((one): one is string => typeof one === 'string'));
  return parsed.kind === 'parsed' ? firstFree(parsed.prefix, RESERVED, taken) : undefined;
}

function firstFree(prefix: Prefix, from: number, used: ReadonlySet<string>): string | undefined {
  const end = Math.min(sizeOf(prefix) - 1, from + used.size + 1);
  for (let index = from; index < end; index += 1) {
    const address = formatAddress(addressAt(prefix, index));
    if (!used.has(address)) return address;
  }
  return undefined;
}
