import { parseAddress } from '../network/address.ts';
import { hostPrefix, parsePrefix, type Prefix } from '../network/prefix.ts';
import { compilePrefixTable, type PrefixTable } from './prefix-table.ts';
import type { Verdict } from './verdict.ts';

/** What a registry's settings say of who may reach it (facts/acr.md §1). */
export interface NetworkSettings {
  readonly registryUid: string;
  readonly publicNetworkAccess: 'Enabled' | 'Disabled';
  readonly defaultAction: 'Allow' | 'Deny';
  readonly networkRuleBypassOptions: 'AzureServices' | 'None';
  readonly ipRules: readonly string[];
  readonly subnetRules: readonly { readonly id: string; readonly subnetUid: string }[];
}

/** The rules of one registry, compiled once per snapshot. */
export interface Policy {
  readonly settings: NetworkSettings;
  readonly prefixes: readonly Prefix[];
  readonly addresses: PrefixTable;
  /** One verdict for each IP rule, by its index. */
  readonly byAddress: readonly Verdict[];
  /** By the uid of the subnet: one that is made again under its name is another (invariant 9). */
  readonly bySubnet: ReadonlyMap<string, Verdict>;
}

/** A rule that cannot be compiled; the management API refuses it before it is kept, so that this means damage. */
export class PolicyError extends Error {
  override name = 'PolicyError';
}

/** Compiles the rules of a registry. Throws {@link PolicyError} for a rule that says nothing. */
export function compilePolicy(settings: NetworkSettings): Policy {
  const prefixes = settings.ipRules.map(prefixOf);
  return {
    settings,
    prefixes,
    addresses: compilePrefixTable(prefixes),
    byAddress: settings.ipRules.map((rule) => ({ kind: 'allowed', reason: 'ip-rule', rule })),
    bySubnet: new Map(
      settings.subnetRules.map(({ id, subnetUid }) => [
        subnetUid,
        { kind: 'allowed', reason: 'subnet-rule', rule: id },
      ]),
    ),
  };
}

/** The block of an IP rule: one address, or a prefix. */
export function prefixOf(value: string): Prefix {
  const address = parseAddress(value);
  if (address !== undefined) return hostPrefix(address);
  const parsed = parsePrefix(value);
  if (parsed.kind !== 'parsed')
    throw new PolicyError(`the IP rule ${JSON.stringify(value)} is no address and no block`);
  return parsed.prefix;
}
