import type { ArmError } from '../../../../azure/error.ts';
import { ruleLimits } from './network-rule-set.ts';
import type { RegistrySettings } from './settings.ts';

/** Why a registry as it would be exceeds its tier or a limit (facts/acr.md §1.2); `undefined` when it does not. */
export function tierRefusal(
  settings: RegistrySettings,
  { profile, connections }: { readonly profile: 'azure' | 'open'; readonly connections: number },
): ArmError | undefined {
  return limitRefusal(settings, profile) ?? (profile === 'open' ? undefined : azureRefusal(settings, connections));
}

function limitRefusal({ tier, networkRuleSet }: RegistrySettings, profile: 'azure' | 'open'): ArmError | undefined {
  const limits = ruleLimits(profile);
  const exceeds = (feature: string, target: string, limit: number): ArmError => ({
    code: 'QuotaExceeded',
    target: `properties.networkRuleSet.${target}`,
    message: `The requested feature ${feature} exceeds allowed quota ${limit} for the SKU ${tier}.`,
  });
  if (networkRuleSet.ipRules.length > limits.ip) return exceeds('IP rule', 'ipRules', limits.ip);
  if (networkRuleSet.virtualNetworkRules.length > limits.subnet)
    return exceeds('Virtual network rule', 'virtualNetworkRules', limits.subnet);
  return undefined;
}

function azureRefusal(settings: RegistrySettings, connections: number): ArmError | undefined {
  const { tier, publicNetworkAccess, exportPolicy, anonymousPullEnabled } = settings;
  if (exportPolicy === 'disabled' && publicNetworkAccess === 'Enabled')
    return {
      code: 'ExportPolicyNotSupported',
      target: 'properties.policies.exportPolicy.status',
      message: 'The export policy can only be disabled while public network access is disabled.',
    };
  if (tier === 'Premium') return undefined;
  if (publicNetworkAccess === 'Disabled')
    return {
      code: 'DisablingPublicNetworkAccessNotSupported',
      target: 'properties.publicNetworkAccess',
      message: `Disabling public network access is not supported for the SKU ${tier}. For more information, please visit https://aka.ms/acr/private-link.`,
    };
  if (anonymousPullEnabled && tier === 'Basic')
    return unsupported('Anonymous pull', tier, 'properties.anonymousPullEnabled');
  const feature = premiumFeature(settings, connections);
  return feature === undefined ? undefined : unsupported(feature[0], tier, feature[1]);
}

/** What of a registry only the tier Premium has, with the property to change. */
function premiumFeature(settings: RegistrySettings, connections: number): readonly [string, string] | undefined {
  const { defaultAction, ipRules, virtualNetworkRules } = settings.networkRuleSet;
  if (defaultAction === 'Deny' || ipRules.length > 0 || virtualNetworkRules.length > 0)
    return ['Network rules', 'properties.networkRuleSet'];
  if (connections > 0) return ['Private link', 'properties.privateEndpointConnections'];
  if (settings.dataEndpointEnabled) return ['Dedicated data endpoint', 'properties.dataEndpointEnabled'];
  if (settings.zoneRedundancy === 'Enabled') return ['Zone redundancy', 'properties.zoneRedundancy'];
  if (settings.retentionPolicy.status === 'enabled') return ['Retention policy', 'properties.policies.retentionPolicy'];
  return settings.exportPolicy === 'disabled' ? ['Export policy', 'properties.policies.exportPolicy'] : undefined;
}

function unsupported(feature: string, tier: string, target: string): ArmError {
  const message = `${feature} is not supported for the SKU ${tier}. Take it away, or change the SKU to Premium.`;
  return { code: 'FeatureNotSupportedForSku', target, message };
}
