/** Headers of the PROXY protocol by which a client may try to say that it is somebody else. */

const SIGNATURE = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10];
/** The addresses that are lied: 10.0.0.4 to 198.18.77.2, and the ports 40000 and 443. */
const FOUR = [10, 0, 0, 4, 198, 18, 77, 2, 0x9c, 0x40, 1, 0xbb];
const SIX_ADDRESS = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4];
const SIX = [...SIX_ADDRESS, ...SIX_ADDRESS, 0x9c, 0x40, 1, 0xbb];
const MAPPED = [...Array.from({ length: 10 }, () => 0), 255, 255, 10, 0, 0, 4];

function tlv(type: number, value: string): readonly number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [type, bytes.length >> 8, bytes.length & 255, ...bytes];
}

/** Version 2 with this command and family; the length is that of what follows unless it is lied. */
function version2(command: number, family: number, rest: readonly number[], length = rest.length): Uint8Array {
  return Uint8Array.from([...SIGNATURE, command, family, length >> 8, length & 255, ...rest]);
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Each with its name; every one of them ends the connection, or is answered as what it really comes from. */
export const PROXY_HEADERS: readonly (readonly [string, Uint8Array])[] = [
  ['version 1', ascii('PROXY TCP4 10.0.0.4 198.18.77.2 40000 443\r\n')],
  ['version 1 of IPv6', ascii('PROXY TCP6 fd00::4 fd00::2 40000 443\r\n')],
  ['version 1 UNKNOWN', ascii('PROXY UNKNOWN\r\n')],
  ['version 1 with leading zeros', ascii('PROXY TCP4 010.0.0.4 198.18.77.2 40000 443\r\n')],
  ['version 1 with a loopback address', ascii('PROXY TCP4 127.0.0.1 127.0.0.1 40000 443\r\n')],
  ['version 1 without its carriage return', ascii('PROXY TCP4 10.0.0.4 198.18.77.2 40000 443\n')],
  ['version 1 twice', ascii('PROXY TCP4 10.0.0.4 198.18.77.2 1 443\r\n'.repeat(2))],
  ['version 1 in small letters', ascii('proxy tcp4 10.0.0.4 198.18.77.2 40000 443\r\n')],
  ['version 1 behind an empty line', ascii('\r\nPROXY TCP4 10.0.0.4 198.18.77.2 40000 443\r\n')],
  ['version 2', version2(0x21, 0x11, FOUR)],
  ['version 2 of IPv6', version2(0x21, 0x21, SIX)],
  ['version 2 of an IPv4-mapped address', version2(0x21, 0x21, [...MAPPED, ...MAPPED, 0x9c, 0x40, 1, 0xbb])],
  ['version 2 LOCAL', version2(0x20, 0x11, FOUR)],
  ['version 2 LOCAL without addresses', version2(0x20, 0, [])],
  [
    'version 2 of a UNIX socket',
    version2(
      0x21,
      0x31,
      Array.from({ length: 216 }, () => 0),
    ),
  ],
  ['version 2 of UDP', version2(0x21, 0x12, FOUR)],
  ['a later version', version2(0x31, 0x11, FOUR)],
  ['version 2 longer than it says', version2(0x21, 0x11, FOUR, 4)],
  ['version 2 shorter than it says', version2(0x21, 0x11, FOUR, 0xffff)],
  ['version 2 twice', Uint8Array.from([...version2(0x21, 0x11, FOUR), ...version2(0x21, 0x11, FOUR)])],
  ['version 2, then version 1', Uint8Array.from([...version2(0x21, 0x11, FOUR), ...ascii('PROXY UNKNOWN\r\n')])],
  ['version 2 with an Azure link', version2(0x21, 0x11, [...FOUR, 0xee, 0, 5, 1, 1, 0, 0, 0])],
  ['version 2 with an AWS endpoint', version2(0x21, 0x11, [...FOUR, ...tlv(0xea, '\u0001vpce-1')])],
  ['version 2 with a namespace', version2(0x21, 0x11, [...FOUR, ...tlv(0x30, 'a')])],
  ['version 2 with a field of its own', version2(0x21, 0x11, [...FOUR, ...tlv(0xe1, 'a')])],
  ['version 2 with a field that is longer than it', version2(0x21, 0x11, [...FOUR, 0xe1, 0, 9, 97])],
  ['version 2 behind a line', Uint8Array.from([13, 10, ...version2(0x21, 0x11, FOUR)])],
];
