import { formatAddress } from '../network/address.ts';
import { addressOf, type Identity } from '../network/identity.ts';
import { formatPrefix, type Prefix, prefixAround } from '../network/prefix.ts';
import { admit } from './admit.ts';
import type { Policy } from './policy.ts';
import type { RefusedReason, Verdict } from './verdict.ts';

/** One step of a decision, in the order in which it is taken. */
export interface Step {
  readonly asked: string;
  readonly answer: string;
}

/** What would happen, and why. */
export interface Explanation {
  readonly verdict: Verdict;
  readonly address: string;
  readonly steps: readonly Step[];
  /** The rule that came closest without deciding. */
  readonly nearestMiss?: string;
  /** What would let the caller in: commands of `az`, to be typed as they are. */
  readonly mend: readonly string[];
}

/** Says step by step what {@link admit} decides, and what would change it. It decides by that same function. */
export function explain(policy: Policy, identity: Identity, registry: string): Explanation {
  const verdict = admit(policy, identity);
  const miss = verdict.kind === 'refused' ? nearestMiss(policy, identity) : undefined;
  return {
    verdict,
    address: addressOf(identity),
    steps: [
      { asked: 'who calls', answer: describeIdentity(identity) },
      ...settingSteps(policy, identity),
      last(verdict),
    ],
    ...(miss === undefined ? {} : { nearestMiss: miss }),
    mend: verdict.kind === 'allowed' ? [] : mend(policy, identity, { registry, reason: verdict.reason }),
  };
}

/** Who calls, and how that is known, in words. */
function describeIdentity(identity: Identity): string {
  switch (identity.kind) {
    case 'unattributed':
      return `${addressOf(identity)}, which belongs to no network: ${UNATTRIBUTED[identity.why]}`;
    case 'public':
      return `${formatAddress(identity.address)} on the internet, ${publicBy(identity)}`;
    case 'subnet':
      return `${formatAddress(identity.address)} in the subnet ${identity.subnet.id}, by its service endpoint`;
    case 'private-endpoint':
      return `${formatAddress(identity.address)} by the private endpoint ${identity.endpoint.id}`;
    case 'trusted-service':
      return `the trusted service ${identity.service}, from ${formatAddress(identity.address)}`;
  }
}

const UNATTRIBUTED: Readonly<Record<Extract<Identity, { kind: 'unattributed' }>['why'], string>> = {
  'no-address': 'nobody said whose connection it is',
  'unknown-network': 'its virtual network is not there any more',
  'outside-subnets': 'it lies in no subnet of the network that it came from',
  'no-egress-address': 'its subnet has no service endpoint, and its network no public address to go out by',
  'unknown-subnet': 'its subnet is not there any more',
  'unknown-endpoint': 'its private endpoint is not there any more',
};

function publicBy({ by, seen, subnet }: Extract<Identity, { kind: 'public' }>): string {
  const where = subnet === undefined ? '' : `; its subnet ${subnet.id} has no service endpoint`;
  switch (by) {
    case 'packet':
      return 'as its packets say';
    case 'proxy':
      return 'as a listed proxy says';
    case 'public-address-of-host':
      return `the public address of the host ${formatAddress(seen)}${where}`;
    case 'egress-of-network':
      return `by which the network of ${formatAddress(seen)} goes out${where}`;
  }
}

function settingSteps({ settings, byAddress, bySubnet }: Policy, identity: Identity): readonly Step[] {
  if (identity.kind === 'unattributed' || identity.kind === 'private-endpoint') return [];
  const access = { asked: 'public network access', answer: settings.publicNetworkAccess };
  const action = { asked: 'default action', answer: settings.defaultAction };
  if (identity.kind === 'trusted-service')
    return [access, action, { asked: 'bypass', answer: settings.networkRuleBypassOptions }];
  if (settings.publicNetworkAccess === 'Disabled') return [access];
  if (settings.defaultAction === 'Allow') return [access, action];
  const rules = identity.kind === 'subnet' ? `subnet rules: ${bySubnet.size}` : `IP rules: ${byAddress.length}`;
  return [access, action, { asked: 'rules asked', answer: rules }];
}

function last(verdict: Verdict): Step {
  const by = 'rule' in verdict && verdict.rule !== undefined ? `: ${verdict.rule}` : '';
  return { asked: 'verdict', answer: `${verdict.kind} (${verdict.reason}${by})` };
}

/** The IP rule that shares most bits with the address, or a rule for another subnet of the same network. */
function nearestMiss({ settings, prefixes }: Policy, identity: Identity): string | undefined {
  if (identity.kind === 'subnet') {
    const namesake = settings.subnetRules.find(({ id }) => id.toLowerCase() === identity.subnet.id.toLowerCase());
    if (namesake !== undefined) return `${namesake.id} is named by a rule that was made for a subnet that is gone`;
    return settings.subnetRules.find(({ id }) => id.toLowerCase().startsWith(`${identity.subnet.network}/`))?.id;
  }
  if (identity.kind !== 'public') return undefined;
  const bits = prefixes.map((prefix) => sharedBits(prefix, identity));
  const most = Math.max(0, ...bits);
  return most < 8 ? undefined : settings.ipRules[bits.indexOf(most)];
}

function sharedBits({ network, length }: Prefix, { address }: Extract<Identity, { kind: 'public' }>): number {
  if (network.family !== address.family) return 0;
  for (let bits = length; bits > 0; bits -= 1) {
    const [theirs, ours] = [prefixAround(network, bits), prefixAround(address, bits)];
    if (formatPrefix(theirs) === formatPrefix(ours)) return bits;
  }
  return 0;
}

interface Refusal {
  readonly registry: string;
  readonly reason: RefusedReason;
}

function mend({ settings }: Policy, identity: Identity, { registry, reason }: Refusal): readonly string[] {
  switch (reason) {
    case 'public-access-disabled':
      return [
        `az acr update --name ${registry} --public-network-enabled true`,
        ...(settings.defaultAction === 'Deny' ? rule(identity, registry) : []),
      ];
    case 'default-deny':
      return rule(identity, registry);
    case 'endpoint-not-approved':
      return [`az acr private-endpoint-connection list --registry-name ${registry} --output table`];
    case 'bypass-off':
      return [`az acr update --name ${registry} --allow-trusted-services true`];
    // No setting of this registry lets these in.
    case 'bypass-void':
    case 'endpoint-of-another-registry':
    case 'unattributed':
      return [];
  }
}

function rule(identity: Identity, registry: string): readonly string[] {
  if (identity.kind === 'subnet') return [`az acr network-rule add --name ${registry} --subnet ${identity.subnet.id}`];
  if (identity.kind !== 'public') return [];
  const byAddress = `az acr network-rule add --name ${registry} --ip-address ${formatAddress(identity.address)}`;
  if (identity.subnet === undefined) return [byAddress];
  const { id } = identity.subnet;
  return [
    `az network vnet subnet update --ids ${id} --service-endpoints Microsoft.ContainerRegistry`,
    `az acr network-rule add --name ${registry} --subnet ${id}`,
  ];
}
