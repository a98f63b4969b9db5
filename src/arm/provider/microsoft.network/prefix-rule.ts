import type { ArmError } from '../../../azure/error.ts';
import { containsPrefix, formatPrefix, overlaps, parsePrefix, type Prefix } from '../../../network/prefix.ts';
import { reservedRange } from '../../../network/special-range.ts';

/** The outcome of reading prefixes. */
export type ReadPrefixes =
  | { readonly kind: 'read'; readonly prefixes: readonly Prefix[] }
  | { readonly kind: 'refused'; readonly error: ArmError };

/** Reads the address space of a virtual network: blocks without host bits, of no reserved range, none within another (facts/acr.md §5). */
export function readAddressSpace(texts: readonly string[], target: string): ReadPrefixes {
  if (texts.length === 0)
    return refuse(
      'InvalidRequestFormat',
      target,
      `'${target}' is empty: a virtual network needs at least one prefix, such as 10.0.0.0/16.`,
    );
  return readAll(texts, target, (prefix) => {
    const { network, length } = prefix;
    const least = network.family === 4 ? 29 : 64;
    if (length > least || length < 2) return `its length must be from 2 to ${least}`;
    const range = reservedRange(prefix);
    return range === undefined ? undefined : `it lies in ${formatPrefix(range)}, which no virtual network may have`;
  });
}

/** Reads the prefixes of a subnet: /8 to /29 of IPv4, exactly /64 of IPv6 (facts/acr.md §5). */
export function readSubnetPrefixes(texts: readonly string[], target: string): ReadPrefixes {
  if (texts.length === 0)
    return refuse(
      'InvalidRequestFormat',
      target,
      `'${target}' is required: a subnet needs a prefix, such as 10.0.0.0/24.`,
    );
  return readAll(texts, target, ({ network, length }) => {
    if (network.family === 6) return length === 64 ? undefined : 'an IPv6 subnet must be exactly /64';
    return length >= 2 && length <= 29 ? undefined : 'its length must be from 2 to 29';
  });
}

function readAll(texts: readonly string[], target: string, why: (prefix: Prefix) => string | undefined): ReadPrefixes {
  const prefixes: Prefix[] = [];
  for (const text of texts) {
    const parsed = parsePrefix(text);
    const wrong = (reason: string): ReadPrefixes =>
      refuse('InvalidAddressPrefixFormat', target, `Address prefix ${text} of '${target}' is not allowed: ${reason}.`);
    if (parsed.kind === 'malformed') return wrong('it must be a block such as 10.0.0.0/16');
    if (parsed.kind === 'host-bits')
      return wrong(`it has bits set beyond its length; the block around it is ${formatPrefix(parsed.enclosing)}`);
    const reason = why(parsed.prefix);
    if (reason !== undefined) return wrong(reason);
    const twin = prefixes.find((one) => overlaps(one, parsed.prefix));
    if (twin !== undefined) return wrong(`it overlaps ${formatPrefix(twin)}`);
    prefixes.push(parsed.prefix);
  }
  return { kind: 'read', prefixes };
}

/** Whether a subnet's prefix lies in the address space. */
export function liesWithin(space: readonly Prefix[], prefix: Prefix): boolean {
  return space.some((outer) => outer.network.family === prefix.network.family && containsPrefix(outer, prefix));
}

function refuse(code: ArmError['code'], target: string, message: string): ReadPrefixes {
  return { kind: 'refused', error: { code, target, message } };
}
