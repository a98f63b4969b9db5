import type { ArmError } from '../../../azure/error.ts';
import type { PlatformHost } from '../../platform-host.ts';
import type { VerbContext } from '../../verb.ts';
import { freeAddress, usedAddresses } from './address-pool.ts';
import { macAddress } from './interface/resource.ts';
import { isError, referred } from './reference.ts';

/** A host on a subnet, with the first address that is free there; one that is there keeps its own. */
export function placeHost(
  context: VerbContext,
  {
    host,
    subnetId,
    before,
    taken,
    target,
  }: {
    readonly host: Pick<PlatformHost, 'uid' | 'name'>;
    readonly subnetId: string;
    readonly before: PlatformHost | undefined;
    /** Addresses that the same request has given out. */
    readonly taken: readonly string[];
    readonly target: string;
  },
): Omit<PlatformHost, 'resource'> | ArmError {
  const type = 'microsoft.network/virtualnetworks/subnets';
  const subnet = referred(context.view, { id: subnetId }, { type, target });
  if (isError(subnet)) return subnet;
  if (before?.subnet.toLowerCase() === subnet.id.toLowerCase()) {
    const { resource: _, ...kept } = before;
    return kept;
  }
  const address = freeAddress(subnet, new Set([...usedAddresses(context.view, subnet), ...taken]));
  if (address === undefined)
    return { code: 'SubnetIsFull', target, message: `Subnet ${subnet.name} has no free address left.` };
  return { ...host, subnet: subnet.id, address, mac: macAddress(context.newUuid()) };
}
