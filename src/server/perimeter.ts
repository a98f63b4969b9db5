import { parseListenAddress } from '../config/address.ts';
import type { NetworkListener, Perimeter, ProxyAssertion } from '../config/perimeter.ts';
import type { Assertion, ProxyPeer } from '../connection/proxy-peer.ts';
import { type Address, parseAddress } from '../network/address.ts';
import type { Attachment } from '../network/facts.ts';
import { hostPrefix, parsePrefix, type Prefix } from '../network/prefix.ts';
import { StartRefusedError } from './ready.ts';

const TLVS: Readonly<Record<string, number>> = { azure: 0xee, aws: 0xea, namespace: 0x30 };

/** The listed proxies. Throws {@link StartRefusedError} for what can be no proxy. */
export function proxyPeers({ proxies }: Pick<Perimeter, 'proxies'>): readonly ProxyPeer[] {
  return proxies.map(({ from, internet, asserts }, i) => ({
    from: prefixOf(from, `proxies[${i}].from`),
    internet,
    asserts: asserts.map((one, j) => assertionOf(one, `proxies[${i}].asserts[${j}]`)),
  }));
}

function prefixOf(text: string, at: string): Prefix {
  const address = parseAddress(text);
  if (address !== undefined) return hostPrefix(address);
  const parsed = parsePrefix(text);
  if (parsed.kind === 'parsed') return parsed.prefix;
  throw new StartRefusedError(`${at}: "${text}" must be an address or a prefix such as 10.1.0.0/24`);
}

function assertionOf(one: ProxyAssertion, at: string): Assertion {
  return { tlv: TLVS[one.tlv] ?? Number(one.tlv), value: one.value, attachment: attachmentOf(one, at) };
}

type Named = Omit<ProxyAssertion, 'tlv' | 'value'>;

/** The one network that an entry names. */
function attachmentOf({ network, subnet, privateEndpoint, trustedService }: Named, at: string): Attachment {
  const all: readonly Attachment[] = [
    ...(network === undefined ? [] : [{ kind: 'virtual-network', network: network.toLowerCase() } as const]),
    ...(subnet === undefined ? [] : [{ kind: 'subnet', subnet: subnet.toLowerCase() } as const]),
    ...(privateEndpoint === undefined
      ? []
      : [{ kind: 'private-endpoint', endpoint: privateEndpoint.toLowerCase() } as const]),
    ...(trustedService === undefined ? [] : [{ kind: 'trusted-service', service: trustedService } as const]),
  ];
  const [only] = all;
  if (only === undefined || all.length > 1)
    throw new StartRefusedError(`${at} names ${all.length} networks, must name exactly one`);
  return only;
}

/** A listener of the operator's with the network it lies in. */
export interface AttachedListener {
  readonly host: string;
  readonly port: number;
  readonly attachment: Attachment;
}

/** The listeners that lie in virtual networks. Throws {@link StartRefusedError} for an address that is none. */
export function attachedListeners({
  networkListeners,
}: Pick<Perimeter, 'networkListeners'>): readonly AttachedListener[] {
  return networkListeners.map((one: NetworkListener, i) => {
    const at = `networkListeners[${i}]`;
    const address = parseListenAddress(one.listen);
    if (address === undefined || address.host === '0.0.0.0' || address.host === '::')
      throw new StartRefusedError(
        `${at}.listen: "${one.listen}" must be HOST:PORT with one address of this machine, since the address is the network`,
      );
    return { ...address, attachment: attachmentOf(one, at) };
  });
}

/** Public addresses by the virtual network (id in lower case) whose subnets without service endpoint have them. */
export function declaredEgress({ networkEgress }: Pick<Perimeter, 'networkEgress'>): ReadonlyMap<string, Address> {
  return new Map(
    networkEgress.map(({ network, address }, i) => {
      const parsed = parseAddress(address);
      if (parsed === undefined) throw new StartRefusedError(`networkEgress[${i}].address: "${address}" is no address`);
      return [network.toLowerCase(), parsed] as const;
    }),
  );
}
