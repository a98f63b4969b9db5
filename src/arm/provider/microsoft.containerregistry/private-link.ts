import type { ArmError } from '../../../azure/error.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';
import { settingsOf } from './registry/settings.ts';

const CONNECTION = 'microsoft.containerregistry/registries/privateendpointconnections';

/** The private endpoint connections of a registry. */
export function connectionsOf(view: StateView, registry: Pick<StoredResource, 'key'>): readonly StoredResource[] {
  return view.ofType(CONNECTION, registry.key);
}

/**
 * Why a registry cannot get a private endpoint: one that admits subnets by rules has none, and the other way round
 * (facts/acr.md §1.5; the answer is ours, Azure's is not known). `undefined` when it can.
 */
export function privateLinkRefusal(registry: StoredResource, profile: 'azure' | 'open'): ArmError | undefined {
  const { tier, networkRuleSet } = settingsOf(registry);
  if (profile === 'open') return undefined;
  if (tier !== 'Premium')
    return {
      code: 'PrivateLinkNotSupported',
      message: `Private link is not supported for the SKU ${tier}. Change it first: az acr update --name ${registry.name} --sku Premium`,
    };
  const rules = networkRuleSet.virtualNetworkRules;
  if (rules.length === 0) return undefined;
  const message =
    `The registry ${registry.name} cannot have a private endpoint while it has virtual network rules (${rules.length}). ` +
    `Remove them first: ${rules.map(({ id }) => `az acr network-rule remove --name ${registry.name} --subnet ${id}`).join('; ')}`;
  return { code: 'PrivateEndpointAndNetworkRulesConflict', message };
}

/** Why a registry cannot get a subnet rule: it has private endpoint connections. */
export function subnetRuleConflict(
  view: StateView,
  registry: Pick<StoredResource, 'key' | 'name'>,
): ArmError | undefined {
  const connections = connectionsOf(view, registry);
  if (connections.length === 0) return undefined;
  const message =
    `The registry ${registry.name} cannot have virtual network rules while it has private endpoint connections ` +
    `(${connections.length}). Delete them first: ${connections
      .map(({ name }) => `az acr private-endpoint-connection delete --registry-name ${registry.name} --name ${name}`)
      .join('; ')}`;
  return {
    code: 'PrivateEndpointAndNetworkRulesConflict',
    target: 'properties.networkRuleSet.virtualNetworkRules',
    message,
  };
}
