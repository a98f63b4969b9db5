import type { JsonObject } from '../../../azure/json.ts';
import type { StateView, StoredResource } from '../../../state/port.ts';
import type { ArmSettings } from '../../verb.ts';
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

/** The rows of `listUsages`; `bytes` is what the registry's content takes. */
export function usagesOf(
  view: StateView,
  registry: StoredResource,
  { bytes, settings }: { readonly bytes: number; readonly settings: ArmSettings },
): readonly JsonObject[] {
  const { tier, networkRuleSet } = settingsOf(registry);
  const limits = ruleLimits(settings.profile);
  const { webhooks, tokens, bytes: included } = INCLUDED[tier];
  const count = (type: string): number =>
    view.ofType(`microsoft.containerregistry/registries/${type}`, registry.key).length;
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
