import type { ProviderIndex } from '../../provider-index.ts';
import type { ResourceProvider } from '../../resource-type.ts';
import { DEPLOYMENT } from './deployment.ts';
import { DEPLOYMENT_ROUTES } from './deployment-route.ts';
import { RESOURCE_GROUP } from './resource-group.ts';
import { resourceListRoutes } from './resource-list.ts';
import { resourcesRoutes } from './routes.ts';
import { SUBSCRIPTION } from './subscription.ts';

/** Microsoft.Resources: subscriptions, groups, providers, and the lists of all resources. */
export function resourcesProvider(index: () => ProviderIndex): ResourceProvider {
  return {
    namespace: 'Microsoft.Resources',
    types: [SUBSCRIPTION, RESOURCE_GROUP, DEPLOYMENT],
    routes: [...resourcesRoutes(index), ...resourceListRoutes(index), ...DEPLOYMENT_ROUTES],
  };
}
