import type { ProviderIndex } from '../../provider-index.ts';
import type { ResourceProvider } from '../../resource-type.ts';
import { DEPLOYMENT } from './deployment.ts';
import { deploymentRoutes } from './deployment-route.ts';
import { operationRoutes } from './operation.ts';
import { RESOURCE_GROUP } from './resource-group.ts';
import { resourceListRoutes } from './resource-list.ts';
import { resourcesRoutes } from './routes.ts';
import { TAG_NAME_ROUTES } from './tag-name.ts';
import { TAG_SCOPE_ROUTES } from './tag-scope.ts';
import { SUBSCRIPTION } from './subscription.ts';

/** Microsoft.Resources: subscriptions, groups, providers, and the lists of all resources. */
export function resourcesProvider(index: () => ProviderIndex): ResourceProvider {
  return {
    namespace: 'Microsoft.Resources',
    types: [SUBSCRIPTION, RESOURCE_GROUP, DEPLOYMENT],
    routes: [
      ...resourcesRoutes(index),
      ...resourceListRoutes(index),
      ...deploymentRoutes(index),
      ...TAG_NAME_ROUTES,
      ...operationRoutes(index),
    ],
    scopeRoutes: TAG_SCOPE_ROUTES,
  };
}
