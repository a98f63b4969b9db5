import type { ResourceProvider } from '../../resource-type.ts';
import { DISK } from './disk.ts';
import { COMPUTE_ROUTES } from './route.ts';
import { VIRTUAL_MACHINE } from './virtual-machine/resource.ts';

/** Microsoft.Compute. */
export const COMPUTE_PROVIDER: ResourceProvider = {
  namespace: 'Microsoft.Compute',
  types: [VIRTUAL_MACHINE, DISK],
  routes: COMPUTE_ROUTES,
};
