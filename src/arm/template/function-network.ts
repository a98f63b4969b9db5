import {
  addressAt,
  formatPrefix,
  lastAddress,
  parsePrefix,
  type Prefix,
  prefixAround,
  sizeOf,
} from '../../network/prefix.ts';
import { formatAddress } from '../../network/address.ts';
import type { PureFunction } from './function.ts';
import { TemplateError } from './template-error.ts';
import { numberOf, textOf } from './value.ts';

/** Functions of address blocks. */
export const NETWORK_FUNCTIONS: Readonly<Record<string, PureFunction>> = {
  parseCidr: ([text]) => {
    const prefix = blockOf('parseCidr', textOf('parseCidr', text));
    const last = lastAddress(prefix);
    return {
      network: formatAddress(prefix.network),
      netmask: formatAddress(maskOf(prefix)),
      broadcast: formatAddress(last),
      firstUsable: formatAddress(addressAt(prefix, 1)),
      lastUsable: formatAddress(addressAt(prefix, sizeOf(prefix) - 2)),
      cidr: prefix.length,
    };
  },
  cidrSubnet: ([text, length, index]) => {
    const prefix = blockOf('cidrSubnet', textOf('cidrSubnet', text));
    const [bits, number] = [numberOf('cidrSubnet', length), numberOf('cidrSubnet', index)];
    const all = prefix.network.family === 4 ? 32 : 128;
    if (bits < prefix.length || bits > all)
      throw new TemplateError(
        `The template language function 'cidrSubnet' expects a length from ${prefix.length} to ${all} for ${formatPrefix(prefix)}, and was given ${bits}.`,
      );
    const count = 2 ** (bits - prefix.length);
    if (number < 0 || number >= count)
      throw new TemplateError(
        `The template language function 'cidrSubnet' expects an index from 0 to ${count - 1}, as ${formatPrefix(prefix)} has ${count} blocks of /${bits}, and was given ${number}.`,
      );
    return formatPrefix(prefixAround(addressAt(prefix, number * 2 ** (all - bits)), bits));
  },
  cidrHost: ([text, index]) =>
    formatAddress(addressAt(blockOf('cidrHost', textOf('cidrHost', text)), numberOf('cidrHost', index) + 1)),
};

function blockOf(name: string, text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed.kind === 'parsed') return parsed.prefix;
  if (parsed.kind === 'host-bits') return parsed.enclosing;
  throw new TemplateError(
    `The template language function '${name}' expects a block such as 10.0.0.0/24, and was given '${text}'.`,
  );
}

function maskOf({ network, length }: Prefix): Prefix['network'] {
  const all = { family: network.family, words: network.words.map(() => 0xffff_ffff) };
  return prefixAround(all, length).network;
}
