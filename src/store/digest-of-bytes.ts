import { createHash } from 'node:crypto';
import { type Digest, type DigestAlgorithm, digestOf } from '../oci/digest.ts';

/** The digest of bytes. */
export function digestOfBytes(bytes: Uint8Array, algorithm: DigestAlgorithm): Digest {
  return digestOf(algorithm, createHash(algorithm).update(bytes).digest('hex'));
}
