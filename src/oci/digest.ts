import type { Brand } from './brand.ts';

/** A content digest, `algorithm:lower-case hex`, of an algorithm this registry can compute. */
export type Digest = Brand<string, 'Digest'>;

/** The algorithms the image specification registers (image-spec, descriptor.md, "Registered algorithms"). */
export type DigestAlgorithm = 'sha256' | 'sha512';

/** The length of each algorithm's hexadecimal form, in characters. */
const HEX_LENGTH: Record<DigestAlgorithm, number> = { sha256: 64, sha512: 128 };

/** Reads an algorithm's name; `undefined` when it is not one that this registry can compute. */
export function parseDigestAlgorithm(text: string): DigestAlgorithm | undefined {
  return text === 'sha256' || text === 'sha512' ? text : undefined;
}

/** Reads a digest; `undefined` when its form, its length or its algorithm is not acceptable. */
export function parseDigest(text: string): Digest | undefined {
  const colon = text.indexOf(':');
  const algorithm = parseDigestAlgorithm(text.slice(0, colon));
  if (algorithm === undefined) return undefined;
  const hex = text.slice(colon + 1);
  return hex.length === HEX_LENGTH[algorithm] && /^[0-9a-f]+$/.test(hex) ? (text as Digest) : undefined;
}

/** The digest made of an algorithm and the hexadecimal form that this algorithm gave. */
export function digestOf(algorithm: DigestAlgorithm, hex: string): Digest {
  const digest = parseDigest(`${algorithm}:${hex}`);
  if (digest === undefined) throw new TypeError(`not the hexadecimal form of a ${algorithm} digest: ${hex}`);
  return digest;
}

/** The algorithm that made a digest. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}
