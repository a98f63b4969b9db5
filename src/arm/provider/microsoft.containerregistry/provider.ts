import type { ResourceProvider } from '../../resource-type.ts';
import { PRIVATE_ENDPOINT_CONNECTION } from './child/private-endpoint-connection.ts';
import { SCOPE_MAP } from './child/scope-map.ts';
import { TOKEN } from './child/token.ts';
import { WEBHOOK } from './child/webhook.ts';
import { REGISTRY } from './registry/resource.ts';
import { REGISTRY_ROUTES } from './route.ts';

/** Microsoft.ContainerRegistry. */
export const CONTAINER_REGISTRY_PROVIDER: ResourceProvider = {
  namespace: 'Microsoft.ContainerRegistry',
  types: [REGISTRY, SCOPE_MAP, TOKEN, PRIVATE_ENDPOINT_CONNECTION, WEBHOOK],
  routes: REGISTRY_ROUTES,
};
