import type { ArmError } from '../../../azure/error.ts';
import type { JsonObject } from '../../../azure/json.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';
import type { ArmSettings, VerbContext, WriteRequest } from '../../verb.ts';
import { connectionsOf } from './private-link.ts';
import { ruleLimits } from './registry/network-rule-set.ts';
import { settingsOf, type Tier } from './registry/settings.ts';

const GIB = 1024 ** 3;
/** What each tier includes (facts/acr.md §1.2): bytes, webhooks, tokens and scope maps. */
const INCLUDED: Readonly<Record<Tier, { readonly bytes: number; readonly webhooks: number; readonly tokens: number }>> =
  {
    Basic: { bytes: 10 * GIB, webhooks: 2, tokens: 100 },
    Standard: { bytes: 100 * GIB, webhooks: 10, tokens: 500 },
    Premium: { bytes: 500 * GIB, webhooks: 500, tokens: 50_000 },
  };
const PRIVATE_ENDPOINTS = 200;

/** What a registry may have as many of as its tier includes. */
type Counted = 'webhooks' | 'tokens' | 'scopemaps';

/** Why a registry cannot have one more of something in the profile of Azure; `undefined` when it can, or has it already. */
export function quotaRefusal(
  { view, settings }: VerbContext,
  { id, existing }: Pick<WriteRequest, 'id' | 'existing'>,
  counted: Counted,
): ArmError | undefined {
  const registry = id.parent === undefined ? undefined : view.get(id.parent.key);
  if (existing !== undefined || registry === undefined || settings.profile === 'open') return undefined;
  const { tier } = settingsOf(registry);
  const limit = INCLUDED[tier][counted === 'webhooks' ? 'webhooks' : 'tokens'];
  if (countOf(view, registry, counted) < limit) return undefined;
  const message = `The maximum number of ${counted} for the SKU ${tier} is ${limit}: delete one, or change the SKU of '${registry.name}'.`;
  return { code: 'QuotaExceeded', message };
}

function countOf(view: StateView, { key }: StoredResource, counted: Counted): number {
  return view.ofType(`microsoft.containerregistry/registries/${counted}`, key).length;
}

/** The rows of `listUsages`; `bytes` is what the registry's content takes. */
export function usagesOf(
  view: StateView,
  registry: StoredResource,
  { bytes, settings }: { readonly bytes: number; readonly settings: ArmSettings },
): readonly JsonObject[] {
  const { tier, networkRuleSet } = settingsOf(registry);
  const limits = ruleLimits(settings.profile);
  const { webhooks, tokens, bytes: included } = INCLUDED[tier];
  const count = (counted: Counted): number => countOf(view, registry, counted);
  const premium: readonly (readonly [string, number, number])[] =
    tier === 'Premium'
      ? [
          ['Geo-replications', -1, 0],
          ['IPRules', limits.ip, networkRuleSet.ipRules.length],
          ['VNetRules', limits.subnet, networkRuleSet.virtualNetworkRules.length],
          ['PrivateEndpointConnections', PRIVATE_ENDPOINTS, connectionsOf(view, registry).length],
        ]
      : [];
  const rows = [
    ['Webhooks', webhooks, count('webhooks')],
    ...premium,
    ['ScopeMaps', tokens, count('scopemaps')],
    ['Tokens', tokens, count('tokens')],
  ] as const;
  return [
    { name: 'Size', limit: included, currentValue: bytes, unit: 'Bytes' },
    ...rows.map(([name, limit, currentValue]) => ({ name, limit, currentValue, unit: 'Count' })),
  ];
}
