import type { ArmError } from '../../../../azure/error.ts';
import type { JsonObject } from '../../../../azure/json.ts';
import type { StoredResource } from '../../../../state/port.ts';
import type { ResourceType } from '../../../resource-type.ts';
import { storedResource } from '../../../stored-resource.ts';
import { refused, type VerbContext, type WriteOutcome, type WriteRequest } from '../../../verb.ts';
import { isShown, REGISTRY_VERSIONS } from '../api-version.ts';
import { systemScopeMaps } from '../child/scope-map.ts';
import { nameRefusal } from '../name.ts';
import { connectionsOf, subnetRuleConflict } from '../private-link.ts';
import { privateLinkResources, replications } from './action.ts';
import { listCredentials, sealedPasswords } from './credentials.ts';
import { mergeRuleSet } from './network-rule-set.ts';
import { projectRegistry } from './project.ts';
import { REGISTRY_PATCH_SCHEMA, REGISTRY_SCHEMA } from './schema.ts';
import {
  DEFAULTS,
  objectAt,
  type RegistrySettings,
  settingsOf,
  type Tier,
  toProperties,
  type RetentionPolicy,
  type SoftDeletePolicy,
} from './settings.ts';
import { tierRefusal } from './tier.ts';
import { identityRefusal, unbuiltRefusal, versionRefusalOf } from './unbuilt.ts';

/** Registries. */
export const REGISTRY: ResourceType = {
  type: 'Microsoft.ContainerRegistry/registries',
  apiVersions: REGISTRY_VERSIONS,
  location: 'required',
  schema: REGISTRY_SCHEMA,
  patchSchema: REGISTRY_PATCH_SCHEMA,
  put: (context, request) => write(context, request, beforePut(request)),
  patch: (context, request) => write(context, request, settingsOf(request.existing)),
  project: projectRegistry,
  actions: [privateLinkResources(), replications()],
  lists: { listCredentials },
};

/**
 * What a PUT starts from: the defaults. What the asked version does not know stays as it is, subnet rules among it, or
 * a client of that version would take away what it cannot see.
 */
function beforePut({ existing, apiVersion }: WriteRequest): RegistrySettings {
  if (existing === undefined) return { tier: 'Premium', ...DEFAULTS };
  const kept = settingsOf(existing);
  const hidden = Object.entries(kept).filter(([name]) => !isShown(policyOf(name), apiVersion));
  // Names and values are those of one object, of which some are left.
  const left = Object.fromEntries(hidden) as Partial<RegistrySettings>;
  const { virtualNetworkRules } = kept.networkRuleSet;
  const networkRuleSet = { ...DEFAULTS.networkRuleSet, virtualNetworkRules };
  return { ...DEFAULTS, networkRuleSet, tier: kept.tier, ...left };
}

/** Policies are kept by their names among the settings. */
function policyOf(name: string): string {
  return name.endsWith('Policy') ? `policies/${name}` : name;
}

function write(context: VerbContext, request: WriteRequest, before: RegistrySettings): WriteOutcome {
  const { body, apiVersion, id, existing } = request;
  const properties = withoutAnswered(objectAt(body, 'properties'));
  const error =
    (existing === undefined ? nameRefusal(context.view, id.name) : undefined) ??
    versionRefusalOf(properties, apiVersion) ??
    unbuiltRefusal(properties) ??
    identityRefusal(objectAt(body, 'identity'));
  if (error !== undefined) return refused(error);
  const read = merge(context, before, body, properties);
  if ('code' in read) return refused(read);
  const conflict = conflictRefusal(context, { name: id.name, key: id.key, existing }, read);
  if (conflict !== undefined) return refused(conflict);
  const envelope = { sku: { name: read.tier, tier: read.tier } };
  // Whether configuration declares it is no part of any request.
  const declared = existing?.properties['declared'] === true ? { declared: true } : {};
  const was = existing === undefined ? undefined : settingsOf(existing);
  const retentionPolicy = stampPolicy(read.retentionPolicy, was?.retentionPolicy, context.nowMs);
  const softDeletePolicy = stampPolicy(read.softDeletePolicy, was?.softDeletePolicy, context.nowMs);
  const kept = {
    ...toProperties({ ...read, retentionPolicy, softDeletePolicy }),
    ...declared,
    ...sealedPasswords(existing),
  };
  const resource = storedResource(context, request, { properties: kept, envelope });
  const also = existing === undefined ? systemScopeMaps(context, id) : [];
  return { kind: 'written', resource, also };
}

/** What Azure computes and clients send back with a GET's body. */
const ANSWERED = [
  'loginServer',
  'creationDate',
  'provisioningState',
  'status',
  'dataEndpointHostNames',
  'regionalEndpointHostNames',
  'privateEndpointConnections',
];

function withoutAnswered(properties: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !ANSWERED.includes(name)));
}

function merge(
  context: VerbContext,
  before: RegistrySettings,
  body: JsonObject,
  properties: JsonObject,
): RegistrySettings | ArmError {
  const rules = mergeRuleSet(context, before.networkRuleSet, objectAt(properties, 'networkRuleSet'));
  if (rules.kind === 'refused') return rules.error;
  const tier = tierOf(body, before.tier);
  if (tier === undefined)
    return {
      code: 'FeatureNotSupported',
      target: 'sku.name',
      message: 'The value "Classic" of \'sku.name\' is not allowed: it must be Basic, Standard or Premium.',
    };
  const policies = objectAt(properties, 'policies');
  const status = (name: 'exportPolicy' | 'azureADAuthenticationAsArmPolicy'): 'enabled' | 'disabled' => {
    const asked = objectAt(policies, name)['status'];
    return asked === 'enabled' || asked === 'disabled' ? asked : before[name];
  };
  return {
    tier,
    adminUserEnabled: flag(properties, 'adminUserEnabled', before.adminUserEnabled),
    anonymousPullEnabled: flag(properties, 'anonymousPullEnabled', before.anonymousPullEnabled),
    dataEndpointEnabled: flag(properties, 'dataEndpointEnabled', before.dataEndpointEnabled),
    networkRuleBypassAllowedForTasks: flag(
      properties,
      'networkRuleBypassAllowedForTasks',
      before.networkRuleBypassAllowedForTasks,
    ),
    publicNetworkAccess: word(properties, 'publicNetworkAccess', ['Enabled', 'Disabled'], before.publicNetworkAccess),
    networkRuleBypassOptions: word(
      properties,
      'networkRuleBypassOptions',
      ['AzureServices', 'None'],
      before.networkRuleBypassOptions,
    ),
    zoneRedundancy: word(properties, 'zoneRedundancy', ['Enabled', 'Disabled'], before.zoneRedundancy),
    exportPolicy: status('exportPolicy'),
    azureADAuthenticationAsArmPolicy: status('azureADAuthenticationAsArmPolicy'),
    retentionPolicy: retentionOf(objectAt(policies, 'retentionPolicy'), before.retentionPolicy),
    softDeletePolicy: softDeleteOf(objectAt(policies, 'softDeletePolicy'), before.softDeletePolicy),
    networkRuleSet: rules.rules,
  };
}

function softDeleteOf(asked: JsonObject, before: SoftDeletePolicy): SoftDeletePolicy {
  const status = word(asked, 'status', ['enabled', 'disabled'], before.status);
  const { retentionDays } = asked;
  return { status, retentionDays: typeof retentionDays === 'number' ? retentionDays : before.retentionDays };
}

function retentionOf(asked: JsonObject, before: RetentionPolicy): RetentionPolicy {
  const status = word(asked, 'status', ['enabled', 'disabled'], before.status);
  return { status, days: typeof asked['days'] === 'number' ? asked['days'] : before.days };
}

/** A policy that is what it was keeps its time; another one begins now. */
function stampPolicy<P extends { readonly sinceMs?: number }>(policy: P, was: P | undefined, nowMs: number): P {
  const asked = { ...policy, sinceMs: nowMs };
  const same = was !== undefined && JSON.stringify({ ...was, sinceMs: nowMs }) === JSON.stringify(asked);
  return same ? was : asked;
}

function flag(properties: JsonObject, name: string, before: boolean): boolean {
  const asked = properties[name];
  return typeof asked === 'boolean' ? asked : before;
}

function word<W extends string>(properties: JsonObject, name: string, words: readonly W[], before: W): W {
  return words.find((one) => one === properties[name]) ?? before;
}

/** `undefined`: a tier that is none here. */
function tierOf(body: JsonObject, before: Tier): Tier | undefined {
  const { name } = objectAt(body, 'sku');
  if (name === undefined) return before;
  return (['Basic', 'Standard', 'Premium'] as const).find((tier) => tier === name);
}

/** A registry has one of the two (learn.microsoft.com, "Soft delete policy", preview limitations). */
function policyConflict({ retentionPolicy, softDeletePolicy }: RegistrySettings): ArmError | undefined {
  if (retentionPolicy.status === 'disabled' || softDeletePolicy.status === 'disabled') return undefined;
  return {
    code: 'InvalidParameter',
    target: 'properties.policies.softDeletePolicy',
    message:
      'The retention policy and the soft delete policy cannot both be enabled. Disable one of them: its status is in properties.policies.',
  };
}

function conflictRefusal(
  { view, settings: { profile } }: VerbContext,
  registry: Pick<StoredResource, 'name' | 'key'> & { readonly existing: StoredResource | undefined },
  settings: RegistrySettings,
): ArmError | undefined {
  const { virtualNetworkRules } = settings.networkRuleSet;
  const before =
    registry.existing === undefined ? [] : settingsOf(registry.existing).networkRuleSet.virtualNetworkRules;
  const adds = virtualNetworkRules.some((rule) => !before.includes(rule));
  const conflict = profile === 'azure' && adds ? subnetRuleConflict(view, registry) : undefined;
  return (
    conflict ??
    policyConflict(settings) ??
    tierRefusal(settings, { profile, connections: connectionsOf(view, registry).length })
  );
}
