import { type Json, listOf, objectOf } from '../../../../azure/json.ts';
import { keyOfId } from '../../../../azure/resource-id.ts';
import type { StateView, StoredResource } from '../../../../state/port.ts';
import { idIn } from '../reference.ts';

/** What a network interface belongs to. */
export type InterfaceUser = { readonly kind: 'virtual-machine' | 'private-endpoint'; readonly id: string };

/** The virtual machine or private endpoint that has a network interface. */
export function interfaceUser(view: StateView, { key }: Pick<StoredResource, 'key'>): InterfaceUser | undefined {
  const names = (list: readonly Json[]): boolean => list.some((one) => keyOfId(idIn(one) ?? '') === key);
  const machine = view
    .ofType('microsoft.compute/virtualmachines')
    .find(({ properties }) => names(listOf(objectOf(properties['networkProfile'])['networkInterfaces'])));
  if (machine !== undefined) return { kind: 'virtual-machine', id: machine.id };
  const endpoint = view
    .ofType('microsoft.network/privateendpoints')
    .find(({ properties }) => names(listOf(properties['networkInterfaces'])));
  return endpoint === undefined ? undefined : { kind: 'private-endpoint', id: endpoint.id };
}
