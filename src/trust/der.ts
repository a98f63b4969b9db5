/** The Distinguished Encoding Rules of ASN.1 (ITU-T X.690), as far as certificates need them. Pure. */

/** An element as it is encoded: tag, length, content. */
export type Der = Buffer;

/** An element that was read: `whole` with tag and length, `content` without. */
export interface Element {
  readonly tag: number;
  readonly whole: Buffer;
  readonly content: Buffer;
}

const SHORT_LENGTH = 0x7f;
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** An element of any tag. */
export function element(tag: number, ...content: readonly Uint8Array[]): Der {
  const length = content.reduce((sum, { length: bytes }) => sum + bytes, 0);
  return Buffer.concat([Buffer.of(tag), lengthOf(length), ...content]);
}

export const sequence = (...content: readonly Der[]): Der => element(TAG.sequence, ...content);
export const set = (...content: readonly Der[]): Der => element(TAG.set, ...content);
export const octets = (content: Uint8Array): Der => element(TAG.octets, content);
export const utf8 = (text: string): Der => element(TAG.utf8, Buffer.from(text, 'utf8'));
export const boolean = (value: boolean): Der => element(TAG.boolean, Buffer.of(value ? 0xff : 0));

/** A number that is not negative, by its bytes with the highest first. */
export function integer(bytes: Uint8Array): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.of(0) : bytes.subarray(first);
  return element(TAG.integer, ...((digits[0] ?? 0) > SHORT_LENGTH ? [Buffer.of(0)] : []), digits);
}

/** Bits of which the last `unused` of the last byte do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Der => element(TAG.bits, Buffer.of(unused), bytes);

/** An object identifier, such as `2.5.4.3`. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(TAG.oid, ...[first * 40 + second, ...rest].map(base128));
}

/** A point in time in whole seconds, by the form that its year asks for (RFC 5280 §4.1.2.5). */
export function time(ms: number): Der {
  const digits = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  const [tag, text] = digits < '2050' ? [TAG.utcTime, digits.slice(2)] : [TAG.generalizedTime, digits];
  return element(tag, Buffer.from(text, 'latin1'));
}

/** The elements that follow one another in some bytes. Throws where they are not whole. */
export function elementsIn(bytes: Buffer): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { length, from } = readLength(bytes, at + 1);
    const end = from + length;
    if (end > bytes.length) throw new RangeError('an element is longer than what holds it');
    found.push({ tag: bytes.readUInt8(at), whole: bytes.subarray(at, end), content: bytes.subarray(from, end) });
    at = end;
  }
  return found;
}

function readLength(bytes: Buffer, at: number): { readonly length: number; readonly from: number } {
  const first = bytes.readUInt8(at);
  if (first <= SHORT_LENGTH) return { length: first, from: at + 1 };
  const count = first & SHORT_LENGTH;
  return { length: bytes.readUIntBE(at + 1, count), from: at + 1 + count };
}

function lengthOf(length: number): Buffer {
  if (length <= SHORT_LENGTH) return Buffer.of(length);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes]);
}

function base128(value: number): Buffer {
  const digits = [value & SHORT_LENGTH];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift(0x80 | (rest & SHORT_LENGTH));
  return Buffer.from(digits);
}
