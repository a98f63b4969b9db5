import type { ArmError } from '../azure/error.ts';
import { keyOfId } from '../azure/resource-id.ts';
import type { JsonObject } from '../azure/json.ts';
import type { Change, StateView, StoredResource } from '../state/port.ts';

/** Namespaces that need no registration in Azure: what every subscription has. */
const FREE = ['microsoft.resources', 'microsoft.authorization'];

/** Whether a subscription has registered a provider; a registration is kept with the subscription's own resource. */
export function isRegistered(view: StateView, subscription: string, namespace: string): boolean {
  const wanted = namespace.toLowerCase();
  if (FREE.includes(wanted)) return true;
  const kept = view.get(keyOfId(`/subscriptions/${subscription}`));
  return kept !== undefined && registrationsOf(kept)[wanted] === 'Registered';
}

/** The subscription after a provider was registered or unregistered. */
export function withRegistration(
  subscription: StoredResource,
  namespace: string,
  state: 'Registered' | 'NotRegistered',
): Change {
  const registrations = { ...registrationsOf(subscription), [namespace.toLowerCase()]: state };
  return { kind: 'put', resource: { ...subscription, properties: { ...subscription.properties, registrations } } };
}

/** Registers the provider by itself, or says that it has to be registered first. No change when it is. */
export function ensureRegistered(
  view: StateView,
  {
    subscription,
    namespace,
    auto,
  }: { readonly subscription: string; readonly namespace: string; readonly auto: boolean },
):
  | { readonly kind: 'registered'; readonly changes: readonly Change[] }
  | { readonly kind: 'refused'; readonly error: ArmError } {
  if (isRegistered(view, subscription, namespace)) return { kind: 'registered', changes: [] };
  const kept = view.get(keyOfId(`/subscriptions/${subscription}`));
  if (auto && kept !== undefined)
    return { kind: 'registered', changes: [withRegistration(kept, namespace, 'Registered')] };
  const message =
    `The subscription is not registered to use namespace '${namespace}'. Register it first: ` +
    `az provider register --namespace ${namespace} --subscription ${subscription}. See ` +
    'https://aka.ms/rps-not-found for how to register subscriptions.';
  return { kind: 'refused', error: { code: 'MissingSubscriptionRegistration', target: namespace, message } };
}

function registrationsOf({ properties }: StoredResource): JsonObject {
  const kept = properties['registrations'];
  return typeof kept === 'object' && kept !== null && !Array.isArray(kept) ? (kept as JsonObject) : {};
}
