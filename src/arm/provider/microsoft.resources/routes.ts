import type { Json, JsonObject } from '../../../azure/json.ts';
import { parseResourceId } from '../../../azure/resource-id.ts';
import type { StateView } from '../../../state/port.ts';
import { shownVersions } from '../../api-version.ts';
import { resourceNotFound } from '../../engine.ts';
import type { ProviderIndex } from '../../provider-index.ts';
import { isRegistered, withRegistration } from '../../registration.ts';
import type { ArmRoute, ResourceProvider } from '../../resource-type.ts';
import { type ActionOutcome, refused } from '../../verb.ts';
import { REGIONS } from './region.ts';

const SUBSCRIPTION = '/subscriptions/{subscription}';

/** The routes of Microsoft.Resources that name no resource. `index` is asked when a request comes: it knows this provider too. */
export function resourcesRoutes(index: () => ProviderIndex): readonly ArmRoute[] {
  const shown = (provider: ResourceProvider, view: StateView, subscription: string): JsonObject =>
    projectProvider(provider, `/subscriptions/${subscription}`, isRegistered(view, subscription, provider.namespace));
  const one =
    (verb: 'register' | 'unregister' | undefined): ArmRoute['run'] =>
    (context, { parameters }) => {
      const { subscription = '', namespace = '' } = parameters;
      const provider = index().provider(namespace);
      const id = parseResourceId(`/subscriptions/${subscription}`);
      const kept = id === undefined ? undefined : context.view.get(id.key);
      if (id === undefined || kept === undefined) return noSubscription(subscription);
      if (provider === undefined) return noProvider(index(), namespace);
      if (verb === undefined) return { kind: 'answered', body: shown(provider, context.view, kept.name) };
      const state = verb === 'register' ? 'Registered' : 'NotRegistered';
      const changes = [withRegistration(kept, provider.namespace, state)];
      return { kind: 'answered', body: shown(provider, context.view.with(changes), kept.name), changes };
    };
  return [
    {
      method: 'GET',
      path: '/tenants',
      permission: undefined,
      run: ({ settings: { tenantId } }) =>
        listed([
          { id: `/tenants/${tenantId}`, tenantId, displayName: 'Seawall', tenantCategory: 'Home', tenantType: 'AAD' },
        ]),
    },
    {
      method: 'GET',
      path: `${SUBSCRIPTION}/locations`,
      permission: 'Microsoft.Resources/subscriptions/locations/read',
      run: (_, { parameters: { subscription = '' } }) =>
        listed(REGIONS.map((region) => ({ id: `/subscriptions/${subscription}/locations/${region.name}`, ...region }))),
    },
    {
      method: 'GET',
      path: `${SUBSCRIPTION}/providers`,
      permission: 'Microsoft.Resources/subscriptions/providers/read',
      run: ({ view }, { parameters: { subscription = '' } }) =>
        listed(index().providers.map((provider) => shown(provider, view, subscription))),
    },
    {
      method: 'GET',
      path: `${SUBSCRIPTION}/providers/{namespace}`,
      permission: 'Microsoft.Resources/subscriptions/providers/read',
      run: one(undefined),
    },
    {
      method: 'POST',
      path: `${SUBSCRIPTION}/providers/{namespace}/register`,
      permission: 'Microsoft.Resources/subscriptions/providers/register/action',
      run: one('register'),
    },
    {
      method: 'POST',
      path: `${SUBSCRIPTION}/providers/{namespace}/unregister`,
      permission: 'Microsoft.Resources/subscriptions/providers/unregister/action',
      run: one('unregister'),
    },
    {
      method: 'GET',
      path: '/providers',
      permission: undefined,
      run: () => listed(index().providers.map((provider) => projectProvider(provider, '', true))),
    },
  ];
}

function listed(value: readonly Json[]): ActionOutcome {
  return { kind: 'answered', body: { value } };
}

function noSubscription(name: string): ActionOutcome {
  const id = parseResourceId(`/subscriptions/${name}`);
  const message = `The subscription '${name}' could not be found.`;
  return refused(id === undefined ? { code: 'SubscriptionNotFound', message } : resourceNotFound(id));
}

function noProvider(index: ProviderIndex, namespace: string): ActionOutcome {
  const known = index.providers.map((provider) => provider.namespace).join(', ');
  const message = `The resource namespace '${namespace}' is invalid: there are ${known}.`;
  return refused({ code: 'InvalidResourceNamespace', message });
}

/** A provider as `az provider show` prints it (facts/acr.md §4.2). */
function projectProvider({ namespace, types }: ResourceProvider, scope: string, registered: boolean): JsonObject {
  return {
    id: `${scope}/providers/${namespace}`,
    namespace,
    registrationState: registered ? 'Registered' : 'NotRegistered',
    registrationPolicy: 'RegistrationRequired',
    resourceTypes: types.map((type) => ({
      resourceType: type.type.slice(namespace.length + 1),
      locations: type.location === 'none' ? [] : REGIONS.map((region) => region.displayName),
      apiVersions: shownVersions(type.apiVersions),
      capabilities: type.location === 'required' ? 'SupportsTags, SupportsLocation' : 'None',
    })),
  };
}
