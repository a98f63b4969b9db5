import { type Address, formatAddress, parseAddress } from '../network/address.ts';
import { containsAddress, hostPrefix, type Prefix } from '../network/prefix.ts';
import { privateRange, reservedRange } from '../network/special-range.ts';

/** What may be dialled beside public addresses, and what may not although it looks public. */
export interface OutboundPolicy {
  /** What the operator listed; wins over every refusal. */
  readonly allowed: readonly Prefix[];
  /** Names whose addresses may be dialled whatever they are, in lower case. */
  readonly allowedHosts: readonly string[];
  /** Addresses of the lab, which look public. */
  readonly lab: readonly Prefix[];
  /** The machine's own addresses. */
  readonly own: readonly Address[];
}

/** Whether an address may be dialled; `why` ends a sentence whose subject is the address. */
export type Judged = { readonly kind: 'allowed' } | { readonly kind: 'refused'; readonly why: string };

/** Says whether the address that a host name was resolved to may be dialled. Pure. */
export function judge(policy: OutboundPolicy, host: string, address: Address): Judged {
  if (policy.allowedHosts.includes(host.toLowerCase())) return { kind: 'allowed' };
  if (policy.allowed.some((prefix) => containsAddress(prefix, address))) return { kind: 'allowed' };
  const block = hostPrefix(embedded(address) ?? address);
  if (policy.own.some((own) => formatAddress(own) === formatAddress(address)))
    return { kind: 'refused', why: "is this machine's own" };
  if (policy.lab.some((prefix) => containsAddress(prefix, address))) return { kind: 'refused', why: 'is of the lab' };
  if (reservedRange(block) !== undefined) return { kind: 'refused', why: 'is loopback, link-local or reserved' };
  if (privateRange(block) !== undefined) return { kind: 'refused', why: 'is private' };
  return { kind: 'allowed' };
}

/** The IPv4 address that an IPv6 address carries: NAT64 (RFC 6052), 6to4 (RFC 3056). */
function embedded({ family, words }: Address): Address | undefined {
  if (family === 4) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = words;
  if (a === 0x0064ff9b && b === 0 && c === 0) return { family: 4, words: [d] };
  if (Math.floor(a / 0x10000) === 0x2002)
    return { family: 4, words: [(a % 0x10000) * 0x10000 + Math.floor(b / 0x10000)] };
  return undefined;
}

/** Reads the addresses that a resolver or the system gave. What is none is left out. */
export function readAddresses(texts: readonly string[]): readonly Address[] {
  return texts.flatMap((text) => {
    const address = parseAddress(text.replace(/%.*$/, ''));
    return address === undefined ? [] : [address];
  });
}
