import type { Attachment } from '../network/facts.ts';
import type { Address } from '../network/address.ts';
import { containsAddress, type Prefix } from '../network/prefix.ts';
import type { Tlv } from './proxy-protocol.ts';

/** One thing a listed proxy may say of its clients: a field with this value stands for this network. */
export interface Assertion {
  readonly tlv: number;
  readonly value: string;
  readonly attachment: Attachment;
}

/** A proxy that must send a PROXY header, and what it may say by it. */
export interface ProxyPeer {
  readonly from: Prefix;
  /** Whether it may bring clients of the internet: headers that name no network. */
  readonly internet: boolean;
  readonly asserts: readonly Assertion[];
}

/** Fields that name where a client is, whether they are listed or not: HAProxy's namespace, AWS' endpoint, Azure's link. */
const NAMESPACE = 0x30;
const AWS = 0xea;
const AZURE = 0xee;
const NAMING: ReadonlySet<number> = new Set([NAMESPACE, AWS, AZURE]);

/** The listed proxy that an address belongs to. */
export function peerAt(peers: readonly ProxyPeer[], address: Address | undefined): ProxyPeer | undefined {
  return address === undefined ? undefined : peers.find(({ from }) => containsAddress(from, address));
}

/** The network that a header's fields say, or why they are refused: a proxy says what it is listed for and no more. */
export function attachmentFor(peer: ProxyPeer, tlvs: readonly Tlv[]): Attachment | { readonly refused: string } {
  const naming = tlvs.filter(({ type }) => NAMING.has(type) || peer.asserts.some(({ tlv }) => tlv === type));
  if (naming.length > 1) return { refused: 'it names where its client is more than once' };
  const [said] = naming;
  if (said === undefined)
    return peer.internet
      ? { kind: 'internet', by: 'proxy' }
      : { refused: 'it names no network, and is not listed for clients of the internet' };
  const value = valueOf(said);
  const found = peer.asserts.find((one) => one.tlv === said.type && one.value === value);
  return (
    found?.attachment ?? {
      refused: `it is not listed for field 0x${said.type.toString(16)} = ${JSON.stringify(value ?? '')}`,
    }
  );
}

/** The value as it is listed: a link's number, an endpoint's id, text. Azure and AWS put a kind before theirs. */
function valueOf({ type, value }: Tlv): string | undefined {
  if (type === AZURE) return value.length === 5 && value[0] === 1 ? String(value.readUInt32LE(1)) : undefined;
  if (type === AWS) return value[0] === 1 ? value.toString('utf8', 1) : undefined;
  return value.toString('utf8');
}
