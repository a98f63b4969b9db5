import type { ArmError } from '../../../azure/error.ts';
import type { Json, JsonObject } from '../../../azure/json.ts';
import type { StoredResource } from '../../../state/port.ts';
import { isRegistered } from '../../registration.ts';
import type { VerbContext } from '../../verb.ts';

/** Services that have service endpoints in Azure; that of registries is the one that acts here, the others are kept. */
const SERVICES = [
  'Microsoft.AzureActiveDirectory',
  'Microsoft.AzureCosmosDB',
  'Microsoft.CognitiveServices',
  'Microsoft.ContainerRegistry',
  'Microsoft.EventHub',
  'Microsoft.KeyVault',
  'Microsoft.ServiceBus',
  'Microsoft.Sql',
  'Microsoft.Storage',
  'Microsoft.Storage.Global',
  'Microsoft.Web',
] as const;
const REGISTRIES = 'Microsoft.ContainerRegistry';

/** Whether a subnet has the service endpoint of registries. */
export function hasRegistryEndpoint({ properties }: Pick<StoredResource, 'properties'>): boolean {
  const endpoints = properties['serviceEndpoints'];
  if (!Array.isArray(endpoints)) return false;
  return endpoints.some((one: unknown) => {
    const service = typeof one === 'object' && one !== null && 'service' in one ? one.service : undefined;
    return typeof service === 'string' && service.toLowerCase() === REGISTRIES.toLowerCase();
  });
}

/** The names of all services, for lists. */
export function endpointServices(cloud: VerbContext['settings']['cloud']): readonly string[] {
  return cloud === 'AzureCloud' ? SERVICES : SERVICES.filter((service) => service !== REGISTRIES);
}

/** The service endpoints of a subnet as they are kept, or why they are refused. */
export type ReadEndpoints =
  | { readonly kind: 'read'; readonly endpoints: readonly JsonObject[] }
  | { readonly kind: 'refused'; readonly error: ArmError };

/** Reads a subnet's service endpoints and fills in what Azure does (facts/acr.md §4.5). */
export function readServiceEndpoints(
  context: VerbContext,
  asked: readonly Json[],
  subscription: string,
): ReadEndpoints {
  const endpoints: JsonObject[] = [];
  for (const [i, one] of asked.entries()) {
    const target = `properties.serviceEndpoints[${i}].service`;
    const text = isObject(one) ? one['service'] : undefined;
    const service = SERVICES.find((known) => typeof text === 'string' && known.toLowerCase() === text.toLowerCase());
    const error =
      service === undefined ? unknown(text, target) : serviceRefusal(context, { service, subscription, target });
    if (error !== undefined) return { kind: 'refused', error };
    if (service === undefined || endpoints.some((before) => before['service'] === service)) continue;
    endpoints.push({
      service,
      locations: service === REGISTRIES ? ['*'] : locationsOf(one),
      provisioningState: 'Succeeded',
    });
  }
  return { kind: 'read', endpoints };
}

function locationsOf(asked: Json): readonly Json[] {
  const locations = isObject(asked) ? asked['locations'] : undefined;
  return Array.isArray(locations) ? locations : ['*'];
}

interface Asked {
  readonly service: string;
  readonly subscription: string;
  readonly target: string;
}

/** That of registries is in one cloud alone, and needs the provider in the subscription of the network. */
function serviceRefusal(
  { settings, view }: VerbContext,
  { service, subscription, target }: Asked,
): ArmError | undefined {
  if (service !== REGISTRIES) return undefined;
  if (settings.cloud !== 'AzureCloud')
    return {
      code: 'ServiceEndpointNotSupported',
      target,
      message: `Service endpoints for ${REGISTRIES} are not available in ${settings.cloud}.`,
    };
  if (settings.autoRegistration || isRegistered(view, subscription, REGISTRIES)) return undefined;
  const message =
    `Subscription ${subscription} is not registered with ${REGISTRIES}, which its service endpoint needs. Register it: ` +
    `az provider register --namespace ${REGISTRIES} --subscription ${subscription}`;
  return { code: 'MissingSubscriptionRegistration', target, message };
}

function unknown(value: Json | undefined, target: string): ArmError {
  const message = `The value ${JSON.stringify(value)} of '${target}' is not allowed: it must be one of ${SERVICES.join(', ')}.`;
  return { code: 'InvalidServiceEndpoint', target, message };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
