import type { ResourceProvider } from '../../resource-type.ts';
import { MANAGED_CLUSTER } from './managed-cluster.ts';

/** Microsoft.ContainerService. */
export const CONTAINER_SERVICE_PROVIDER: ResourceProvider = {
  namespace: 'Microsoft.ContainerService',
  types: [MANAGED_CLUSTER],
};
