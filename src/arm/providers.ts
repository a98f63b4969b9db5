import { AUTHORIZATION_PROVIDER } from './provider/microsoft.authorization/provider.ts';
import { COMPUTE_PROVIDER } from './provider/microsoft.compute/provider.ts';
import { CONTAINER_INSTANCE_PROVIDER } from './provider/microsoft.containerinstance/provider.ts';
import { CONTAINER_SERVICE_PROVIDER } from './provider/microsoft.containerservice/provider.ts';
import { CONTAINER_REGISTRY_PROVIDER } from './provider/microsoft.containerregistry/provider.ts';
import { INSIGHTS_PROVIDER } from './provider/microsoft.insights/provider.ts';
import { MANAGED_IDENTITY_PROVIDER } from './provider/microsoft.managedidentity/provider.ts';
import { NETWORK_PROVIDER } from './provider/microsoft.network/provider.ts';
import { resourcesProvider } from './provider/microsoft.resources/provider.ts';
import { indexProviders, type ProviderIndex } from './provider-index.ts';

/** Every resource provider of this server. */
export const PROVIDERS: ProviderIndex = indexProviders([
  resourcesProvider(() => PROVIDERS),
  AUTHORIZATION_PROVIDER,
  CONTAINER_REGISTRY_PROVIDER,
  NETWORK_PROVIDER,
  COMPUTE_PROVIDER,
  INSIGHTS_PROVIDER,
  MANAGED_IDENTITY_PROVIDER,
  CONTAINER_INSTANCE_PROVIDER,
  CONTAINER_SERVICE_PROVIDER,
]);
