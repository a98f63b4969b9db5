import type { Change, StateView } from '../../../../state/port.ts';
import { freePublicAddress } from '../address-pool.ts';

/** Gives every virtual network of an earlier release the address by which it goes out. */
export function missingEgress(view: StateView, publicPrefix: string): readonly Change[] {
  const changes: Change[] = [];
  for (const network of view.ofType('microsoft.network/virtualnetworks')) {
    if (network.properties['egressAddress'] !== undefined) continue;
    const egressAddress = freePublicAddress(view.with(changes), publicPrefix);
    if (egressAddress === undefined) break;
    changes.push({ kind: 'put', resource: { ...network, properties: { ...network.properties, egressAddress } } });
  }
  return changes;
}
