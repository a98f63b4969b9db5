import { setTimeout as wait } from 'node:timers/promises';
import { algorithmOf, type Digest } from '../../oci/digest.ts';
import { digestOfBytes } from '../digest-of-bytes.ts';
import type { BlobUser, KeptManifest, MetadataStore } from '../port.ts';
import type { BlobBytes, Damage, Verifier } from './verifier.ts';

/** How many rows are read at once. */
const PIECE = 16;
/** How many manifests are told that name a damaged blob. */
const MOST_USERS = 100;

/** What a verification works on. */
export interface VerifyContext {
  readonly metadata: Pick<MetadataStore, 'blobs' | 'blobCount' | 'blobUsers' | 'keptManifests'>;
  readonly verifier: Pick<Verifier, 'check' | 'recheck'>;
  /** The most that is read, in bytes per second, measured between two blobs; as much as can be when absent. */
  readonly bytesPerSecond?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (report: VerifyReport) => void;
}

/** A blob that is not what its digest says, with the manifests that name it. */
export interface DamagedBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly damage: Damage;
  readonly users: readonly BlobUser[];
}

/** How far a verification has come, and what it found. Sizes are in bytes. */
export interface VerifyReport {
  readonly blobs: number;
  readonly bytes: number;
  readonly totalBlobs: number;
  readonly totalBytes: number;
  readonly manifests: number;
  /** Blobs that were found damaged before and are sound. */
  readonly mended: number;
  readonly damaged: readonly DamagedBlob[];
  readonly damagedManifests: readonly Pick<KeptManifest, 'repository' | 'digest'>[];
}

type Counts = { -readonly [K in keyof VerifyReport]: VerifyReport[K] };

/** Hashes everything that is kept: manifests, then blobs. Damage is marked and set aside, and the pass goes on. */
export async function verifyAll(context: VerifyContext): Promise<VerifyReport> {
  const { blobs: totalBlobs, bytes: totalBytes } = await context.metadata.blobCount();
  const none = { blobs: 0, bytes: 0, manifests: 0, mended: 0, damaged: [], damagedManifests: [] };
  const counts: Counts = { ...none, totalBlobs, totalBytes };
  await verifyManifests(context, counts);
  await verifyBlobs(context, counts);
  return counts;
}

async function verifyManifests({ metadata, signal, progress }: VerifyContext, counts: Counts): Promise<void> {
  for (let after = 0; ; ) {
    signal?.throwIfAborted();
    const manifests = await metadata.keptManifests(after, PIECE);
    for (const { id, repository, digest, content } of manifests) {
      if (digestOfBytes(content, algorithmOf(digest)) !== digest)
        counts.damagedManifests = [...counts.damagedManifests, { repository, digest }];
      counts.manifests += 1;
      after = id;
    }
    progress?.({ ...counts });
    if (manifests.length < PIECE) return;
    // Whoever waits for the serving thread goes first.
    await new Promise(setImmediate);
  }
}

async function verifyBlobs(context: VerifyContext, counts: Counts): Promise<void> {
  const { metadata, verifier, signal, progress, bytesPerSecond } = context;
  const startedMs = performance.now();
  for (let after = 0; ; ) {
    const blobs = await metadata.blobs(after, PIECE);
    for (const blob of blobs) {
      signal?.throwIfAborted();
      const damage = await (blob.damaged ? verifier.recheck(blob) : verifier.check(blob));
      if (blob.damaged && damage === undefined) counts.mended += 1;
      if (damage !== undefined) counts.damaged = [...counts.damaged, await tell(metadata, blob, damage)];
      counts.blobs += 1;
      counts.bytes += blob.size;
      after = blob.id;
      progress?.({ ...counts });
      if (bytesPerSecond !== undefined) await pace(counts.bytes, { bytesPerSecond, startedMs, signal });
    }
    if (blobs.length < PIECE) return;
  }
}

async function tell(
  metadata: VerifyContext['metadata'],
  { digest, size }: BlobBytes,
  damage: Damage,
): Promise<DamagedBlob> {
  return { digest, size, damage, users: await metadata.blobUsers(digest, MOST_USERS) };
}

async function pace(
  bytes: number,
  { bytesPerSecond, startedMs, signal }: { bytesPerSecond: number; startedMs: number; signal: AbortSignal | undefined },
): Promise<void> {
  const aheadMs = (bytes / bytesPerSecond) * 1_000 - (performance.now() - startedMs);
  if (aheadMs > 1) await wait(aheadMs, undefined, signal === undefined ? { ref: false } : { ref: false, signal });
}
