import type { SecurityRule } from './plan.ts';

/** What tags of security rules stand for in one virtual network. */
export interface Tags {
  /** Prefixes of the network and of those that are peered with it. */
  readonly space: readonly string[];
  readonly registry: string;
}

const LOAD_BALANCER = '168.63.129.16';
const ANY = new Set(['*', 'any', '0.0.0.0/0']);

/**
 * The lines of an nft chain for the rules of one security group and one direction, in their order: what is allowed returns to
 * the next group, what is denied is dropped. A rule whose tag stands for nothing in the lab matches no packet.
 */
export function chainOf(
  rules: readonly SecurityRule[],
  direction: SecurityRule['direction'],
  tags: Tags,
): readonly string[] {
  return rules
    .filter((rule) => rule.direction === direction)
    .toSorted((a, b) => a.priority - b.priority)
    .flatMap((rule) => {
      const matches = matchesOf(rule, tags);
      if (matches === undefined) return [];
      return [[...matches, rule.access === 'Allow' ? 'return' : 'counter drop'].join(' ')];
    });
}

function matchesOf(rule: SecurityRule, tags: Tags): readonly string[] | undefined {
  const source = addresses('saddr', rule.sources, tags);
  const destination = addresses('daddr', rule.destinations, tags);
  if (source === undefined || destination === undefined) return undefined;
  return [
    ...source,
    ...destination,
    ...protocol(rule),
    ...ports('sport', rule.sourcePorts),
    ...ports('dport', rule.destinationPorts),
  ];
}

/** A match of addresses; none for any, and `undefined` where no address is meant. */
function addresses(
  which: 'saddr' | 'daddr',
  given: readonly string[],
  { space, registry }: Tags,
): readonly string[] | undefined {
  if (given.some((one) => ANY.has(one.toLowerCase()))) return [];
  if (given.some((one) => one.toLowerCase() === 'internet'))
    return space.length === 0 ? [] : [`ip ${which} != { ${space.join(', ')} }`];
  const meant = given.flatMap((one): readonly string[] => {
    const tag = one.toLowerCase();
    if (tag === 'virtualnetwork') return space;
    if (tag === 'azureloadbalancer') return [LOAD_BALANCER];
    if (tag.startsWith('azurecontainerregistry')) return [registry];
    return /^[\d./]+$/.test(one) ? [one] : [];
  });
  return meant.length === 0 ? undefined : [`ip ${which} { ${[...new Set(meant)].join(', ')} }`];
}

function protocol({ protocol: name, sourcePorts, destinationPorts }: SecurityRule): readonly string[] {
  const withPorts = [...sourcePorts, ...destinationPorts].some((port) => port !== '*');
  if (name !== '*') return [`meta l4proto ${name}`];
  return withPorts ? ['meta l4proto { tcp, udp }'] : [];
}

/** The supervisor runs this text as root, so what is no port stops it, whoever let it through. */
function ports(which: 'sport' | 'dport', given: readonly string[]): readonly string[] {
  if (given.includes('*') || given.length === 0) return [];
  const wrong = given.find((port) => !/^\d{1,5}(?:-\d{1,5})?$/.test(port));
  if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong)} is no port and no range of ports`);
  return [`th ${which} { ${given.join(', ')} }`];
}
