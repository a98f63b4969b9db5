import type { ArmError } from '../../../../azure/error.ts';
import { parseResourceId, type ResourceId } from '../../../../azure/resource-id.ts';
import { may, notAuthorised } from '../../../authorise.ts';
import { hasRegistryEndpoint } from '../../microsoft.network/service-endpoint.ts';
import { isRegistered } from '../../../registration.ts';
import type { VerbContext } from '../../../verb.ts';
import type { SubnetRule } from './settings.ts';

const SUBNET = 'microsoft.network/virtualnetworks/subnets';
const SERVICE = 'Microsoft.ContainerRegistry';
const JOIN = 'Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action';
const VALIDATE = 'Microsoft.Network/virtualNetworks/taggedTrafficConsumers/validate/action';

/** One asked rule with the subnet it is bound to, or why it is refused. */
export type BoundRule =
  | { readonly kind: 'bound'; readonly rule: SubnetRule }
  | { readonly kind: 'refused'; readonly error: ArmError };

/**
 * Binds a new rule to its subnet as it is now (facts/acr.md §1.4): the subnet is there, has the service endpoint, the
 * caller may join it, and its subscription has the provider registered.
 */
export function bindRule(context: VerbContext, id: string, target: string): BoundRule {
  const parsed = parseResourceId(id);
  if (parsed?.type.toLowerCase() !== SUBNET) return refuse(notASubnet(id, target));
  const { view, caller, settings } = context;
  if (settings.cloud !== 'AzureCloud')
    return refuse(failed(target, `service endpoints for ${SERVICE} are not available in ${settings.cloud}.`));
  if (!may(view, caller, JOIN, parsed.key))
    return refuse({ ...notAuthorised(caller, JOIN, id), code: 'LinkedAuthorizationFailed' });
  const subnet = view.get(parsed.key);
  if (subnet === undefined) return refuse(failed(target, `the subnet '${id}' was not found.`));
  const registration = registrationRefusal(context, parsed, target);
  if (registration !== undefined) return refuse(registration);
  if (!hasRegistryEndpoint(subnet)) return refuse(withoutEndpoint(parsed, target));
  return { kind: 'bound', rule: { id: subnet.id, subnetUid: subnet.uid, action: 'Allow' } };
}

function registrationRefusal(
  { view, caller, settings }: VerbContext,
  id: ResourceId,
  target: string,
): ArmError | undefined {
  const { subscription = '', parent } = id;
  if (settings.autoRegistration || isRegistered(view, subscription, SERVICE)) return undefined;
  const scope = `${parent?.id ?? ''}/taggedTrafficConsumers/${SERVICE}`;
  return failed(
    target,
    `${notAuthorised(caller, VALIDATE, scope).message} Register it: az provider register --namespace ${SERVICE} --subscription ${subscription}`,
  );
}

function withoutEndpoint({ name, parent, group = '' }: ResourceId, target: string): ArmError {
  const network = parent?.name ?? '';
  return failed(
    target,
    `SubnetsHaveNoServiceEndpointsConfigured: Subnets ${name} of virtual network ${parent?.id ?? ''} do not have ` +
      `ServiceEndpoints for ${SERVICE} resources configured. Add ${SERVICE} to subnet's ServiceEndpoints collection before ` +
      `trying to ACL ${SERVICE} resources to these subnets: az network vnet subnet update --resource-group ${group} ` +
      `--vnet-name ${network} --name ${name} --service-endpoints ${SERVICE}`,
  );
}

function failed(target: string, why: string): ArmError {
  return { code: 'NetworkRuleValidationError', target, message: `Could not validate network rule - ${why}` };
}

function notASubnet(id: string, target: string): ArmError {
  const message =
    `The value '${id}' of '${target}' is not the id of a subnet: it must be /subscriptions/SUBSCRIPTION/resourceGroups/` +
    'GROUP/providers/Microsoft.Network/virtualNetworks/NETWORK/subnets/SUBNET.';
  return { code: 'InvalidRequestContent', target, message };
}

function refuse(error: ArmError): BoundRule {
  return { kind: 'refused', error };
}
