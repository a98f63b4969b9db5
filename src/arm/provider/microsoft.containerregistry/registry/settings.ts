import type { Json, JsonObject } from '../../../../azure/json.ts';
import type { StoredResource } from '../../../../state/port.ts';

/** A tier of registries. */
export type Tier = 'Basic' | 'Standard' | 'Premium';

/** A rule that admits a subnet: bound to the subnet's uid, so that one made again under its name is another. */
export type SubnetRule = { readonly id: string; readonly subnetUid: string; readonly action: 'Allow' };
/** A rule that admits an address or a prefix, as it was written. */
export type IpRule = { readonly value: string; readonly action: 'Allow' };

/** The network rules of a registry. */
export type NetworkRuleSet = {
  readonly defaultAction: 'Allow' | 'Deny';
  readonly virtualNetworkRules: readonly SubnetRule[];
  readonly ipRules: readonly IpRule[];
};

/** A registry's settings as they are kept, in the widest form of any api-version. */
export type RegistrySettings = {
  readonly tier: Tier;
  readonly adminUserEnabled: boolean;
  readonly anonymousPullEnabled: boolean;
  readonly dataEndpointEnabled: boolean;
  readonly publicNetworkAccess: 'Enabled' | 'Disabled';
  readonly networkRuleBypassOptions: 'AzureServices' | 'None';
  readonly networkRuleBypassAllowedForTasks: boolean;
  readonly zoneRedundancy: 'Enabled' | 'Disabled';
  readonly exportPolicy: 'enabled' | 'disabled';
  readonly azureADAuthenticationAsArmPolicy: 'enabled' | 'disabled';
  readonly retentionPolicy: RetentionPolicy;
  readonly softDeletePolicy: SoftDeletePolicy;
  readonly networkRuleSet: NetworkRuleSet;
};

/** How long manifests without a tag are kept. `sinceMs`: when the policy was changed last; absent until then. */
export type RetentionPolicy = {
  readonly status: 'enabled' | 'disabled';
  readonly days: number;
  readonly sinceMs?: number;
};

/** Whether, and how long, what is deleted can be restored. `sinceMs`: when the policy was changed last; absent until then. */
export type SoftDeletePolicy = {
  readonly status: 'enabled' | 'disabled';
  readonly retentionDays: number;
  readonly sinceMs?: number;
};

/** What a registry has that was made with nothing but a tier (facts/acr.md §1.1, "Defaults on create"). */
export const DEFAULTS: Omit<RegistrySettings, 'tier'> = {
  adminUserEnabled: false,
  anonymousPullEnabled: false,
  dataEndpointEnabled: false,
  publicNetworkAccess: 'Enabled',
  networkRuleBypassOptions: 'AzureServices',
  networkRuleBypassAllowedForTasks: false,
  zoneRedundancy: 'Disabled',
  exportPolicy: 'enabled',
  azureADAuthenticationAsArmPolicy: 'enabled',
  retentionPolicy: { status: 'disabled', days: 7 },
  softDeletePolicy: { status: 'disabled', retentionDays: 7 },
  networkRuleSet: { defaultAction: 'Allow', virtualNetworkRules: [], ipRules: [] },
};

/** The settings of a registry that is kept. What a release before did not know has its default. */
export function settingsOf({ properties }: Pick<StoredResource, 'properties'>): RegistrySettings {
  // Written by `toProperties` alone, whose shape this is.
  return { tier: 'Premium', ...DEFAULTS, ...(properties as Partial<RegistrySettings>) };
}

/** The settings as the state keeps them. */
export function toProperties(settings: RegistrySettings): JsonObject {
  return settings;
}

/** A member of a JSON object that is an object itself; empty when it is absent. */
export function objectAt(json: JsonObject, name: string): JsonObject {
  const value: Json | undefined = json[name];
  return isObject(value) ? value : {};
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
