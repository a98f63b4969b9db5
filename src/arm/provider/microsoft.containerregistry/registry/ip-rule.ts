import type { ArmError } from '../../../../azure/error.ts';
import { parseAddress } from '../../../../network/address.ts';
import { formatPrefix, hostPrefix, parsePrefix, type Prefix } from '../../../../network/prefix.ts';
import { privateRange, reservedRange } from '../../../../network/special-range.ts';

/**
 * Why an IP rule's value is refused; `undefined` when it is taken. One address or a block without host bits, strictly
 * written. Profile `azure` takes public IPv4 alone (facts/acr.md §1.3); in `open` any address may be named.
 */
export function ipRuleRefusal(value: string, target: string, profile: 'azure' | 'open'): ArmError | undefined {
  const invalid = (why: string): ArmError => ({
    code: 'InvalidIPRule',
    target,
    message: `The value '${value}' of '${target}' is not allowed: ${why}.`,
  });
  const parsed = value.includes('/') ? parsePrefix(value) : parseOne(value);
  if (parsed.kind === 'malformed')
    return invalid(
      'it must be an IPv4 address such as 203.0.113.7 or a block such as 203.0.113.0/24, without leading zeros or zone',
    );
  if (parsed.kind === 'host-bits')
    return invalid(`it has bits set beyond its length; the block around it is ${formatPrefix(parsed.enclosing)}`);
  return profile === 'open' ? undefined : azureRefusal(parsed.prefix, invalid);
}

function parseOne(value: string): ReturnType<typeof parsePrefix> {
  const address = parseAddress(value);
  return address === undefined ? { kind: 'malformed' } : { kind: 'parsed', prefix: hostPrefix(address) };
}

function azureRefusal(prefix: Prefix, invalid: (why: string) => ArmError): ArmError | undefined {
  if (prefix.network.family === 6) return invalid('IPv6 is not supported, only IPv4 (the profile open takes it)');
  const range = privateRange(prefix) ?? reservedRange(prefix);
  if (range === undefined) return undefined;
  return invalid(
    `it lies in ${formatPrefix(range)}, and only public addresses can be named (the profile open takes it)`,
  );
}
