import { listOf, objectOf } from '../../../../azure/json.ts';
import { keyOfId, type ResourceKey } from '../../../../azure/resource-id.ts';
import type { StateView, StoredResource } from '../../../../state/port.ts';
import { indexed } from '../../../view-index.ts';
import { idIn } from '../reference.ts';

/** What a network interface belongs to. */
export type InterfaceUser = { readonly kind: 'virtual-machine' | 'private-endpoint'; readonly id: string };

/** The virtual machine or private endpoint that has a network interface. */
export function interfaceUser(view: StateView, { key }: Pick<StoredResource, 'key'>): InterfaceUser | undefined {
  return indexed(view, usersByInterface).get(key);
}

function usersByInterface(view: StateView): ReadonlyMap<ResourceKey, InterfaceUser> {
  const users = new Map<ResourceKey, InterfaceUser>();
  for (const { id, properties } of view.ofType('microsoft.network/privateendpoints'))
    for (const one of listOf(properties['networkInterfaces']))
      users.set(keyOfId(idIn(one) ?? ''), { kind: 'private-endpoint', id });
  for (const { id, properties } of view.ofType('microsoft.compute/virtualmachines'))
    for (const one of listOf(objectOf(properties['networkProfile'])['networkInterfaces']))
      users.set(keyOfId(idIn(one) ?? ''), { kind: 'virtual-machine', id });
  return users;
}
