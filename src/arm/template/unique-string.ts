import { createHash } from 'node:crypto';

const MASK = 0xffff_ffffn;
const A = 2_869_860_233n;
const B = 597_399_067n;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';
/** The namespace of the UUIDs that `guid` makes. */
const GUID_NAMESPACE = '11fb06fb-712d-4ddd-98c7-e71bbd588830';

/** `uniqueString`: 13 letters and digits that follow from the arguments, the same that Azure gives (test vectors beside this file). */
export function uniqueString(parts: readonly string[]): string {
  let hash = murmur64(Buffer.from(parts.join('-'), 'utf8'));
  let text = '';
  for (let i = 0; i < 13; i += 1) {
    text += LETTERS[Number(hash >> 59n)] ?? '';
    hash = (hash << 5n) & 0xffff_ffff_ffff_ffffn;
  }
  return text;
}

/** `guid`: the name-based UUID (RFC 9562, version 5) of the arguments. */
export function guid(parts: readonly string[]): string {
  const namespace = Buffer.from(GUID_NAMESPACE.replaceAll('-', ''), 'hex');
  const hash = createHash('sha1').update(namespace).update(parts.join('-'), 'utf8').digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A 64-bit variant of MurmurHash3 over two 32-bit lanes. */
function murmur64(data: Buffer): bigint {
  let [h1, h2] = [0n, 0n];
  const blocks = data.length >> 3;
  for (let i = 0; i < blocks; i += 1) {
    h1 ^= mix(BigInt(data.readUInt32LE(8 * i)), B, 15n, A);
    h1 = (((rotate(h1, 19n) + h2) & MASK) * 5n + 1_444_728_091n) & MASK;
    h2 ^= mix(BigInt(data.readUInt32LE(8 * i + 4)), A, 17n, B);
    h2 = (((rotate(h2, 13n) + h1) & MASK) * 5n + 197_830_471n) & MASK;
  }
  const tail = Buffer.alloc(8);
  data.copy(tail, 0, 8 * blocks);
  h1 ^= mix(BigInt(tail.readUInt32LE(0)), B, 15n, A);
  h2 ^= mix(BigInt(tail.readUInt32LE(4)), A, 17n, B);
  const n = BigInt(data.length);
  let b = h2 ^ n;
  let a = ((h1 ^ n) + b) & MASK;
  b = (b + a) & MASK;
  a = finish(a);
  b = finish(b);
  a = (a + b) & MASK;
  b = (b + a) & MASK;
  return (b << 32n) | a;
}

function mix(k: bigint, first: bigint, by: bigint, second: bigint): bigint {
  return (rotate((k * first) & MASK, by) * second) & MASK;
}

function rotate(x: bigint, by: bigint): bigint {
  return ((x << by) | (x >> (32n - by))) & MASK;
}

function finish(x: bigint): bigint {
  let h = x ^ (x >> 16n);
  h = (h * 0x85eb_ca6bn) & MASK;
  h ^= h >> 13n;
  h = (h * 0xc2b2_ae35n) & MASK;
  return h ^ (h >> 16n);
}
