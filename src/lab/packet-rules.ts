import { METADATA, OUTSIDE, OUTSIDE_HTTPS_PORT } from './inner-address.ts';
import type { HostPlan, LabPlan, NetworkPlan } from './plan.ts';
import { chainOf, type Tags } from './security-rules.ts';

/**
 * The rules of one router, for `nft -f -`: they replace those before in one transaction (facts/lab.md §2). A subnet with the
 * service endpoint reaches the registry by the router's inner address, and keeps its own; the others go out by NAT, and so do
 * container groups, save those that count as a trusted service: theirs is known by the address that they keep, too.
 */
export function packetRules({ registry, publicPrefix }: LabPlan, network: NetworkPlan): string {
  const endpoints = network.subnets.filter(({ endpoint }) => endpoint).map(({ bridge }) => `"${bridge}"`);
  const inward = network.publicAddresses.map((one) => `${one.public} : ${one.private}`);
  const outward = network.publicAddresses.map((one) => `${one.private} : ${one.public}`);
  return `table ip lab
delete table ip lab
table ip lab {
  map public_in { type ipv4_addr : ipv4_addr; ${elements(inward)} }
  map public_out { type ipv4_addr : ipv4_addr; ${elements(outward)} }
  set service_endpoint { type ifname; ${elements(endpoints)} }
  set not_carried { type ipv4_addr; ${elements(network.notCarried)} }
  set trusted_service { type ipv4_addr; ${elements(network.trusted)} }
  set private_endpoint { type ipv4_addr; ${elements(network.endpoints.map(({ address }) => address))} }
  chain pre { type nat hook prerouting priority dstnat;
    iifname != "wan" ip saddr @trusted_service ip daddr ${registry} tcp dport { 80, 443 } dnat to 169.254.100.1
    iifname @service_endpoint ip saddr != @not_carried ip daddr ${registry} tcp dport { 80, 443 } dnat to 169.254.100.1
    ip daddr ${OUTSIDE} tcp dport 443 dnat to ${OUTSIDE}:${OUTSIDE_HTTPS_PORT}
    dnat to ip daddr map @public_in
  }
  chain post { type nat hook postrouting priority srcnat;
    oifname != "wan" ct status dnat ip saddr != ${publicPrefix} snat to ip saddr map @public_out
    oifname "wan" snat to ip saddr map @public_out
    oifname "wan" masquerade
  }
  chain input { type filter hook input priority filter;
    tcp dport { 80, 443 } ip daddr @private_endpoint accept
    tcp dport { 80, 443 } ip daddr 169.254.100.1 ct status dnat accept
    iifname "wan" ip daddr { ${METADATA}, ${OUTSIDE} } counter drop
    ip daddr { ${METADATA}, ${OUTSIDE} } tcp dport 80 accept
    tcp dport { 80, 443 } counter drop
  }
${securityChains(network, { space: network.space, registry })}  chain guard { type filter hook postrouting priority 110;
    oifname "wan" fib saddr type != local counter drop
  }
}
${ownAddresses(network)}`;
}

/**
 * What a host sends bears its own addresses, of its link and of its network, also where it asks for those of others: it
 * cannot take a neighbour's, whoever is root in it. Nothing but IPv4 and ARP passes.
 */
function ownAddresses({ hosts }: NetworkPlan): string {
  const chains = hosts.map(({ link, mac, address }) => {
    const own = address.slice(0, address.indexOf('/'));
    return chain(`own_${link}`, [
      `ether saddr != ${mac} counter drop`,
      `ether type arp arp saddr ether ${mac} arp saddr ip ${own} accept`,
      `ether type ip ip saddr ${own} accept`,
      'counter drop',
    ]);
  });
  const jumps = hosts.map(({ link }) => `"${link}" : jump own_${link}`);
  const map = jumps.length === 0 ? '' : `    iifname vmap { ${jumps.join(', ')} }\n`;
  return `table bridge lab
delete table bridge lab
table bridge lab {
${chains.join('')}  chain own { type filter hook prerouting priority -300;
${map}  }
}
`;
}

/**
 * Rules of security groups: outbound ones before a destination is changed, inbound ones after. What belongs to a
 * connection that was let through passes, and so do DNS and what a host asks about itself, as in Azure.
 */
function securityChains({ hosts }: NetworkPlan, tags: Tags): string {
  const guarded = hosts.filter(({ groups }) => groups.length > 0);
  const jump = (host: HostPlan, way: 'in' | 'out'): string =>
    host.groups
      .map((_, i) => `jump ${chainName(host, way, i)}`)
      .map((to) => `    ${matchOf(host, way)} ${to}\n`)
      .join('');
  const chains = guarded.flatMap((host) =>
    host.groups.flatMap((rules, i) => [
      chain(chainName(host, 'out', i), chainOf(rules, 'Outbound', tags)),
      chain(chainName(host, 'in', i), chainOf(rules, 'Inbound', tags)),
    ]),
  );
  return `${chains.join('')}  chain security_out { type filter hook prerouting priority -150;
    ct state established,related accept
    ip daddr { 168.63.129.16, ${METADATA} } accept
${guarded.map((host) => jump(host, 'out')).join('')}  }
  chain security_in { type filter hook forward priority filter;
    ct state established,related accept
${guarded.map((host) => jump(host, 'in')).join('')}  }
`;
}

function chainName({ link }: HostPlan, way: 'in' | 'out', group: number): string {
  return `${way}_${link}_${group}`;
}

function matchOf({ address, bridge }: HostPlan, way: 'in' | 'out'): string {
  const own = address.slice(0, address.indexOf('/'));
  return way === 'out' ? `iifname "${bridge}" ip saddr ${own}` : `oifname "${bridge}" ip daddr ${own}`;
}

function chain(name: string, lines: readonly string[]): string {
  return `  chain ${name} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`;
}

function elements(all: readonly string[]): string {
  return all.length === 0 ? '' : `elements = { ${all.join(', ')} };`;
}
