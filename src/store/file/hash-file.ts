import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { DigestAlgorithm } from '../../oci/digest.ts';

/** How much is read at once, in bytes. */
const READ_BYTES = 1024 * 1024;

/** Reads a whole file; answers its hash, not yet ended, and its size in bytes. */
export async function hashFile(handle: FileHandle, algorithm: DigestAlgorithm): Promise<{ hash: Hash; size: number }> {
  const hash = createHash(algorithm);
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let size = 0;
  while (true) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, size);
    if (bytesRead === 0) return { hash, size };
    hash.update(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
}
