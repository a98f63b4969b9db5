import { parseAddress } from '../network/address.ts';

/** What a version 2 header is made of; what is wrong on purpose is given. */
export interface ProxyV2 {
  readonly source: string;
  readonly destination: string;
  readonly command?: number;
  readonly family?: number;
  readonly length?: number;
  readonly tlvs?: readonly (readonly [type: number, value: Buffer])[];
  readonly rest?: Buffer;
}

/** The bytes of a PROXY version 2 header from port 40000 to 443. */
export function proxyV2({ source, destination, command = 0x21, family, length, tlvs = [], rest }: ProxyV2): Buffer {
  const addresses = [source, destination].map((text) => parseAddress(text));
  const six = addresses.some((one) => one?.family === 6);
  const words = addresses.flatMap((one) => one?.words ?? []);
  const body = Buffer.alloc(words.length * 4 + 4);
  for (const [i, word] of words.entries()) body.writeUInt32BE(word, i * 4);
  body.writeUInt16BE(40_000, words.length * 4);
  body.writeUInt16BE(443, words.length * 4 + 2);
  const fields = tlvs.map(([type, value]) => {
    const head = Buffer.alloc(3);
    head.writeUInt8(type);
    head.writeUInt16BE(value.length, 1);
    return Buffer.concat([head, value]);
  });
  const all = Buffer.concat([body, ...fields, rest ?? Buffer.alloc(0)]);
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\0\0\0\0', 'latin1');
  head.writeUInt8(command, 12);
  head.writeUInt8(family ?? (six ? 0x21 : 0x11), 13);
  head.writeUInt16BE(length ?? all.length, 14);
  return Buffer.concat([head, all]);
}
