/** Hosts that a resource has for itself, without a network interface of its own in the management API: nodes, container groups. */
import { type Json, type JsonObject, listOf, objectOf } from '../azure/json.ts';
import type { StateView, StoredResource } from '../state/port.ts';
import { indexed } from './view-index.ts';

/** Managed clusters, in lower case. */
export const CLUSTERS = 'microsoft.containerservice/managedclusters';
/** Container groups, in lower case. */
export const CONTAINER_GROUPS = 'microsoft.containerinstance/containergroups';

/** One such host. */
export interface PlatformHost {
  /** Its own, and its machine's. */
  readonly uid: string;
  readonly name: string;
  /** Id of the subnet that it is on. */
  readonly subnet: string;
  readonly address: string;
  readonly mac: string;
  readonly resource: StoredResource;
}

/** Every such host. */
export function platformHosts(view: StateView): readonly PlatformHost[] {
  return indexed(view, readAll);
}

function readAll(view: StateView): readonly PlatformHost[] {
  return [CLUSTERS, CONTAINER_GROUPS].flatMap((type) =>
    view.ofType(type).flatMap((resource) => listOf(resource.properties['hosts']).flatMap((one) => read(resource, one))),
  );
}

function read(resource: StoredResource, kept: Json): readonly PlatformHost[] {
  const [uid, name, subnet, address, mac] = ['uid', 'name', 'subnet', 'address', 'mac'].map((key) => textAt(kept, key));
  if (uid === undefined || name === undefined || subnet === undefined || address === undefined) return [];
  return [{ uid, name, subnet, address, mac: mac ?? '', resource }];
}

function textAt(value: Json, key: string): string | undefined {
  const found = objectOf(value)[key];
  return typeof found === 'string' ? found : undefined;
}

/** A host as its resource keeps it. */
export function keptHost({ uid, name, subnet, address, mac }: Omit<PlatformHost, 'resource'>): JsonObject {
  return { uid, name, subnet, address, mac };
}
