import type { ResourceProvider } from '../../resource-type.ts';
import { CONTAINER } from './container.ts';
import { CONTAINER_GROUP } from './container-group.ts';

/** Microsoft.ContainerInstance. */
export const CONTAINER_INSTANCE_PROVIDER: ResourceProvider = {
  namespace: 'Microsoft.ContainerInstance',
  types: [CONTAINER_GROUP, CONTAINER],
};
