import type { Identity } from '../network/identity.ts';
import type { Policy } from './policy.ts';
import type { AllowedReason, RefusedReason, Verdict } from './verdict.ts';

const allow = (reason: AllowedReason): Verdict => ({ kind: 'allowed', reason });
const refuse = (reason: RefusedReason): Verdict => ({ kind: 'refused', reason });
const DEFAULT_ALLOW = allow('default-allow');
const PRIVATE_ENDPOINT = allow('private-endpoint');
const TRUSTED_SERVICE = allow('trusted-service');
const UNATTRIBUTED = refuse('unattributed');
const DEFAULT_DENY = refuse('default-deny');
const PUBLIC_ACCESS_DISABLED = refuse('public-access-disabled');
const ANOTHER_REGISTRY = refuse('endpoint-of-another-registry');
const NOT_APPROVED = refuse('endpoint-not-approved');
const BYPASS_OFF = refuse('bypass-off');
const BYPASS_VOID = refuse('bypass-void');

/**
 * Decides whether a network identity reaches a registry (facts/acr.md §1.2 to §1.6). Pure and synchronous; allocates
 * nothing. Every path of the data plane asks here and nowhere else (invariant 6).
 */
export function admit(policy: Policy, identity: Identity): Verdict {
  switch (identity.kind) {
    case 'public':
      return atPublicEndpoint(policy) ?? policy.byAddress[policy.addresses.find(identity.address)] ?? DEFAULT_DENY;
    case 'subnet':
      return atPublicEndpoint(policy) ?? policy.bySubnet.get(identity.subnet.uid) ?? DEFAULT_DENY;
    case 'private-endpoint':
      if (identity.endpoint.registryUid !== policy.settings.registryUid) return ANOTHER_REGISTRY;
      return identity.endpoint.status === 'Approved' ? PRIVATE_ENDPOINT : NOT_APPROVED;
    case 'trusted-service':
      return trusted(policy);
    case 'unattributed':
      return UNATTRIBUTED;
  }
}

/** What decides before any rule; service endpoints arrive at the public endpoint too (facts/acr.md §1.4). */
function atPublicEndpoint({ settings }: Policy): Verdict | undefined {
  if (settings.publicNetworkAccess === 'Disabled') return PUBLIC_ACCESS_DISABLED;
  return settings.defaultAction === 'Allow' ? DEFAULT_ALLOW : undefined;
}

/** The bypass is void where subnets are named (facts/acr.md §1.4, last entry). */
function trusted({ settings }: Policy): Verdict {
  if (settings.publicNetworkAccess === 'Enabled' && settings.defaultAction === 'Allow') return DEFAULT_ALLOW;
  if (settings.networkRuleBypassOptions === 'None') return BYPASS_OFF;
  return settings.subnetRules.length > 0 ? BYPASS_VOID : TRUSTED_SERVICE;
}
