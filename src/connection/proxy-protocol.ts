import { type Address, parseAddress } from '../network/address.ts';
import { crc32c } from './crc32c.ts';

/** One type-length-value field of a version 2 header. */
export interface Tlv {
  readonly type: number;
  readonly value: Buffer;
}

/** An address with its port. */
export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** What the first bytes of a connection from a listed peer come to (HAProxy's "The PROXY protocol", versions 1 and 2). */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed'; readonly why: string }
  /** The proxy itself speaks (LOCAL, UNKNOWN, UNSPEC): nobody is named. */
  | { readonly kind: 'local'; readonly length: number }
  | {
      readonly kind: 'proxied';
      readonly length: number;
      readonly source: Endpoint;
      readonly destination: Endpoint;
      readonly tlvs: readonly Tlv[];
    };

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V1 = Buffer.from('PROXY ', 'latin1');
/** The longest version 1 line, with its end. */
const V1_MOST = 107;
/** The longest version 2 header taken: addresses and a few fields. */
const V2_MOST = 16 + 2048;
const CRC = 0x03;
const TCP: Readonly<Record<number, { readonly bytes: number }>> = { 0x11: { bytes: 4 }, 0x21: { bytes: 16 } };

/** Reads a PROXY header from the start of `bytes`. Nothing is guessed: what is not exactly one is malformed. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsAs(bytes, SIGNATURE)) return bytes.length < 16 ? { kind: 'incomplete' } : readV2(bytes);
  if (startsAs(bytes, V1)) return readV1(bytes);
  return malformed('it does not begin with a PROXY header, which a listed proxy must send');
}

/** Whether the bytes there are agree with a beginning. */
function startsAs(bytes: Buffer, beginning: Buffer): boolean {
  const length = Math.min(bytes.length, beginning.length);
  return bytes.subarray(0, length).equals(beginning.subarray(0, length));
}

function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_MOST).indexOf('\r\n');
  if (end < 0) return bytes.length < V1_MOST ? { kind: 'incomplete' } : malformed('its line has no end');
  const line = bytes.toString('latin1', 0, end);
  const length = end + 2;
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { kind: 'local', length };
  const match = /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/.exec(line);
  if (match === null) return malformed('its line is not PROXY TCP4|TCP6|UNKNOWN with two addresses and two ports');
  const [, family = '', from = '', to = '', fromPort = '', toPort = ''] = match;
  const source = endpointOf(parseAddress(from), fromPort);
  const destination = endpointOf(parseAddress(to), toPort);
  const written = family === '4' ? !from.includes(':') && !to.includes(':') : from.includes(':') && to.includes(':');
  if (source === undefined || destination === undefined || !written)
    return malformed('its addresses are not of its family');
  return { kind: 'proxied', length, source, destination, tlvs: [] };
}

function endpointOf(address: Address | undefined, port: string): Endpoint | undefined {
  const number = Number(port);
  const right = address !== undefined && number <= 65_535 && String(number) === port;
  return right ? { address, port: number } : undefined;
}

function readV2(bytes: Buffer): ProxyHeader {
  const [command, family] = [bytes.readUInt8(12), bytes.readUInt8(13)];
  const length = 16 + bytes.readUInt16BE(14);
  if (command !== 0x20 && command !== 0x21) return malformed(`its version and command are 0x${command.toString(16)}`);
  if (length > V2_MOST) return malformed(`it is longer than ${V2_MOST} bytes`);
  if (bytes.length < length) return { kind: 'incomplete' };
  if (command === 0x20 || family === 0x00) return { kind: 'local', length };
  const size = TCP[family]?.bytes;
  if (size === undefined) return malformed(`its family 0x${family.toString(16)} is not TCP over IPv4 or IPv6`);
  const addresses = 2 * size + 4;
  if (length < 16 + addresses) return malformed('it ends within its addresses');
  const tlvs = readTlvs(bytes.subarray(16 + addresses, length));
  if (tlvs === undefined) return malformed('a field of it is longer than what is there');
  if (!isIntact(bytes.subarray(0, length), tlvs)) return malformed('its checksum is wrong');
  const [from, to] = [bytes.subarray(16, 16 + size), bytes.subarray(16 + size, 16 + 2 * size)];
  const source = { address: addressIn(from), port: bytes.readUInt16BE(16 + 2 * size) };
  const destination = { address: addressIn(to), port: bytes.readUInt16BE(18 + 2 * size) };
  return { kind: 'proxied', length, source, destination, tlvs };
}

/** An IPv4-mapped address is the IPv4 address it carries, which `parseAddress` alone decides. */
function addressIn(bytes: Buffer): Address {
  const text = bytes.length === 4 ? bytes.join('.') : (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return address;
}

function readTlvs(bytes: Buffer): readonly Tlv[] | undefined {
  const tlvs: Tlv[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 3 > bytes.length) return undefined;
    const end = at + 3 + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) return undefined;
    tlvs.push({ type: bytes.readUInt8(at), value: bytes.subarray(at + 3, end) });
    at = end;
  }
  return tlvs;
}

/** The checksum, where there is one, is that of the header with its own four bytes zero. */
function isIntact(header: Buffer, tlvs: readonly Tlv[]): boolean {
  const [said, ...more] = tlvs.filter(({ type }) => type === CRC);
  if (said === undefined) return true;
  if (more.length > 0 || said.value.length !== 4) return false;
  const copy = Buffer.from(header);
  const at = said.value.byteOffset - header.byteOffset;
  copy.fill(0, at, at + 4);
  return crc32c(copy) === said.value.readUInt32BE(0);
}

function malformed(why: string): ProxyHeader {
  return { kind: 'malformed', why };
}
